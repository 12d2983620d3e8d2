"""One trial, for those who run it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from msgspec.structs import replace

from trialstore import rules
from trialstore.codec import EMPTY, MAX_METRICS_BYTES, decode, encode, encode_scalars
from trialstore.errors import InvalidInputError, UsageError
from trialstore.records import Parts, TelemetryBatch, TelemetryRow, TrialChange
from trialstore.session import new_token
from trialstore.status import Status
from trialstore.times import Micros, from_micros, now_micros, to_micros
from trialstore.values import (
    Scalar,
    Value,
    is_plain,
    plain_int,
    plain_metadata,
    plain_name,
    plain_scalar,
    plain_scalars,
    plain_text,
)

if TYPE_CHECKING:
    from trialstore.context import ExperimentContext
    from trialstore.records import ChangeOutcome, Direction, TrialRecord
    from trialstore.tunables import TunableGroups

_LOG = logging.getLogger(__name__)


class Trial:
    """One run of one tunable config in an experiment.

    Made by an `Experiment`, never directly. It shows what was stored when it was read, and what it changed itself since;
    what others did is found out at each write.
    """

    __slots__ = ("__weakref__", "_changed", "_context", "_read", "_tunables", "_values")

    def __init__(self, context: ExperimentContext, record: TrialRecord, values: Mapping[str, Scalar]) -> None:
        self._context = context
        self._read = record
        self._changed: dict[str, Any] = {}
        self._values = values
        self._tunables: TunableGroups | None = None

    def __repr__(self) -> str:
        return f"{self.experiment_id}:{self.trial_id}:{self.tunable_config_id}:{self.trial_runner_id}"

    @property
    def experiment_id(self) -> str:
        """The id of the experiment that the trial belongs to."""
        return self._context.record.experiment_id

    @property
    def trial_id(self) -> int:
        """The id of the trial, unique within its experiment."""
        return self._read.trial_id

    @property
    def tunable_config_id(self) -> int:
        """The id of its tunable config, unique within the storage."""
        return self._read.tunable_config_id

    @property
    def trial_runner_id(self) -> int | None:
        """The id of its trial runner, if it has one."""
        return self._record.trial_runner_id

    @property
    def status(self) -> Status:
        """Its status, when this handle last knew it."""
        return self._record.status

    @property
    def attempt(self) -> int:
        """The attempt that this handle stands for; 0 for a trial that was never claimed."""
        return self._read.attempt

    @property
    def ts_start(self) -> datetime:
        """When its current attempt started, or (before that) may start; aware, UTC."""
        return from_micros(self._record.shown_start)

    @property
    def ts_end(self) -> datetime | None:
        """When it ended; aware, UTC."""
        return None if self._record.ts_end is None else from_micros(self._record.ts_end)

    @property
    def opt_targets(self) -> dict[str, Direction]:
        """The objectives of its experiment: metric name to direction."""
        return self._context.opt_targets

    @property
    def tunable_values(self) -> dict[str, Scalar]:
        """A copy of its parameter values."""
        return dict(self._values)

    @property
    def tunables(self) -> TunableGroups:
        """The experiment's tunables with this trial's values, reset.

        An experiment of plain dicts has none (`UsageError`); `tunable_values` is there always.
        """
        if self._context.tunables is None:
            raise UsageError(f"experiment {self.experiment_id!r} has no tunables: use trial.tunable_values")
        if self._tunables is None:
            self._tunables = self._context.tunables.copy().assign(self._values).reset()
        return self._tunables

    def config(self, global_config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the metadata of the trial, overridden by `global_config`, then by its own ids.

        Returns
        -------
        dict
            With the keys ``experiment_id``, ``trial_id`` and, if a runner is assigned, ``trial_runner_id`` beside the
            stored ones.
        """
        if global_config is not None and not isinstance(global_config, Mapping):
            raise InvalidInputError(f"global_config must be a mapping, not {type(global_config).__name__}")
        ids: dict[str, Any] = {"experiment_id": self.experiment_id, "trial_id": self.trial_id}
        if self.trial_runner_id is not None:
            ids["trial_runner_id"] = self.trial_runner_id
        return {**decode(self._record.metadata or EMPTY), **(global_config or {}), **ids}

    def add_new_config_data(self, new_config_data: Mapping[str, Value]) -> None:
        """Add entries to the metadata of the trial: all of them or none.

        Raises
        ------
        InvalidInputError
            If one of the names is there already, in the storage too, or a value cannot be stored.
        StaleTrialError
            If this handle's attempt is over.
        """
        new = plain_metadata(new_config_data, "new_config_data")
        record, token = self._record, new_token()
        while not (outcome := self._apply(self._metadata_change(token, record, new))).applied:
            self._check_open(record := outcome.record)

    def set_trial_runner(self, trial_runner_id: int) -> int | None:
        """Assign the trial to a runner if it has none or, while it is pending, to another one.

        Returns
        -------
        int
            The runner that is stored now; the old one, with a warning in the log, if it could not be changed.
        """
        runner = plain_int(trial_runner_id, "trial_runner_id")
        record, token, applied = self._record, new_token(), False
        while not applied and (record.status.is_pending() or record.trial_runner_id is None):
            outcome = self._context.session.change_trial(self._runner_change(token, record, runner))
            applied, record = outcome.applied, outcome.record
        stored = runner if applied else self._stored().trial_runner_id
        if stored != runner:
            _LOG.warning("trial %r stays with runner %s instead of %s", self, stored, runner)
        self._changed["trial_runner_id"] = stored
        return stored

    def update(
        self,
        status: Status,
        timestamp: datetime,
        metrics: Mapping[str, Any] | None = None,
        *,
        reason: str | None = None,
    ) -> Mapping[str, Any] | None:
        """Store a new status and, with a completion, the metrics: in one atomic step with the history.

        From `PENDING`, `READY` and `UNKNOWN` every status may follow. A trial that runs or has ended stays so when a
        status comes that is no completion: that is ignored, with a warning in the log.

        Parameters
        ----------
        status
            The new status.
        timestamp
            When it was reached; naive is local time.
        metrics
            Metric names to values: needed for `SUCCEEDED` (it may be empty), optional for other completions, and not
            allowed otherwise.
        reason
            Why, for the history: the message of a failure, for example.

        Returns
        -------
        Mapping or None
            `metrics`, as given.

        Raises
        ------
        InvalidInputError
            If status and metrics do not go together, or a value cannot be stored; nothing has changed.
        AlreadyCompletedError
            If the trial has been completed otherwise before; repeating the same completion is a no-op.
        StaleTrialError
            If this handle's attempt is over.
        """
        rules.check_update(status, metrics)
        encoded = self._encoded(status, metrics)
        self._update(self._status_change(status, to_micros(timestamp, "timestamp"), encoded, reason))
        return metrics

    def update_telemetry(
        self, status: Status, timestamp: datetime, metrics: Iterable[tuple[datetime, str, Any]]
    ) -> None:
        """Store telemetry in one batch; the trial itself does not change, and may have ended.

        Parameters
        ----------
        status
            The status that is reported with it; it joins the history.
        timestamp
            The time of the report; naive is local time.
        metrics
            Rows of (time, metric name, value). Of rows with equal time and name the first one that was ever stored
            wins, so a batch may be repeated.

        Raises
        ------
        InvalidInputError
            If one of the values cannot be stored; nothing has been stored.
        StaleTrialError
            If this handle's attempt is over.
        """
        report = {"status": rules.check_status(status), "ts": to_micros(timestamp, "timestamp")}
        batch = self._telemetry(tuple(_telemetry_rows(metrics)), **report)
        self._context.session.add_telemetry(batch)

    def _telemetry(self, rows: tuple[TelemetryRow, ...], **report: Any) -> TelemetryBatch:
        return TelemetryBatch(
            uid=self._context.uid,
            trial_id=self.trial_id,
            token=new_token(),
            attempt=self.attempt,
            rows=rows,
            **report,
        )

    def _update(self, change: TrialChange) -> None:
        """Apply a change of status, or say why it cannot be applied."""
        outcome = self._apply(change)
        if outcome.applied:
            self._tell_status()
        else:
            rules.refuse(repr(self), change, outcome.record)

    def _check_open(self, stored: TrialRecord) -> None:
        """Raise if this handle may not write to the trial any more."""
        rules.check_fence(self.attempt, stored)

    def _tell_status(self) -> None:
        self._context.session.events.trial_changed(self.experiment_id, self.trial_id, self.status)

    def _encoded(self, status: Status, metrics: Mapping[str, Any] | None) -> str | None:
        if metrics is None:
            return None
        plain = plain_scalars(metrics, "metrics")
        if status.is_succeeded() and (missing := [name for name in self.opt_targets if name not in plain]):
            _LOG.warning("trial %r succeeded without its objectives: %s", self, ", ".join(missing))
        return encode(plain, f"the metrics of trial {self!r}", MAX_METRICS_BYTES)

    def _status_change(
        self, status: Status, ts: Micros, metrics: str | None, reason: str | None
    ) -> TrialChange:
        return self._change(
            new_token(),
            rules.may_precede(status),
            ts=ts,
            status=status,
            ts_start=ts if status.is_running() else UNSET,
            ts_end=ts if status.is_completed() else UNSET,
            metrics=UNSET if metrics is None else metrics,
            reason=None if reason is None else plain_text(reason, "reason"),
        )

    def _metadata_change(self, token: str, stored: TrialRecord, new: Mapping[str, Value]) -> TrialChange:
        old_text = stored.metadata or EMPTY
        old = decode(old_text)
        if present := sorted(old.keys() & new.keys()):
            names = ", ".join(map(repr, present))
            raise InvalidInputError(f"trial {self!r} has metadata {names} already; nothing was added")
        text = encode({**old, **new}, f"the metadata of trial {self!r}")
        return self._change(token, rules.ANY, expected_metadata=old_text, metadata=text)

    def _runner_change(self, token: str, stored: TrialRecord, runner: int) -> TrialChange:
        """Return the change that assigns a runner to the trial as it stands in `stored`."""
        expected = UNSET if stored.status.is_pending() else None
        change = self._change(
            token, frozenset({stored.status}), trial_runner_id=runner, expected_trial_runner_id=expected
        )
        return replace(change, attempt=stored.attempt)

    def _change(
        self, token: str | None, from_statuses: frozenset[Status], ts: int | None = None, **settings: Any
    ) -> TrialChange:
        return TrialChange(
            uid=self._context.uid,
            trial_id=self.trial_id,
            token=token,
            ts=now_micros() if ts is None else ts,
            attempt=self.attempt,
            from_statuses=from_statuses,
            **settings,
        )

    def _apply(self, change: TrialChange, retry_for: float | None = None) -> ChangeOutcome:
        outcome = self._context.session.change_trial(change, retry_for)
        if outcome.applied:
            self._changed.update(rules.settings_of(change))
        return outcome

    @property
    def _record(self) -> TrialRecord:
        """The trial as it was read, with what this handle changed since."""
        return replace(self._read, **self._changed) if self._changed else self._read

    def _stored(self) -> TrialRecord:
        """Return the trial as it stands in the storage now."""
        [found] = self._context.find(trial_ids=[self.trial_id], parts=Parts.METADATA | Parts.METRICS)
        return found


def _telemetry_rows(metrics: Iterable[tuple[datetime, str, Any]]) -> Iterable[TelemetryRow]:
    try:
        given = [_telemetry_row(*row) for row in metrics]
        names = {
            name: plain_name(name, "a telemetry metric") for name in dict.fromkeys(row[1] for row in given)
        }
    except TypeError as error:
        raise InvalidInputError("telemetry must be an iterable of (time, metric name, value)") from error
    values = [
        value if is_plain(value) else plain_scalar(value, f"telemetry {name!r}") for _, name, value in given
    ]
    return map(
        TelemetryRow,
        [to_micros(ts, "a telemetry time") for ts, _, _ in given],
        [names[name] for _, name, _ in given],
        encode_scalars(values),
    )


def _telemetry_row(ts: datetime, metric: str, value: Any) -> tuple[datetime, str, Any]:
    return ts, metric, value
