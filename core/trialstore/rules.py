"""The rules of a trial's life: which status may follow which, and what a refused change means."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from trialstore.errors import AlreadyCompletedError, InvalidInputError, StaleTrialError
from trialstore.records import TrialChange, TrialRecord
from trialstore.status import COMPLETED, Status

_LOG = logging.getLogger(__name__)

RUNNING = frozenset({Status.RUNNING})
NOT_STARTED = frozenset({Status.UNKNOWN, Status.PENDING, Status.READY})
UNFINISHED = NOT_STARTED | RUNNING
ANY = frozenset(Status)


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


def may_follow(status: Status, *, claimed: bool) -> frozenset[Status]:
    """Return the statuses from which a trial may get `status`.

    Whoever claimed the trial made it RUNNING by that, so from a claimed handle only a completion can follow.
    """
    if status.is_completed():
        return RUNNING if claimed else UNFINISHED
    return frozenset() if claimed else NOT_STARTED


def refuse(trial: str, change: TrialChange, stored: TrialRecord, *, claimed: bool) -> None:
    """Say why a change of status was not applied: raise, log a warning, or (for a repetition) say nothing."""
    check_fence(change.attempt, stored)
    status = change.status
    if stored.status.is_completed() and (claimed or status in COMPLETED):
        if not _is_repetition(change, stored):
            raise AlreadyCompletedError(
                f"trial {trial} has ended as {stored.status.name} already, and that is final"
            )
    elif claimed:
        check_running(trial, stored)
    elif isinstance(status, Status):
        _LOG.warning("trial %s is %s: the new status %s is ignored", trial, stored.status.name, status.name)


def check_fence(attempt: int, stored: TrialRecord) -> None:
    """Raise `StaleTrialError` if the trial has gone on to another attempt."""
    if stored.attempt != attempt:
        raise StaleTrialError.of(stored.trial_id, attempt, stored.attempt)


def check_running(trial: str, stored: TrialRecord) -> None:
    """Raise unless the trial, whose attempt is the right one, is still running."""
    if stored.status.is_completed():
        raise AlreadyCompletedError(
            f"trial {trial} has ended as {stored.status.name} already, and that is final"
        )
    if not stored.status.is_running():
        raise StaleTrialError(f"trial {trial} was given back and is {stored.status.name}: claim it again")


def _is_repetition(change: TrialChange, stored: TrialRecord) -> bool:
    """Tell whether the change is the very completion that is stored, to the microsecond and the last metric."""
    metrics = None if change.metrics is UNSET else change.metrics
    return (change.status, change.ts_end, metrics) == (stored.status, stored.ts_end, stored.metrics)
