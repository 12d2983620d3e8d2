"""Leases: taken over when they are over, counted, and used up."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trialstore.errors import ExperimentNotFoundError
from trialstore.records import Expiry
from trialstore.status import Status
from trialstore.transitions import LEASE_EXPIRED
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import FAR, HOUR, NOON, SECOND, Lab, is_now, new_token


class LeasesConformance(ConformanceBase):
    """`claim_trials` with leases, and `expire_leases`."""

    @sentence("C-507", "C-604", "C-613")
    def test_a_lease_lasts_from_the_engines_now(self, lab: Lab) -> None:
        claimed = lab.claimed(lease=24 * HOUR)
        assert claimed.ts_start is not None
        assert is_now(claimed.ts_start)
        assert claimed.lease_expires == claimed.ts_start + 24 * HOUR
        assert lab.trial(claimed.trial_id) == claimed

    @sentence("C-605", "C-607", "C-612", "C-613")
    def test_an_expired_lease_is_taken_over_whoever_had_it(self, lab: Lab) -> None:
        first = lab.claimed(runner=1)
        (second,) = lab.claim(runner=2, due_by=FAR)
        assert second == replace(
            first, trial_runner_id=2, attempt=2, expirations=1, ts_start=second.ts_start, lease_expires=None
        )
        assert is_now(second.ts_start)
        assert lab.statuses(first.trial_id) == [Status.PENDING, Status.RUNNING, Status.RUNNING]
        assert [row.attempt for row in lab.history(first.trial_id)] == [0, 1, 2]
        assert [row.reason for row in lab.history(first.trial_id)] == [None, None, LEASE_EXPIRED]
        assert lab.history(first.trial_id)[-1].ts == second.ts_start

    @sentence("C-601", "C-607")
    def test_a_lease_is_over_when_its_last_microsecond_is(self, lab: Lab) -> None:
        end = lab.claimed().lease_expires
        assert end is not None
        assert lab.claim(runner=2, due_by=end - 1) == []
        assert len(lab.claim(runner=2, due_by=end)) == 1

    @sentence("C-601")
    def test_a_lease_is_measured_by_the_engines_clock_where_no_time_is_given(self, lab: Lab) -> None:
        lab.claimed(lease=24 * HOUR)
        assert lab.claim(runner=2, due_by=None) == []
        assert lab.expire(due_by=None) == []

    @sentence("C-614")
    def test_an_attempt_without_lease_never_expires(self, lab: Lab) -> None:
        lab.claimed(lease=None)
        assert lab.claim(runner=2, due_by=FAR) == []
        assert lab.expire(due_by=FAR) == []

    @sentence("C-507", "C-607")
    def test_a_renewed_lease_is_not_taken_over(self, lab: Lab) -> None:
        claimed = lab.claimed(lease=HOUR)
        assert claimed.lease_expires is not None
        assert lab.change(claimed, token=None, lease=48 * HOUR).applied
        assert lab.claim(runner=2, due_by=claimed.lease_expires + 24 * HOUR) == []
        assert len(lab.claim(runner=2, due_by=FAR)) == 1

    @sentence("C-603", "C-607")
    def test_expired_and_pending_trials_come_in_one_order(self, lab: Lab) -> None:
        lab.add_one(due=NOON + 5)
        lab.claim(lease=HOUR)
        lab.add_one(due=NOON + 9)
        lab.add_one(due=NOON)
        claimed = lab.claim(runner=2, limit=9, due_by=FAR)
        assert [trial.trial_id for trial in claimed] == [3, 1, 2]

    @sentence("C-608")
    def test_a_lease_is_not_taken_over_when_attempts_are_used_up(self, lab: Lab) -> None:
        lab.claimed()
        assert lab.claim(runner=2, due_by=FAR, max_attempts=1) == []
        (second,) = lab.claim(runner=2, due_by=FAR, lease=SECOND, max_attempts=2)
        assert second.expirations == 1
        assert lab.claim(runner=3, due_by=FAR, max_attempts=2) == []
        assert len(lab.claim(runner=3, due_by=FAR, max_attempts=3)) == 1

    @sentence("C-608")
    def test_used_up_trials_do_not_count_for_the_limit(self, lab: Lab) -> None:
        lab.claimed()
        waiting = lab.add_one(due=NOON + 5 * SECOND)
        claimed = lab.claim(runner=2, limit=1, due_by=FAR, max_attempts=1)
        assert [trial.trial_id for trial in claimed] == [waiting.trial_id]

    @sentence("C-505", "C-609", "C-613")
    def test_trials_with_used_up_leases_fail(self, lab: Lab) -> None:
        claimed = lab.claimed(runner=1)
        (failed,) = lab.expire(max_attempts=1, reason="runner 1 went silent")
        assert (failed.trial_id, failed.status) == (claimed.trial_id, Status.FAILED)
        assert (failed.lease_expires, failed.expirations) == (None, 1)
        assert is_now(failed.ts_end)
        assert failed.completion is not None
        stored = lab.trial(claimed.trial_id)
        assert replace(stored, metadata=None) == replace(failed, metadata=None)
        row = lab.history(claimed.trial_id)[-1]
        assert (row.status, row.reason, row.ts) == (Status.FAILED, "runner 1 went silent", failed.ts_end)
        assert (row.attempt, row.trial_runner_id) == (1, 1)

    @sentence("C-609")
    def test_only_lost_and_used_up_leases_expire(self, lab: Lab) -> None:
        claimed = lab.claimed()
        assert claimed.lease_expires is not None
        lab.add_one()
        before = lab.find()
        assert lab.expire(max_attempts=1, due_by=claimed.lease_expires - 1) == []
        assert lab.expire(max_attempts=2) == []
        assert lab.find() == before
        lab.complete(claimed)
        assert lab.expire(max_attempts=1) == []

    @sentence("C-609", "C-607")
    def test_leases_that_were_lost_before_count_for_the_expiry(self, lab: Lab) -> None:
        lab.claimed()
        lab.claim(runner=2, due_by=FAR, lease=HOUR)
        assert lab.expire(max_attempts=3) == []
        (failed,) = lab.expire(max_attempts=2)
        assert (failed.attempt, failed.expirations, failed.trial_runner_id) == (2, 2, 2)

    @sentence("C-609", "C-905")
    def test_a_repeated_expiry_changes_nothing(self, lab: Lab) -> None:
        claimed = lab.claimed()
        assert len(lab.expire()) == 1
        after = lab.trial(claimed.trial_id)
        assert lab.expire() == []
        assert lab.trial(claimed.trial_id) == after
        assert lab.statuses(claimed.trial_id) == [Status.PENDING, Status.RUNNING, Status.FAILED]

    @sentence("C-607", "C-502")
    def test_who_lost_a_lease_changes_nothing(self, lab: Lab) -> None:
        first = lab.claimed()
        (second,) = lab.claim(runner=2, due_by=FAR)
        outcome = lab.complete(first, score=1)
        assert not outcome.applied
        assert outcome.record == second

    @sentence("C-801")
    def test_expiring_in_an_unknown_experiment_is_an_error(self, lab: Lab) -> None:
        with pytest.raises(ExperimentNotFoundError):
            lab.backend.expire_leases(Expiry(uid=new_token(), max_attempts=1, reason="none"))
