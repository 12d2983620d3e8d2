"""The law of status history: what no sequence of calls, crash or race may ever lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from trialstore.records import StatusChange, TrialRecord
from trialstore.status import Status
from trialstore_conformance.lab import ALL_PARTS, Lab


def check_all(lab: Lab) -> None:
    """Check every trial of an experiment, and what only all together can break."""
    trials, rows = lab.find(parts=ALL_PARTS), defaultdict[int, list[StatusChange]](list)
    for row in lab.history():
        rows[row.trial_id].append(row)
    for trial in trials:
        check(trial, rows[trial.trial_id])
    completions = [trial.completion for trial in trials if trial.completion is not None]
    assert len(set(completions)) == len(completions), f"completion numbers are not unique: {completions}"
    counts = lab.backend.count_trials(lab.uid)
    for status in Status:
        assert counts.get(status, 0) == sum(trial.status is status for trial in trials)


def check(trial: TrialRecord, rows: Sequence[StatusChange]) -> None:
    """Check that a trial's attempts follow each other without overlap, and that its record agrees with its history."""
    own = [row for row in rows if not row.reported]
    assert own, f"trial {trial.trial_id} has no history"
    assert own[0].attempt == 0, f"the history of trial {trial.trial_id} begins in the middle: {own}"
    for before, after in pairwise(own):
        _check_step(before, after)
    _check_record(trial, own)


def _check_step(before: StatusChange, after: StatusChange) -> None:
    what = f"{before} is followed by {after}"
    assert not before.status.is_completed(), f"something follows a completion: {what}"
    is_claim = after.attempt == before.attempt + 1
    assert is_claim or after.attempt == before.attempt, f"attempts overlap or are left out: {what}"
    assert not is_claim or after.status.is_running(), f"an attempt begins otherwise than by a claim: {what}"
    if before.status.is_running() and not is_claim and not after.status.is_pending():
        assert not after.status.is_running(), f"one attempt was handed out twice: {what}"
        runners = {None, before.trial_runner_id, after.trial_runner_id}
        assert len(runners) <= 2, f"one runner has ended the attempt of another: {what}"


def _check_record(trial: TrialRecord, own: Sequence[StatusChange]) -> None:
    last, ended = own[-1], trial.status.is_completed()
    assert (trial.status, trial.attempt) == (last.status, last.attempt), f"{trial} does not agree with {last}"
    assert ended == (trial.completion is not None), f"completed, or numbered, but not both: {trial}"
    assert not ended or trial.lease_expires is None, f"completed with a lease: {trial}"
    assert ended or trial.metrics is None, f"metrics without a completion: {trial}"
    assert trial.status is not Status.SUCCEEDED or trial.metrics is not None, (
        f"succeeded without metrics: {trial}"
    )
    lost = sum(
        before.status.is_running() and after.attempt > before.attempt for before, after in pairwise(own)
    )
    assert lost <= trial.expirations <= lost + ended, (
        f"{lost} leases were lost according to the history: {trial}"
    )
