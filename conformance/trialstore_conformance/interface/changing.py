"""Changing a trial: compare-and-set, tokens, history, completions."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from trialstore.backend import Backend
from trialstore.errors import ExperimentNotFoundError, TrialNotFoundError
from trialstore.records import StatusChange
from trialstore.status import Status
from trialstore.times import now_micros
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import HOUR, NOON, SECOND, Lab, new_token, new_trial


class ChangingConformance(ConformanceBase):
    """`change_trial`."""

    @sentence("C-501", "C-504")
    def test_a_change_sets_what_it_sets_and_nothing_else(self, lab: Lab) -> None:
        before = lab.trial(lab.add_one(metadata={"a": 1}).trial_id)
        outcome = lab.change(before, status=Status.RUNNING, ts_start=NOON + 1)
        assert outcome.applied
        assert (outcome.record.status, outcome.record.ts_start) == (Status.RUNNING, NOON + 1)
        assert lab.trial(before.trial_id) == replace(before, status=Status.RUNNING, ts_start=NOON + 1)

    @sentence("C-501", "C-505")
    def test_a_completion_sets_everything_at_once(self, lab: Lab) -> None:
        trial = lab.add_one(metadata={"a": 1})
        outcome = lab.complete(trial, score=12.5)
        assert outcome.applied
        stored = lab.trial(trial.trial_id)
        assert (stored.status, outcome.record.status) == (Status.SUCCEEDED, Status.SUCCEEDED)
        assert (stored.ts_end, stored.ts_start) == (NOON + 8, None)
        assert (stored.metadata, stored.metrics) == ('{"a":1}', '{"score":12.5}')
        assert stored.completion == outcome.record.completion is not None

    @sentence("C-501")
    def test_a_change_leaves_other_trials_alone(self, backend: Backend, lab: Lab) -> None:
        elsewhere = Lab(backend, "elsewhere")
        trial, neighbour, stranger = lab.add_one(), lab.add_one(), elsewhere.add_one()
        lab.complete(trial)
        assert lab.trial(neighbour.trial_id).status is Status.PENDING
        assert elsewhere.trial(stranger.trial_id).status is Status.PENDING

    @sentence("C-501")
    def test_none_is_set_where_unset_is_not(self, lab: Lab) -> None:
        trial = lab.add_one(trial_runner_id=3)
        lab.change(trial, status=Status.RUNNING, ts_start=NOON, lease=SECOND)
        assert lab.change(trial, ts_start=None, trial_runner_id=None, lease=None).applied
        stored = lab.trial(trial.trial_id)
        assert (stored.ts_start, stored.trial_runner_id, stored.lease_expires) == (None, None, None)

    @sentence("C-501")
    def test_metadata_and_runner_are_set_without_a_status(self, lab: Lab) -> None:
        trial = lab.add_one(metadata={"a": 1})
        record = lab.change(trial, metadata='{"a":1,"b":2}', trial_runner_id=0).record
        assert (record.metadata, record.trial_runner_id, record.status) == (
            '{"a":1,"b":2}',
            0,
            Status.PENDING,
        )
        assert lab.statuses(trial.trial_id) == [Status.PENDING]

    @sentence("C-502", "C-506")
    @pytest.mark.parametrize(
        "condition",
        [
            {"attempt": 1},
            {"from_statuses": frozenset({Status.RUNNING, Status.READY})},
            {"from_statuses": frozenset()},
            {"expected_trial_runner_id": None},
            {"expected_trial_runner_id": 4},
            {"expected_metadata": '{"a":2}'},
        ],
        ids=lambda given: "-".join(map(str, given)),
    )
    def test_a_change_whose_conditions_do_not_hold_changes_nothing(self, lab: Lab, condition: Any) -> None:
        trial = lab.add_one(metadata={"a": 1}, trial_runner_id=3)
        before, history = lab.trial(trial.trial_id), lab.history()
        outcome = lab.change(
            trial, **condition, status=Status.SUCCEEDED, ts_end=NOON, metrics='{"m":1}', metadata="{}"
        )
        assert not outcome.applied
        assert outcome.record == before
        assert lab.trial(trial.trial_id) == before
        assert lab.history() == history

    @sentence("C-502")
    @pytest.mark.parametrize(
        "condition",
        [
            {"from_statuses": frozenset({Status.PENDING})},
            {"expected_trial_runner_id": 3},
            {"expected_metadata": '{"a":1}'},
        ],
        ids=lambda given: "-".join(map(str, given)),
    )
    def test_a_change_whose_conditions_hold_is_applied(self, lab: Lab, condition: Any) -> None:
        trial = lab.add_one(metadata={"a": 1}, trial_runner_id=3)
        assert lab.change(trial, **condition, status=Status.READY).applied
        assert lab.trial(trial.trial_id).status is Status.READY

    @sentence("C-502")
    def test_no_runner_can_be_a_condition(self, lab: Lab) -> None:
        trial = lab.add_one()
        assert lab.change(trial, expected_trial_runner_id=None, trial_runner_id=1).applied
        assert not lab.change(trial, expected_trial_runner_id=None, trial_runner_id=2).applied
        assert lab.trial(trial.trial_id).trial_runner_id == 1

    @sentence("C-502", "C-505")
    def test_a_completed_trial_is_not_completed_again(self, lab: Lab) -> None:
        trial = lab.add_one()
        assert lab.complete(trial, Status.SUCCEEDED, score=1).applied
        first = lab.trial(trial.trial_id)
        second = lab.complete(trial, Status.FAILED, score=2)
        assert not second.applied
        assert second.record == first == lab.trial(trial.trial_id)
        assert lab.statuses(trial.trial_id) == [Status.PENDING, Status.SUCCEEDED]

    @sentence("C-503", "C-905")
    def test_a_repeated_change_counts_as_applied_and_changes_nothing(self, lab: Lab) -> None:
        trial = lab.add_one()
        change = lab.change_of(trial, status=Status.SUCCEEDED, ts_end=NOON, metrics='{"m":1}')
        lab.backend.change_trial(change)
        first = lab.trial(trial.trial_id)
        assert lab.backend.change_trial(change).applied
        assert lab.trial(trial.trial_id) == first
        assert lab.statuses(trial.trial_id) == [Status.PENDING, Status.SUCCEEDED]

    @sentence("C-503")
    def test_a_token_is_remembered_after_later_changes(self, lab: Lab) -> None:
        trial = lab.add_one()
        assign = lab.change_of(trial, trial_runner_id=1)
        start = lab.change_of(trial, status=Status.RUNNING, ts_start=NOON)
        lab.backend.change_trial(assign)
        lab.backend.change_trial(start)
        lab.change(trial, trial_runner_id=2)
        lab.complete(trial, score=1)
        done = lab.trial(trial.trial_id)
        for change in (assign, start):
            outcome = lab.backend.change_trial(change)
            assert outcome.applied
            assert outcome.record.status is Status.SUCCEEDED
            assert lab.trial(trial.trial_id) == done
        assert lab.statuses(trial.trial_id) == [Status.PENDING, Status.RUNNING, Status.SUCCEEDED]

    @sentence("C-503")
    def test_a_change_that_was_refused_may_be_applied_later(self, lab: Lab) -> None:
        trial = lab.add_one()
        change = lab.change_of(trial, from_statuses=frozenset({Status.READY}), status=Status.RUNNING)
        assert not lab.backend.change_trial(change).applied
        lab.change(trial, status=Status.READY)
        assert lab.backend.change_trial(change).applied

    @sentence("C-503")
    def test_a_token_is_remembered_after_dozens_of_changes(self, lab: Lab) -> None:
        trial = lab.add_one()
        first = lab.change_of(trial, status=Status.READY, trial_runner_id=1)
        lab.backend.change_trial(first)
        for _ in range(24):
            lab.change(trial, status=Status.PENDING, trial_runner_id=2)
        before = lab.trial(trial.trial_id)
        assert lab.backend.change_trial(first).applied
        assert lab.trial(trial.trial_id) == before
        assert lab.statuses(trial.trial_id) == [Status.PENDING, Status.READY, *[Status.PENDING] * 24]

    @sentence("C-510")
    def test_a_change_without_a_token_may_be_applied_twice(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.change(trial, status=Status.RUNNING, lease=SECOND)
        beat = lab.change_of(trial, token=None, lease=HOUR)
        assert lab.backend.change_trial(beat).applied
        assert lab.backend.change_trial(beat).applied
        assert lab.statuses(trial.trial_id) == [Status.PENDING, Status.RUNNING]

    @sentence("C-510", "C-507")
    def test_every_heartbeat_counts_and_none_is_written_down(self, lab: Lab) -> None:
        claimed = lab.claimed(lease=SECOND)
        history = lab.history()
        beats = [lab.change(claimed, token=None, lease=hours * HOUR).record for hours in (50, 10, 30)]
        ends = [trial.lease_expires or 0 for trial in beats]
        assert ends[1] < ends[2] < ends[0], "a later heartbeat decides, also one that shortens the lease"
        assert lab.trial(claimed.trial_id).lease_expires == ends[2]
        assert lab.history() == history

    @sentence("C-504")
    def test_the_history_says_who_when_and_why(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.change(trial, status=Status.READY, ts=NOON + 11, trial_runner_id=5, reason="because of $x 'y'")
        assert lab.history(trial.trial_id)[1:] == [
            StatusChange(
                trial_id=trial.trial_id,
                attempt=0,
                status=Status.READY,
                ts=NOON + 11,
                trial_runner_id=5,
                reason="because of $x 'y'",
            )
        ]

    @sentence("C-504")
    def test_setting_the_same_status_again_writes_history_too(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.change(trial, status=Status.PENDING, reason="given back")
        assert lab.statuses(trial.trial_id) == [Status.PENDING, Status.PENDING]

    @sentence("C-507")
    def test_a_lease_ends_at_the_engines_now_plus_its_duration(self, lab: Lab) -> None:
        trial = lab.add_one()
        expires = lab.change(trial, status=Status.RUNNING, lease=24 * HOUR).record.lease_expires
        assert expires is not None
        assert abs(expires - now_micros() - 24 * HOUR) < HOUR

    @sentence("C-505")
    def test_a_completion_ends_the_lease(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.change(trial, status=Status.RUNNING, lease=HOUR)
        assert lab.complete(trial).record.lease_expires is None
        assert lab.trial(trial.trial_id).lease_expires is None

    @sentence("C-505", "C-508")
    def test_only_completions_get_a_number(self, lab: Lab) -> None:
        trial = lab.add(new_trial())[0]
        assert lab.change(trial, status=Status.RUNNING).record.completion is None
        number = lab.complete(trial).record.completion
        assert number is not None
        assert lab.change(trial, status=Status.FAILED).record.completion == number

    @sentence("C-709", "C-801")
    def test_changing_unknown_trials_and_experiments_is_an_error(self, lab: Lab) -> None:
        change = lab.change_of(lab.add_one(), status=Status.RUNNING)
        with pytest.raises(TrialNotFoundError):
            lab.backend.change_trial(replace(change, trial_id=77))
        with pytest.raises(ExperimentNotFoundError):
            lab.backend.change_trial(replace(change, uid=new_token()))
