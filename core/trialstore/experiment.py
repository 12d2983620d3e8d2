"""One experiment, for those who run it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from trialstore.claimed_trial import ClaimedTrial
from trialstore.codec import decode, decode_scalar
from trialstore.context import ExperimentContext
from trialstore.errors import InvalidInputError, TunableConfigNotFoundError, UsageError
from trialstore.feed import CompletionFeed
from trialstore.loading import LOADED, Loaded, joined, loaded
from trialstore.new_trials import Assignment, Metadata, Moment, new_trials
from trialstore.records import Claim, Expiry, NewTrial, Order, Parts, TelemetryQuery
from trialstore.session import Session, new_token
from trialstore.status import Status
from trialstore.times import Micros, from_micros, to_duration, to_micros
from trialstore.trial import Trial
from trialstore.tunable_configs import values_of
from trialstore.values import Scalar, plain_int

if TYPE_CHECKING:
    from trialstore.records import Direction, TrialRecord
    from trialstore.storage import Storage
    from trialstore.tunables import TunableGroups
    from trialstore.worker import Worker

_WAITING = frozenset({Status.PENDING})
_WAITING_OR_RUNNING = _WAITING | {Status.READY, Status.RUNNING}
_ALL_PARTS = Parts.METADATA | Parts.METRICS
_RESULTS = Parts.METRICS | Parts.CONFIG
USED_UP = "the lease expired, and with it the last attempt"


class Experiment:
    """A group of trials that share scripts, target system and objectives.

    Made by `Storage.experiment` or `Storage.get_experiment_by_id`. It is a context manager; entering it creates the
    experiment or resumes the stored one, and so does the first write if nobody entered it. Handles are thread-safe,
    and any number of them, in any number of processes, may work on one experiment.
    """

    def __init__(self, context: ExperimentContext, trial_id: int) -> None:
        self._context = context
        self._first_id = trial_id
        self._feed = CompletionFeed()
        self._is_entered = False

    def __repr__(self) -> str:
        return self.experiment_id

    def __enter__(self) -> Self:
        if self._is_entered:
            raise UsageError(
                f"experiment {self!r} has been entered already; leave it before entering it again"
            )
        self._is_entered = True
        try:
            self._context.enter()
        except BaseException:
            self._is_entered = False
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_entered = False

    @property
    def experiment_id(self) -> str:
        """The id of the experiment, unique in the storage."""
        return self._context.record.experiment_id

    @property
    def trial_id(self) -> int:
        """The id that the next trial gets, as far as this handle knows."""
        next_trial_id = self._context.record.next_trial_id
        return self._first_id if next_trial_id is None else next_trial_id

    @property
    def description(self) -> str | None:
        """What the experiment is about."""
        return self._context.record.description

    @property
    def root_env_config(self) -> str | None:
        """The script or config that the experiment was begun with."""
        return self._context.record.root_env_config

    @property
    def tunables(self) -> TunableGroups | None:
        """The tunables, with their current values; None for an experiment of plain dicts."""
        return self._context.tunables

    @property
    def opt_targets(self) -> dict[str, Direction]:
        """The objectives in order: metric name to ``"min"`` or ``"max"``."""
        return self._context.opt_targets

    @property
    def max_attempts(self) -> int | None:
        """How many leases a trial may lose before it fails; None is without limit."""
        return self._context.record.max_attempts

    def new_trial(
        self,
        tunables: Assignment,
        ts_start: Moment = None,
        config: Metadata = None,
    ) -> Trial:
        """Store a new trial, pending and without runner.

        Parameters
        ----------
        tunables
            The parameter values. If the experiment has tunables, a dict may name some of them, and the full, coerced
            assignment is stored; otherwise the dict is stored as given.
        ts_start
            When the trial may start; naive is local time. It may lie in the future; by default it is now.
        config
            Metadata of the trial: names to scalars, lists and dicts.

        Raises
        ------
        InvalidInputError
            If something cannot be stored or does not fit the tunables; nothing has been stored.
        ExperimentNotFoundError
            If the experiment has been deleted.
        """
        return self.new_trials([tunables], ts_start, config)[0]

    def new_trials(
        self,
        tunables: Sequence[Assignment],
        ts_start: Moment | Sequence[Moment] = None,
        config: Metadata | Sequence[Metadata] = None,
    ) -> list[Trial]:
        """Store many new trials at once; `ts_start` and `config` are one for all, or a sequence with one for each.

        See `new_trial` for their meaning and the errors; if one of the trials cannot be stored, none is.
        """
        self._context.look()
        new = new_trials(self._context.tunables, tunables, ts_start, config)
        self._context.ensure_entered()
        return self._add(new)

    def merge(self, experiment_ids: Sequence[str], storage: Storage | None = None) -> list[Trial]:
        """Copy the completed trials of other experiments as new trials of this one.

        Each keeps its status, times, metrics and metadata, and gets a metadata entry ``merged_from`` that names its
        source. Repeating or resuming a merge adds nothing twice. Parameters that a source lacks get their default.

        Parameters
        ----------
        experiment_ids
            The experiments to copy from.
        storage
            Where they are; by default, in this storage.

        Returns
        -------
        list of Trial
            The trials that the copies are, those of an earlier merge included.

        Raises
        ------
        ExperimentNotFoundError
            If one of them does not exist; nothing has been copied.
        TunablesMismatchError
            If values of one of them do not fit the tunables of this experiment; nothing has been copied.
        """
        from trialstore.merge import copies_of, fitted, read_sources

        read = read_sources(_session_of(storage) or self._context.session, experiment_ids)
        self._context.look()
        sources = fitted(read, self._context)
        self._context.ensure_entered()
        self._context.refresh()
        merged = self._add(copies_of(sources, self._context), known_before=self.trial_id)
        ids = [
            trial.trial_id for trial in merged
        ]  # some may have been there already, and gone their own ways since
        return self._trials(self._context.find(trial_ids=ids, parts=_ALL_PARTS))

    def load(self, last_trial_id: int = -1) -> Loaded:
        """Return what an optimizer learns from: the trials that succeeded, failed or timed out, by id.

        Parameters
        ----------
        last_trial_id
            Only trials with a greater id are returned.

        Returns
        -------
        ids, configs, scores, statuses
            Four lists of equal length. A score is the dict of metrics, or None unless the trial succeeded.
        """
        after = plain_int(last_trial_id, "last_trial_id")
        pages = self._context.pages(statuses=LOADED, after_id=after, parts=_RESULTS)
        return joined(loaded(page, self._values_of(page)) for page in pages)

    def poll(self, *, since_start: bool = True) -> Loaded:
        """Return, in the shape of `load`, what has ended since this object was last asked: each trial once.

        Trials come in the order in which they ended, whatever their ids, and a trial that ended in another process is
        not missed because one with a greater id ended before it. Canceled trials are left out. A pickled object
        remembers what it has returned.

        Parameters
        ----------
        since_start
            Where an object begins that has not been asked before: with everything that has ended since the start of
            the experiment, so that an optimizer that was restarted learns all of it; or, if False, with what ends
            from this call on. Later calls go on from there, whatever they say.
        """
        self._context.ensure_found()
        order: dict[str, Any] = {"order": Order.COMPLETION}
        if not since_start and not self._feed.has_begun:
            self._feed.pass_over(self._context.find(**order))
        if not self._context.session.read_only:
            self._expire_leases(None)
        found = self._context.find(**self._feed.conditions(), **order, parts=_RESULTS)
        values = self._values_of(found)
        ended = self._feed.accept(found)  # when all has been read, so that a failure loses nothing
        return loaded([record for record in ended if record.status in LOADED], values)

    def load_tunable_config(self, tunable_config_id: int) -> dict[str, Scalar]:
        """Return the parameter values of a tunable config, or raise `TunableConfigNotFoundError`."""
        config_id = plain_int(tunable_config_id, "tunable_config_id")
        texts = self._context.session.find_tunable_configs([config_id])
        if config_id not in texts:
            raise TunableConfigNotFoundError(f"the storage has no tunable config {config_id}")
        return decode(texts[config_id])

    def load_telemetry(self, trial_id: int) -> list[tuple[datetime, str, Scalar]]:
        """Return (aware UTC time, metric, value) of a trial's current attempt, ordered by time and metric."""
        trial_id = plain_int(trial_id, "trial_id")
        self._context.ensure_found()
        rows = self._context.session.find_telemetry(
            TelemetryQuery(uid=self._context.uid, trial_ids=[trial_id])
        )
        return [(from_micros(row.ts), row.metric, decode_scalar(row.value)) for row in rows]

    def get_trial_by_id(self, trial_id: int) -> Trial | None:
        """Return a trial, or None if there is no such trial."""
        trials = self._trials(
            self._context.find(trial_ids=[plain_int(trial_id, "trial_id")], parts=_ALL_PARTS | Parts.CONFIG)
        )
        return trials[0] if trials else None

    def pending_trials(
        self, timestamp: datetime, *, running: bool = False, trial_runner_assigned: bool | None = None
    ) -> Iterator[Trial]:
        """Return the trials that are due and have not ended, by id, read at once.

        Parameters
        ----------
        timestamp
            What their due time is compared with; naive is local time.
        running
            Whether to include trials that are ready or running.
        trial_runner_assigned
            Only trials with (True) or without (False) a runner; None is any.

        Raises
        ------
        TunablesMismatchError
            If stored values do not fit the tunables of this handle; it names the parameters.
        """
        records = self._context.find(
            statuses=_WAITING_OR_RUNNING if running else _WAITING,
            due_by=to_micros(timestamp, "timestamp"),
            runner_assigned=trial_runner_assigned,
            parts=_ALL_PARTS | Parts.CONFIG,
        )
        return iter(self._trials(records))

    def claim_trials(
        self,
        trial_runner_id: int,
        limit: int = 1,
        lease: timedelta | float | None = None,
        timestamp: datetime | None = None,
    ) -> list[ClaimedTrial]:
        """Take trials to run, exclusively: they are running now, and this runner's, and no one else gets them.

        Parameters
        ----------
        trial_runner_id
            The runner. Trials that are assigned to another one are left alone.
        limit
            The most trials to take, those that are due first.
        lease
            For how long, a timedelta or seconds, unless `Trial.heartbeat` extends it; after that anybody may take them
            over. None is without end.
        timestamp
            What due times and leases are compared with; by default the engine's clock.
        """
        self._context.ensure_found()
        claim = Claim(
            uid=self._context.uid,
            token=new_token(),
            trial_runner_id=plain_int(trial_runner_id, "trial_runner_id"),
            limit=plain_int(limit, "limit", minimum=1),
            lease=None if lease is None else to_duration(lease),
            due_by=None if timestamp is None else to_micros(timestamp, "timestamp"),
            max_attempts=self.max_attempts,
        )
        self._expire_leases(claim.due_by)
        records = self._context.session.claim_trials(claim)
        claimed = [
            record for record in records if record.status.is_running()
        ]  # others ended before a retry came through
        values = self._values_of(claimed)
        for record in claimed:
            self._context.session.events.trial_changed(self.experiment_id, record.trial_id, record.status)
        return [
            ClaimedTrial(self._context, record, values[record.tunable_config_id], claim.lease)
            for record in claimed
        ]

    def worker(self, trial_runner_id: int, *, lease: timedelta | float = 60.0) -> Worker:
        """Return a `Worker`, whose `run` makes a function a runner of this experiment's trials.

        Parameters
        ----------
        trial_runner_id
            The id of the runner.
        lease
            A timedelta or seconds after which others may take over a trial if this process dies or hangs.
        """
        from trialstore.worker import Worker

        return Worker(self, trial_runner_id, lease=lease)

    def _add(self, new: list[tuple[NewTrial, dict[str, Scalar]]], known_before: int = 0) -> list[Trial]:
        """Add trials; those with ids below `known_before` were there already, and observers know them."""
        if not new:
            return []
        session = self._context.session
        records = session.add_trials(self._context.uid, [trial for trial, _ in new], self._first_id)
        if added := [record.trial_id for record in records if record.trial_id >= known_before]:
            session.events.trials_added(self.experiment_id, added)
        self._saw(max(record.trial_id for record in records))
        return [
            Trial(self._context, replace(record, metadata=trial.metadata, metrics=trial.metrics), values)
            for record, (trial, values) in zip(records, new, strict=True)
        ]

    def _saw(self, trial_id: int) -> None:
        next_trial_id = max(trial_id + 1, self._context.record.next_trial_id or 0)
        self._context.record = replace(self._context.record, next_trial_id=next_trial_id)

    def _trials(self, records: list[TrialRecord]) -> list[Trial]:
        values = self._values_of(records)
        self._context.check_fit(values.values())
        return [Trial(self._context, record, values[record.tunable_config_id]) for record in records]

    def _values_of(self, records: Iterable[TrialRecord]) -> dict[int, dict[str, Scalar]]:
        return values_of(self._context.session, records)

    def _expire_leases(self, due_by: Micros | None) -> None:
        if self.max_attempts is None:
            return
        expiry = Expiry(uid=self._context.uid, max_attempts=self.max_attempts, reason=USED_UP, due_by=due_by)
        for record in self._context.session.expire_leases(expiry):
            self._context.session.events.trial_changed(self.experiment_id, record.trial_id, record.status)


def _session_of(storage: Storage | None) -> Session | None:
    if storage is None:
        return None
    session = getattr(storage, "session", None)
    if not isinstance(session, Session):
        raise InvalidInputError(f"storage must be a trialstore.Storage, not {type(storage).__name__}")
    return session
