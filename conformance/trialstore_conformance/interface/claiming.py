"""Claiming: who gets which trial, in which order, and only once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trialstore.backend import Backend
from trialstore.errors import ExperimentNotFoundError
from trialstore.records import TrialRecord
from trialstore.status import Status
from trialstore.times import now_micros
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import (
    FAR,
    HOUR,
    NOON,
    SECOND,
    Lab,
    finished_trial,
    is_now,
    new_token,
    new_trial,
)


class ClaimingConformance(ConformanceBase):
    """`claim_trials`, without leases."""

    @sentence("C-604", "C-611", "C-613")
    def test_a_claimed_trial_is_running_and_its_runners(self, lab: Lab) -> None:
        added = lab.trial(lab.add_one(metadata={"a": 1}).trial_id)
        (claimed,) = lab.claim(runner=9)
        assert is_now(claimed.ts_start)
        assert claimed == replace(
            added, status=Status.RUNNING, trial_runner_id=9, attempt=1, ts_start=claimed.ts_start
        )
        assert lab.trial(added.trial_id) == claimed

    @sentence("C-601")
    def test_only_due_trials_are_handed_out(self, lab: Lab) -> None:
        early, exact, late = lab.add(*(new_trial(due=NOON + offset) for offset in (0, 10, 11)))
        assert _ids(lab.claim(limit=9, due_by=NOON + 10)) == [early.trial_id, exact.trial_id]
        assert lab.trial(late.trial_id).status is Status.PENDING

    @sentence("C-601")
    def test_trials_are_due_by_the_engines_clock_where_no_time_is_given(self, lab: Lab) -> None:
        past, future = lab.add(new_trial(due=NOON), new_trial(due=now_micros() + 24 * HOUR))
        (claimed,) = lab.claim(limit=9, due_by=None)
        assert claimed.trial_id == past.trial_id
        assert is_now(claimed.ts_start)
        assert lab.trial(future.trial_id).status is Status.PENDING

    @sentence("C-601", "C-610")
    def test_what_runs_or_is_completed_is_not_handed_out(self, lab: Lab) -> None:
        running, ready = lab.add_many(2)
        lab.add(*(finished_trial(status=status) for status in Status.completed_statuses()))
        lab.change(running, status=Status.RUNNING)
        lab.change(ready, status=Status.READY)
        assert lab.claim(limit=9) == []

    @sentence("C-602")
    def test_assigned_trials_go_to_their_runner_only(self, lab: Lab) -> None:
        theirs, mine, free = lab.add(*(new_trial(trial_runner_id=runner) for runner in (2, 1, None)))
        assert _ids(lab.claim(runner=1, limit=9)) == [mine.trial_id, free.trial_id]
        assert lab.claim(runner=1, limit=9) == []
        assert _ids(lab.claim(runner=2, limit=9)) == [theirs.trial_id]

    @sentence("C-602")
    def test_runner_zero_is_a_runner(self, lab: Lab) -> None:
        mine, _ = lab.add(new_trial(trial_runner_id=0), new_trial(trial_runner_id=1))
        assert _ids(lab.claim(runner=0, limit=9)) == [mine.trial_id]

    @sentence("C-603")
    def test_trials_are_handed_out_by_due_time_and_id(self, lab: Lab) -> None:
        offsets = [30, 10, 20, 10, 0]
        runners = [None, 1, None, None, 1]
        lab.add(*(new_trial(due=NOON + o, trial_runner_id=r) for o, r in zip(offsets, runners, strict=True)))
        assert _ids(lab.claim(limit=2)) == [5, 2]
        assert _ids(lab.claim(limit=2)) == [4, 3]
        assert _ids(lab.claim(limit=2)) == [1]
        assert lab.claim(limit=2) == []

    @sentence("C-605", "C-612")
    def test_a_claim_writes_one_row_of_history(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.claim(runner=4)
        added, claimed = lab.history(trial.trial_id)
        assert (added.status, added.attempt) == (Status.PENDING, 0)
        assert (claimed.status, claimed.attempt) == (Status.RUNNING, 1)
        assert (claimed.trial_runner_id, claimed.reason, claimed.reported) == (4, None, False)
        assert is_now(claimed.ts)

    @sentence("C-606", "C-905")
    def test_a_repeated_claim_returns_its_trials_and_claims_nothing(self, lab: Lab) -> None:
        lab.add_many(5)
        claim = lab.claim_of(limit=2)
        first = lab.backend.claim_trials(claim)
        assert lab.backend.claim_trials(claim) == first
        assert lab.ids(statuses=frozenset({Status.RUNNING})) == _ids(first)
        assert len(lab.history()) == 5 + 2

    @sentence("C-606")
    def test_a_repeated_claim_returns_trials_as_they_stand_now(self, lab: Lab) -> None:
        lab.add_many(3)
        claim = lab.claim_of(limit=2)
        one, other = lab.backend.claim_trials(claim)
        lab.complete(one, score=1)
        lab.change(other, status=Status.PENDING, trial_runner_id=None, ts_start=None)
        again = lab.backend.claim_trials(claim)
        assert [(trial.trial_id, trial.status) for trial in again] == [
            (one.trial_id, Status.SUCCEEDED),
            (other.trial_id, Status.PENDING),
        ]
        assert lab.trial(3).status is Status.PENDING

    @sentence("C-606", "C-607")
    def test_a_claim_that_is_repeated_after_its_trial_was_taken_over_claims_nothing(self, lab: Lab) -> None:
        lab.add_many(3)
        claim = lab.claim_of(limit=2, lease=HOUR)
        lost, kept = lab.backend.claim_trials(claim)
        (taken,) = lab.claim(runner=2, due_by=FAR)
        assert taken.trial_id == lost.trial_id
        assert _ids(lab.backend.claim_trials(claim)) == [kept.trial_id]
        assert (lab.trial(1), lab.trial(3).status) == (taken, Status.PENDING)

    @sentence("C-606")
    def test_a_claim_token_belongs_to_its_experiment(self, backend: Backend) -> None:
        one, other = Lab(backend, "one"), Lab(backend, "other")
        one.add_one()
        other.add_one()
        claim = one.claim_of()
        assert len(backend.claim_trials(claim)) == 1
        assert len(backend.claim_trials(replace(claim, uid=other.uid))) == 1

    @sentence("C-604", "C-601")
    def test_a_trial_that_was_given_back_is_claimed_again_with_the_next_attempt(self, lab: Lab) -> None:
        lab.add_one()
        (first,) = lab.claim(runner=1, lease=HOUR)
        lab.change(first, status=Status.PENDING, trial_runner_id=None, ts_start=None, lease=None)
        (second,) = lab.claim(runner=2)
        assert (second.trial_id, second.attempt, second.trial_runner_id) == (first.trial_id, 2, 2)
        assert (second.expirations, second.lease_expires) == (0, None)

    @sentence("C-603", "C-610")
    def test_many_claims_hand_out_everything_once(self, lab: Lab) -> None:
        lab.add_many(50)
        batches = [_ids(lab.claim(runner=i % 3, limit=7)) for i in range(9)]
        assert [trial_id for batch in batches for trial_id in batch] == list(range(1, 51))

    @sentence("C-502", "C-610")
    def test_the_fence_stops_changes_of_an_earlier_attempt(self, lab: Lab) -> None:
        added = lab.add_one()
        (claimed,) = lab.claim()
        assert not lab.complete(added).applied
        assert lab.complete(claimed).applied

    @sentence("C-407")
    def test_a_claim_takes_trials_of_its_experiment_only(self, backend: Backend) -> None:
        one, other = Lab(backend, "one"), Lab(backend, "other")
        one.add_many(2)
        other.add_many(2)
        assert len(one.claim(limit=9)) == 2
        assert other.ids(statuses=frozenset({Status.PENDING})) == [1, 2]

    @sentence("C-801")
    def test_claiming_in_an_unknown_experiment_is_an_error(self, lab: Lab) -> None:
        with pytest.raises(ExperimentNotFoundError):
            lab.backend.claim_trials(replace(lab.claim_of(), uid=new_token()))

    @sentence("C-603")
    def test_nothing_to_do_is_an_empty_list(self, lab: Lab) -> None:
        assert lab.claim(limit=3) == []
        lab.add_one(due=NOON + 2 * SECOND)
        assert lab.claim(limit=3) == []


def _ids(trials: list[TrialRecord]) -> list[int]:
    return [trial.trial_id for trial in trials]
