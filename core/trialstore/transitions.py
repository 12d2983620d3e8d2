"""What becomes of a trial's record when it is added, claimed, changed or given up.

A backend that reads a record, decides and writes it back, in one transaction or under a lock, takes these
decisions from here. One that lets its server decide follows the same rules in its server's words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from trialstore.errors import StaleTrialError
from trialstore.records import Claim, NewTrial, StatusChange, TelemetryBatch, TrialChange, TrialRecord
from trialstore.rules import is_completion, settings_of
from trialstore.status import Status
from trialstore.times import Micros

__all__ = [
    "LEASE_EXPIRED",
    "added",
    "check_telemetry",
    "claimed",
    "failed",
    "first_ts",
    "holds",
    "is_eligible",
    "is_used_up",
    "lease_is_over",
    "new_values",
    "report_of",
    "status_change",
    "takeover_reason",
]

LEASE_EXPIRED = "the lease expired"
"""The reason that the history gives for a takeover."""


def added(new: NewTrial, trial_id: int, tunable_config_id: int, now: Micros) -> TrialRecord:
    """Return the record of a trial that is added now, without a completion number."""
    return TrialRecord(
        trial_id=trial_id,
        tunable_config_id=tunable_config_id,
        status=new.status,
        due=now if new.due is None else new.due,
        ts_start=new.ts_start,
        ts_end=new.ts_end,
        trial_runner_id=new.trial_runner_id,
        metadata=new.metadata,
        metrics=new.metrics,
    )


def first_ts(trial: TrialRecord, now: Micros) -> Micros:
    """Return when the history of a trial that is added now begins: when it ended, if it has."""
    return now if trial.ts_end is None else trial.ts_end


def is_eligible(trial: TrialRecord, claim: Claim, now: Micros) -> bool:
    """Tell whether a claim may take a trial."""
    at = now if claim.due_by is None else claim.due_by
    if trial.status.is_pending():
        return trial.due <= at and trial.trial_runner_id in (None, claim.trial_runner_id)
    return lease_is_over(trial, at) and not is_used_up(trial, claim.max_attempts)


def lease_is_over(trial: TrialRecord, at: Micros) -> bool:
    """Tell whether a running trial has outlived its lease."""
    return trial.status.is_running() and trial.lease_expires is not None and trial.lease_expires <= at


def is_used_up(trial: TrialRecord, max_attempts: int | None) -> bool:
    """Tell whether a trial whose lease is over has lost as many as it may."""
    return max_attempts is not None and trial.expirations + 1 >= max_attempts


def claimed(trial: TrialRecord, claim: Claim, now: Micros) -> TrialRecord:
    """Return the record of an eligible trial that is claimed now."""
    return replace(
        trial,
        status=Status.RUNNING,
        trial_runner_id=claim.trial_runner_id,
        attempt=trial.attempt + 1,
        expirations=trial.expirations + trial.status.is_running(),
        ts_start=now,
        lease_expires=None if claim.lease is None else now + claim.lease,
    )


def takeover_reason(trial: TrialRecord) -> str | None:
    """Return what the history says of why an eligible trial is claimed: nothing, unless it still ran."""
    return LEASE_EXPIRED if trial.status.is_running() else None


def failed(trial: TrialRecord, now: Micros) -> TrialRecord:
    """Return the record of a trial that is given up now, without a completion number."""
    lost = trial.expirations + 1
    return replace(trial, status=Status.FAILED, ts_end=now, lease_expires=None, expirations=lost)


def holds(change: TrialChange, stored: TrialRecord) -> bool:
    """Tell whether what stands in `stored` is what a change expects."""
    return (
        stored.attempt == change.attempt
        and stored.status in change.from_statuses
        and change.expected_trial_runner_id in (UNSET, stored.trial_runner_id)
        and change.expected_metadata in (UNSET, stored.metadata)
    )


def new_values(change: TrialChange, now: Callable[[], Micros]) -> dict[str, Any]:
    """Return the fields of a record that a change sets, and their values, without a completion number.

    `now` is asked for the engine's now if the change needs it.
    """
    values = settings_of(change)
    if isinstance(change.lease, int):
        values["lease_expires"] = now() + change.lease
    if change.lease is None or is_completion(change):
        values["lease_expires"] = None
    return values


def check_telemetry(batch: TelemetryBatch, trial: TrialRecord) -> None:
    """Raise `StaleTrialError` unless a batch belongs to the attempt and the runner that the trial has now."""
    if trial.attempt != batch.attempt:
        raise StaleTrialError.of(trial.trial_id, batch.attempt, trial.attempt)
    if batch.expected_trial_runner_id not in (UNSET, trial.trial_runner_id):
        raise StaleTrialError.of_runner(trial.trial_id)


def status_change(trial: TrialRecord, ts: Micros, reason: str | None = None) -> StatusChange:
    """Return the row of history of a trial that has got its status."""
    return StatusChange(
        trial_id=trial.trial_id,
        attempt=trial.attempt,
        status=trial.status,
        ts=ts,
        trial_runner_id=trial.trial_runner_id,
        reason=reason,
    )


def report_of(batch: TelemetryBatch, trial: TrialRecord) -> StatusChange:
    """Return the row of history of the status that was reported with telemetry of a trial."""
    return replace(status_change(trial, batch.ts), status=batch.status, reported=True)
