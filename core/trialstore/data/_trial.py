"""One trial, for those who read it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from trialstore.codec import EMPTY, decode, decode_scalar
from trialstore.data._html import facts_table
from trialstore.data._reader import Reader
from trialstore.data._tunable_config import TunableConfigData
from trialstore.records import Parts, TelemetryQuery, TrialRecord
from trialstore.times import from_micros
from trialstore.values import Scalar

if TYPE_CHECKING:
    import pandas as pd

    from trialstore.data._trial_group import TunableConfigTrialGroupData
    from trialstore.status import Status


class TrialData:
    """One run of one tunable config in an experiment: a snapshot of when it was read.

    Its telemetry and its trial group are read when they are asked for. Two are equal if experiment and id are.
    """

    __slots__ = ("__weakref__", "_reader", "_record", "_tunable_config")

    def __init__(self, reader: Reader, record: TrialRecord, tunable_config: TunableConfigData) -> None:
        self._reader = reader
        self._record = record
        self._tunable_config = tunable_config

    def __repr__(self) -> str:
        ids = f"cid:{self.tunable_config_id} rid:{self.trial_runner_id}"
        return f"Trial :: {self.experiment_id}:{self.trial_id} {ids} {self.status.name}"

    def _repr_html_(self) -> str:
        names = ("status", "ts_start", "ts_end", "tunable_config_id", "trial_runner_id")
        facts = {name: getattr(self, name) for name in names} | {"status": self.status.name}
        values = {"config": self.tunable_config.config_dict, "results": self.results_dict}
        title = f"Trial {self.trial_id} of {self.experiment_id}"
        return facts_table(title, {**facts, **values, "metadata": self.metadata_dict})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TrialData):
            return NotImplemented
        return self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, int]:
        return self._reader.record.uid, self.trial_id

    @property
    def experiment_id(self) -> str:
        """The id of the experiment that it belongs to."""
        return self._reader.record.experiment_id

    @property
    def trial_id(self) -> int:
        """Its id, unique within the experiment."""
        return self._record.trial_id

    @property
    def trial_runner_id(self) -> int | None:
        """The id of its trial runner, if it has one."""
        return self._record.trial_runner_id

    @property
    def attempt(self) -> int:
        """How often it was claimed, by `Experiment.claim_trials`; 0 for a trial that was run without."""
        return self._record.attempt

    @property
    def expirations(self) -> int:
        """How many of its attempts ended because their lease was lost; what was given back does not count."""
        return self._record.expirations

    @property
    def ts_start(self) -> datetime:
        """When it started or (before that) may start; aware, UTC."""
        return from_micros(self._record.shown_start)

    @property
    def ts_end(self) -> datetime | None:
        """When it ended; aware, UTC."""
        return None if self._record.ts_end is None else from_micros(self._record.ts_end)

    @property
    def status(self) -> Status:
        """Its status."""
        return self._record.status

    @property
    def tunable_config_id(self) -> int:
        """The id of its tunable config, unique within the storage."""
        return self._record.tunable_config_id

    @property
    def tunable_config(self) -> TunableConfigData:
        """Its parameter values."""
        return self._tunable_config

    @property
    def tunable_config_trial_group(self) -> TunableConfigTrialGroupData:
        """The trials of the experiment that share its tunable config."""
        from trialstore.data._trial_group import TunableConfigTrialGroupData

        first = self._reader.first_trial_ids(self.tunable_config_id)[self.tunable_config_id]
        return TunableConfigTrialGroupData(self._reader, self._tunable_config, first)

    @property
    def results_dict(self) -> dict[str, Scalar]:
        """Its metrics; empty if it has none."""
        return decode(self._record.metrics or EMPTY)

    @property
    def results_df(self) -> pd.DataFrame:
        """Its metrics as a frame with the columns ``metric`` (str) and ``value``, sorted by metric."""
        return _key_value_frame("metric", self.results_dict)

    @property
    def metadata_dict(self) -> dict[str, Any]:
        """Its metadata: scalars, lists and dicts by name."""
        return decode(self._record.metadata or EMPTY)

    @property
    def metadata_df(self) -> pd.DataFrame:
        """Its metadata as a frame with the columns ``parameter`` (str) and ``value``, sorted by parameter."""
        return _key_value_frame("parameter", self.metadata_dict)

    @property
    def telemetry_df(self) -> pd.DataFrame:
        """The telemetry of its current attempt, read now: a frame sorted by time and metric.

        Its columns are ``ts`` (datetime64[us, UTC]), ``metric`` (str) and ``value``.
        """
        import pandas as pd

        from trialstore.data import _frames as frames

        query = TelemetryQuery(uid=self._reader.record.uid, trial_ids=[self.trial_id])
        rows = self._reader.session.find_telemetry(query)
        ts, metric = frames.times([row.ts for row in rows]), frames.texts(row.metric for row in rows)
        return pd.DataFrame(
            {"ts": ts, "metric": metric, "value": frames.column([decode_scalar(r.value) for r in rows])}
        )

    @property
    def history_df(self) -> pd.DataFrame:
        """The rows of `ExperimentData.history_df` that belong to it, read now."""
        from trialstore.data._history import history_frame

        return history_frame(self._reader, [self.trial_id])


def trials_of(reader: Reader, **conditions: Any) -> dict[int, TrialData]:
    """Return the trials that meet the conditions of a `TrialQuery`, by id ascending, in at most two queries."""
    records = reader.find(parts=Parts.METADATA | Parts.METRICS | Parts.CONFIG, **conditions)
    configs = reader.configs_of(records)
    return {
        record.trial_id: TrialData(reader, record, configs[record.tunable_config_id]) for record in records
    }


def trial_ids_of(reader: Reader, **conditions: Any) -> Collection[int]:
    """Return the ids of the trials that meet the conditions of a `TrialQuery`, ascending."""
    return [record.trial_id for record in reader.find(**conditions)]


def _key_value_frame(key: str, values: dict[str, Any]) -> pd.DataFrame:
    from trialstore.data._frames import key_value_frame

    return key_value_frame(key, values)
