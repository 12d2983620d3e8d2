"""An experiment at hand: short names for what the tests do again and again to a raw backend."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from trialstore import codec
from trialstore.backend import Backend
from trialstore.records import (
    ChangeOutcome,
    Claim,
    ExperimentQuery,
    ExperimentRecord,
    Expiry,
    NewTrial,
    Parts,
    StatusChange,
    StoredTelemetryRow,
    TelemetryBatch,
    TelemetryQuery,
    TelemetryRow,
    Token,
    TrialChange,
    TrialQuery,
    TrialRecord,
)
from trialstore.status import Status
from trialstore.times import Micros, now_micros

NOON: Micros = 1_700_000_000_123_457
"""A moment of the past with odd microseconds, so that a clock of milliseconds or seconds shows."""
SECOND: Micros = 1_000_000
HOUR: Micros = 3600 * SECOND
FAR: Micros = 4_000_000_000_000_000
"""A moment of the future, at which every lease of the tests is over."""
ALL_PARTS = Parts.METADATA | Parts.METRICS
OPEN_STATUSES = frozenset(Status) - Status.completed_statuses()


def new_token() -> Token:
    """Return a token, or uid, that no write has used before."""
    return uuid.uuid4().hex


def new_trial(params: Mapping[str, Any] | None = None, **fields: Any) -> NewTrial:
    """Return a trial to be added that is due at noon; `metadata` and `metrics` may be given as dicts."""
    config = codec.encode({"x": 1} if params is None else params)
    parts: dict[str, Any] = {
        part: codec.encode(fields.pop(part))
        for part in ("metadata", "metrics")
        if isinstance(fields.get(part), dict)
    }
    given: dict[str, Any] = {"token": new_token(), "config_hash": codec.hash_of(config), "due": NOON}
    return NewTrial(config=config, **(given | fields | parts))


def finished_trial(metrics: Mapping[str, Any] | None = None, **fields: Any) -> NewTrial:
    """Return a trial to be added that has succeeded already."""
    given: dict[str, Any] = {
        "status": Status.SUCCEEDED,
        "metrics": dict(metrics or {"score": 1.5}),
        "ts_start": NOON + 1,
        "ts_end": NOON + 2,
    }
    return new_trial(**(given | fields))


def is_now(when: Micros | None) -> bool:
    """Tell whether a time may be the engine's now, whose clock may be an hour off."""
    return when is not None and abs(when - now_micros()) < HOUR


