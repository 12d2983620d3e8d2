"""Experiments, for those who read them."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from trialstore.codec import EMPTY, decode
from trialstore.data._html import facts_table
from trialstore.data._mapping import LazyMapping
from trialstore.data._queue import QueueData, queue_of
from trialstore.data._reader import Reader
from trialstore.data._trial import TrialData, trial_ids_of, trials_of
from trialstore.data._trial_group import TunableConfigTrialGroupData
from trialstore.data._tunable_config import TunableConfigData
from trialstore.errors import ExperimentNotFoundError, TrialNotFoundError, TunableConfigNotFoundError
from trialstore.records import ExperimentQuery, ExperimentRecord, Parts

if TYPE_CHECKING:
    import pandas as pd

    from trialstore.records import Direction
    from trialstore.session import Session
    from trialstore.status import Status

_TRUE = frozenset({"1", "true", "yes", "on"})


class ExperimentData:
    """An experiment: a snapshot of when it was read, whose trials are read at each access.

    Two are equal if they are the same experiment; one that was deleted and begun anew is another.
    """

    CONFIG_COLUMN_PREFIX: ClassVar[str] = "config."
    RESULT_COLUMN_PREFIX: ClassVar[str] = "result."

    def __init__(self, session: Session, record: ExperimentRecord) -> None:
        self._reader = Reader(session, record)
        self._record = record

    def __repr__(self) -> str:
        return f"Experiment :: {self.experiment_id}: {self.description!r}"

    def _repr_html_(self) -> str:
        path, repo, commit = self.root_env_config
        facts = {"description": self.description, "objectives": self.objectives, "root_env_config": path}
        counts = ", ".join(f"{count:,} {status.name}" for status, count in self.trial_counts.items())
        git = {"git_repo": repo, "git_commit": commit}
        return facts_table(f"Experiment {self.experiment_id}", {**facts, **git, "trials": counts or "none"})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExperimentData):
            return NotImplemented
        return self._record.uid == other._record.uid

    def __hash__(self) -> int:
        return hash(self._record.uid)

    @property
    def experiment_id(self) -> str:
        """Its id, unique in the storage."""
        return self._record.experiment_id

    @property
    def description(self) -> str | None:
        """What it is about."""
        return self._record.description

    @property
    def root_env_config(self) -> tuple[str | None, str | None, str | None]:
        """The script or config that it was begun with, its git repository, and the commit."""
        return self._record.root_env_config, self._record.git_repo, self._record.git_commit

    @property
    def objectives(self) -> dict[str, Direction]:
        """The objectives in order: metric name to ``"min"`` or ``"max"``."""
        return {objective.metric: objective.direction for objective in self._record.objectives}

    @property
    def trials(self) -> LazyMapping[int, TrialData]:
        """The trials by id ascending; each access reads."""
        return LazyMapping(int, self._trial_ids, self._find_trials, self._no_trial)

    @property
    def trial_counts(self) -> dict[Status, int]:
        """How many trials have each status, read now; statuses that no trial has are left out."""
        counts = self._reader.session.count_trials(self._record.uid)
        return {status: counts[status] for status in sorted(counts, key=lambda s: s.value) if counts[status]}

    @property
    def queue(self) -> QueueData:
        """What waits, what runs and for how long, and how much ended of late, read now."""
        return queue_of(self._reader)

    @property
    def tunable_configs(self) -> LazyMapping[int, TunableConfigData]:
        """The tunable configs that its trials use, by id ascending; each access reads."""
        return LazyMapping(int, self._config_ids, self._find_configs, self._no_config)

    @property
    def tunable_config_trial_groups(self) -> LazyMapping[int, TunableConfigTrialGroupData]:
        """The trials that share a tunable config, by its id ascending; each access reads."""
        return LazyMapping(int, self._config_ids, self._find_groups, self._no_config)

    @property
    def default_tunable_config_id(self) -> int | None:
        """The tunable config of the first trial whose metadata say ``is_defaults``, else of the first trial, read now."""
        records = self._reader.find(parts=Parts.METADATA)
        defaults = (r for r in records if _is_true(decode(r.metadata or EMPTY).get("is_defaults")))
        first = next(defaults, records[0] if records else None)
        return None if first is None else first.tunable_config_id

    @property
    def results_df(self) -> pd.DataFrame:
        """One row per trial of any status, by trial id, with its parameters and metrics, read now.

        Columns: ``trial_id`` (int64), ``ts_start``, ``ts_end`` (datetime64[us, UTC]; NaT before the end),
        ``tunable_config_id``, ``tunable_config_trial_group_id`` (int64), ``status`` (str), ``trial_runner_id`` (object:
        int or None), then ``config.<parameter>`` and ``result.<metric>``, each sorted by name. Values are exact: a
        column is int64 (Int64 if some trials lack it), float64 (NaN), bool (boolean), or str; a mixture of types, or a
        None, gives object.
        """
        from trialstore.data._results import results_frame

        return results_frame(self._reader)

    @property
    def history_df(self) -> pd.DataFrame:
        """One row per change of a trial's status, by trial id and then in the order of the changes, read now.

        Columns: ``trial_id``, ``attempt`` (int64), ``ts`` (datetime64[us, UTC]), ``status`` (str), ``trial_runner_id``
        (object: int or None), ``reason`` (object: str or None), ``reported`` (bool). Attempt and runner are those that
        the trial has from then on. What the rows mean:

        * The first row: the trial was added; by a merge as one that has ended already, with the time of its end.
        * ``RUNNING`` in the next attempt: a runner claimed it. With the reason ``the lease expired`` it was taken over
          from the runner of the attempt before, which had lost it.
        * ``PENDING`` later on: its runner gave it back, for the reason that `ClaimedTrial.release` was given
          (``released``, if none).
        * A completion: it ended, for the reason that `Trial.update` was given, if any. ``FAILED`` for the reason
          ``the lease expired, and with it the last attempt``: not the trial failed but its runners, too often.
        * ``reported``: a status that came with telemetry and did not change the trial. It stands by its attempt and
          time if the engine does not know its place among the changes.
        """
        from trialstore.data._history import history_frame

        return history_frame(self._reader)

    def _trial_ids(self) -> Collection[int]:
        return trial_ids_of(self._reader)

    def _find_trials(self, ids: Collection[int] | None) -> dict[int, TrialData]:
        return trials_of(self._reader, trial_ids=ids)

    def _no_trial(self, trial_id: int) -> TrialNotFoundError:
        return TrialNotFoundError(f"experiment {self.experiment_id!r} has no trial {trial_id!r}")

    def _config_ids(self) -> Collection[int]:
        return self._reader.first_trial_ids()

    def _firsts(self, ids: Collection[int] | None) -> dict[int, int]:
        """Return the smallest trial id by tunable config id, of some (for one, in a small query) or all of them."""
        if ids is None:
            return self._reader.first_trial_ids()
        firsts = [self._reader.first_trial_ids(config_id) for config_id in ids]
        return {config_id: trial_id for first in firsts for config_id, trial_id in first.items()}

    def _find_configs(self, ids: Collection[int] | None) -> dict[int, TunableConfigData]:
        return self._reader.configs(self._firsts(ids))

    def _find_groups(self, ids: Collection[int] | None) -> dict[int, TunableConfigTrialGroupData]:
        firsts = self._firsts(ids)
        configs = self._reader.configs(firsts)
        return {key: TunableConfigTrialGroupData(self._reader, configs[key], firsts[key]) for key in firsts}

    def _no_config(self, config_id: int) -> TunableConfigNotFoundError:
        return TunableConfigNotFoundError(
            f"no trial of experiment {self.experiment_id!r} has tunable config {config_id!r}"
        )


def experiments_of(session: Session) -> LazyMapping[str, ExperimentData]:
    """Return the experiments of a storage by id ascending; each access reads."""
    fetch = partial(_find_experiments, session)
    return LazyMapping(str, partial(fetch, None), fetch, partial(_no_experiment, session))


def _find_experiments(session: Session, ids: Collection[str] | None) -> dict[str, ExperimentData]:
    records = session.find_experiments(ExperimentQuery(experiment_ids=ids))
    return {record.experiment_id: ExperimentData(session, record) for record in records}


def _no_experiment(session: Session, experiment_id: str) -> ExperimentNotFoundError:
    return ExperimentNotFoundError(f"there is no experiment {experiment_id!r} in {session.backend.label}")


def _is_true(value: object) -> bool:
    return value is True or str(value).strip().lower() in _TRUE
