"""The law of status history, on histories that break it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trialstore import Status
from trialstore.records import StatusChange, TrialRecord
from trialstore_conformance.history import check

ADDED = StatusChange(trial_id=1, attempt=0, status=Status.PENDING, ts=0)
CLAIMED = StatusChange(trial_id=1, attempt=1, status=Status.RUNNING, ts=1)
TAKEN_OVER = replace(CLAIMED, attempt=2)
RELEASED = replace(CLAIMED, status=Status.PENDING)
FAILED = replace(CLAIMED, status=Status.FAILED)
PENDING_TRIAL = TrialRecord(trial_id=1, tunable_config_id=1, status=Status.PENDING, due=0)
RUNNING_TRIAL = replace(PENDING_TRIAL, status=Status.RUNNING, attempt=1)
FAILED_TRIAL = replace(RUNNING_TRIAL, status=Status.FAILED, completion=1)


@pytest.mark.parametrize(
    ("trial", "rows"),
    [
        (PENDING_TRIAL, [ADDED]),
        (RUNNING_TRIAL, [ADDED, CLAIMED, replace(FAILED, reported=True)]),
        (replace(RUNNING_TRIAL, attempt=2, expirations=1), [ADDED, CLAIMED, TAKEN_OVER]),
        (replace(RUNNING_TRIAL, attempt=2), [ADDED, CLAIMED, RELEASED, TAKEN_OVER]),
        (FAILED_TRIAL, [ADDED, CLAIMED, FAILED]),
        (replace(FAILED_TRIAL, trial_runner_id=1), [ADDED, CLAIMED, replace(FAILED, trial_runner_id=1)]),
        (replace(FAILED_TRIAL, expirations=1), [ADDED, CLAIMED, FAILED]),
    ],
)
def test_a_legal_history_passes(trial: TrialRecord, rows: list[StatusChange]) -> None:
    check(trial, rows)


@pytest.mark.parametrize(
    ("trial", "rows"),
    [
        (PENDING_TRIAL, []),
        (RUNNING_TRIAL, [CLAIMED]),
        (PENDING_TRIAL, [ADDED, CLAIMED]),
        (RUNNING_TRIAL, [ADDED, CLAIMED, CLAIMED, replace(ADDED)]),
        (RUNNING_TRIAL, [ADDED, CLAIMED, CLAIMED]),
        (
            replace(RUNNING_TRIAL, trial_runner_id=2),
            [ADDED, replace(CLAIMED, trial_runner_id=1), replace(CLAIMED, trial_runner_id=2)],
        ),
        (
            replace(FAILED_TRIAL, trial_runner_id=2),
            [ADDED, replace(CLAIMED, trial_runner_id=1), replace(FAILED, trial_runner_id=2)],
        ),
        (replace(RUNNING_TRIAL, attempt=2), [ADDED, TAKEN_OVER]),
        (replace(RUNNING_TRIAL, attempt=2), [ADDED, CLAIMED, TAKEN_OVER]),
        (FAILED_TRIAL, [ADDED, CLAIMED, FAILED, FAILED]),
        (replace(FAILED_TRIAL, completion=None), [ADDED, CLAIMED, FAILED]),
        (replace(FAILED_TRIAL, lease_expires=9), [ADDED, CLAIMED, FAILED]),
        (replace(RUNNING_TRIAL, metrics="{}"), [ADDED, CLAIMED]),
        (replace(RUNNING_TRIAL, expirations=1), [ADDED, CLAIMED]),
    ],
)
def test_an_illegal_history_is_caught(trial: TrialRecord, rows: list[StatusChange]) -> None:
    with pytest.raises(AssertionError):
        check(trial, rows)