class Lab:
    """One experiment on an open backend."""

    def __init__(self, backend: Backend, experiment_id: str = "experiment") -> None:
        self.backend = backend
        uid = new_token()
        self.record = backend.put_experiment(ExperimentRecord(experiment_id=experiment_id, uid=uid))
        self.uid = self.record.uid

    @property
    def next_trial_id(self) -> int | None:
        """The experiment's counter, as stored."""
        return self.backend.find_experiments(ExperimentQuery(uids=[self.uid]))[0].next_trial_id

    def add(self, *new: NewTrial, first_id: int = 1) -> list[TrialRecord]:
        """Add trials, and return them without their parts, which a backend may leave out."""
        added = self.backend.add_trials(self.uid, new, first_id)
        return [replace(trial, metadata=None, metrics=None) for trial in added]

    def add_one(self, **fields: Any) -> TrialRecord:
        """Add one pending trial."""
        return self.add(new_trial(**fields))[0]

    def add_many(self, count: int) -> list[TrialRecord]:
        """Add pending trials with one tunable config."""
        return self.add(*(new_trial() for _ in range(count)))

    def find(self, **conditions: Any) -> list[TrialRecord]:
        """Return the trials of a query."""
        return self.backend.find_trials(TrialQuery(uid=self.uid, **conditions))

    def ids(self, **conditions: Any) -> list[int]:
        """Return the ids of the trials of a query."""
        return [trial.trial_id for trial in self.find(**conditions)]

    def trial(self, trial_id: int) -> TrialRecord:
        """Return one trial with all its parts."""
        (found,) = self.find(trial_ids=[trial_id], parts=ALL_PARTS)
        return found

    def change_of(self, trial: TrialRecord, **fields: Any) -> TrialChange:
        """Return a change of a trial from the attempt that it was read with and any status that is not a completion."""
        defaults: dict[str, Any] = {
            "token": new_token(),
            "ts": NOON + 7,
            "attempt": trial.attempt,
            "from_statuses": OPEN_STATUSES,
        }
        return TrialChange(uid=self.uid, trial_id=trial.trial_id, **(defaults | fields))

    def change(self, trial: TrialRecord, **fields: Any) -> ChangeOutcome:
        """Change a trial."""
        return self.backend.change_trial(self.change_of(trial, **fields))

    def complete(
        self, trial: TrialRecord, status: Status = Status.SUCCEEDED, **metrics: Any
    ) -> ChangeOutcome:
        """Complete a trial."""
        return self.change(trial, status=status, ts_end=NOON + 8, metrics=codec.encode(metrics))

    def claim_of(self, runner: int = 1, limit: int = 1, **fields: Any) -> Claim:
        """Return a claim at noon and a second."""
        defaults: dict[str, Any] = {"token": new_token(), "due_by": NOON + SECOND}
        return Claim(uid=self.uid, trial_runner_id=runner, limit=limit, **(defaults | fields))

    def claim(self, runner: int = 1, limit: int = 1, **fields: Any) -> list[TrialRecord]:
        """Claim trials at noon and a second, and return them without their configs, which a backend may leave out."""
        claimed = self.backend.claim_trials(self.claim_of(runner, limit, **fields))
        return [replace(trial, config=None) for trial in claimed]

    def expire(self, max_attempts: int = 1, **fields: Any) -> list[TrialRecord]:
        """Expire the leases that are over in the far future."""
        defaults: dict[str, Any] = {"reason": "lost its lease", "due_by": FAR}
        return self.backend.expire_leases(
            Expiry(uid=self.uid, max_attempts=max_attempts, **(defaults | fields))
        )

    def batch_of(self, trial: TrialRecord, *rows: tuple[Micros, str, Any], **fields: Any) -> TelemetryBatch:
        """Return a batch of telemetry of a trial."""
        encoded = tuple(TelemetryRow(ts, metric, codec.encode_scalar(value)) for ts, metric, value in rows)
        defaults: dict[str, Any] = {
            "token": new_token(),
            "attempt": trial.attempt,
            "status": Status.RUNNING,
            "ts": NOON + 3,
        }
        return TelemetryBatch(uid=self.uid, trial_id=trial.trial_id, rows=encoded, **(defaults | fields))

    def report(self, trial: TrialRecord, *rows: tuple[Micros, str, Any], **fields: Any) -> None:
        """Add telemetry."""
        self.backend.add_telemetry(self.batch_of(trial, *rows, **fields))

    def claimed(self, runner: int = 1, lease: Micros | None = HOUR) -> TrialRecord:
        """Return a new trial that a runner claimed."""
        added = self.add_one()
        (claimed,) = self.claim(runner, lease=lease)
        assert claimed.trial_id == added.trial_id
        return claimed

    def telemetry_rows(
        self, trial_ids: Sequence[int], *, all_attempts: bool = False
    ) -> list[StoredTelemetryRow]:
        """Return the stored telemetry of trials."""
        query = TelemetryQuery(uid=self.uid, trial_ids=trial_ids, all_attempts=all_attempts)
        return self.backend.find_telemetry(query)

    def telemetry(self, trial_id: int, *, all_attempts: bool = False) -> list[tuple[Micros, str, Any]]:
        """Return the telemetry of a trial as (ts, metric, value)."""
        rows = self.telemetry_rows([trial_id], all_attempts=all_attempts)
        return [(row.ts, row.metric, codec.decode_scalar(row.value)) for row in rows]

    def history(self, *trial_ids: int) -> list[StatusChange]:
        """Return the status history of trials, of all if none are named."""
        return self.backend.find_status_changes(self.uid, trial_ids or None)

    def statuses(self, trial_id: int) -> list[Status]:
        """Return the statuses of a trial's history."""
        return [row.status for row in self.history(trial_id)]
