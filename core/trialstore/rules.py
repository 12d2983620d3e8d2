"""The rules of a trial's life: which status may follow which, and what a refused change means."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from trialstore.errors import AlreadyCompletedError, InvalidInputError, StaleTrialError
from trialstore.records import TrialChange, TrialRecord
from trialstore.status import Status

_LOG = logging.getLogger(__name__)

RUNNING = frozenset({Status.RUNNING})
NOT_STARTED = frozenset({Status.UNKNOWN, Status.PENDING, Status.READY})
UNFINISHED = NOT_STARTED | RUNNING
ANY = frozenset(Status)

_SETTINGS = ("status", "ts_start", "ts_end", "trial_runner_id", "metadata", "metrics")


def check_status(status: Any) -> Status:
    """Return `status`, or raise `InvalidInputError` if it is none."""
    if not isinstance(status, Status):
        raise InvalidInputError(f"status must be a trialstore.Status, not {status!r}; see Status.parse()")
    return status


def check_update(status: Status, metrics: Mapping[str, Any] | None) -> None:
    """Raise `InvalidInputError` unless a status and metrics (or their absence) go together."""
    if check_status(status).is_succeeded() and metrics is None:
        raise InvalidInputError("SUCCEEDED needs metrics; give {} if there are none")
    if metrics is not None and not status.is_completed():
        raise InvalidInputError(f"{status.name} is not a completion and cannot have metrics")


def may_precede(status: Status) -> frozenset[Status]:
    """Return the statuses from which a trial may get `status`."""
    return UNFINISHED if status.is_completed() else NOT_STARTED


def settings_of(change: TrialChange) -> dict[str, Any]:
    """Return what a change sets of the fields that a trial shows."""
    return {name: value for name in _SETTINGS if (value := getattr(change, name)) is not UNSET}


def is_completion(change: TrialChange) -> bool:
    """Tell whether a change ends the trial."""
    return isinstance(change.status, Status) and change.status.is_completed()


def is_repetition(change: TrialChange, stored: TrialRecord) -> bool:
    """Tell whether a change is the very completion that is stored, to the microsecond and the last metric."""
    metrics = None if change.metrics is UNSET else change.metrics
    wanted = (change.attempt, change.status, change.ts_end, metrics)
    return wanted == (stored.attempt, stored.status, stored.ts_end, stored.metrics)


def refuse(trial: str, change: TrialChange, stored: TrialRecord) -> None:
    """Say why a change of status was not applied: raise, log a warning, or (for a repetition) say nothing."""
    check_fence(change.attempt, stored)
    if not is_completion(change):
        new = Status.parse(change.status).name
        _LOG.warning("trial %s is %s: the new status %s is ignored", trial, stored.status.name, new)
    elif not is_repetition(change, stored):
        check_not_completed(trial, stored)


def check_fence(attempt: int, stored: TrialRecord) -> None:
    """Raise `StaleTrialError` if the trial has gone on to another attempt."""
    if stored.attempt != attempt:
        raise StaleTrialError.of(stored.trial_id, attempt, stored.attempt)


def check_not_completed(trial: str, stored: TrialRecord) -> None:
    """Raise `AlreadyCompletedError` if the trial has ended."""
    if stored.status.is_completed():
        raise AlreadyCompletedError(
            f"trial {trial} has ended as {stored.status.name} already, and that is final"
        )


def check_running(trial: str, stored: TrialRecord, runner: int | None) -> None:
    """Raise unless the trial, whose attempt is the right one, still runs for this runner."""
    check_not_completed(trial, stored)
    if not stored.status.is_running() or stored.trial_runner_id != runner:
        raise StaleTrialError.of_runner(stored.trial_id)
