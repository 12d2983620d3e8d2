"""Telemetry and status history."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trialstore.backend import Backend
from trialstore.errors import ExperimentNotFoundError, StaleTrialError, TrialNotFoundError
from trialstore.records import StatusChange, TelemetryQuery
from trialstore.status import Status
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import NOON, Lab, finished_trial, new_token


class TelemetryConformance(ConformanceBase):
    """`add_telemetry`, `find_telemetry` and `find_status_changes`."""

    @sentence("C-701")
    def test_rows_come_by_time_and_metric(self, lab: Lab) -> None:
        trial = lab.add_one()
        rows = [
            (NOON + 2, "a", 1),
            (NOON, "b", 2),
            (NOON, "B", 3),
            (NOON + 1, "\u00e9", 4),
            (NOON + 1, "z", 5),
        ]
        lab.report(trial, *rows)
        assert lab.telemetry(trial.trial_id) == sorted(rows)

    @sentence("C-701", "C-407")
    def test_rows_of_many_trials_come_by_trial(self, lab: Lab) -> None:
        trials = lab.add_many(12)
        for trial in reversed(trials):
            lab.report(trial, (NOON, "m", trial.trial_id))
        found = lab.telemetry_rows([12, 2, 10, 99])
        assert [(row.trial_id, row.value) for row in found] == [(2, "2"), (10, "10"), (12, "12")]
        assert lab.telemetry_rows([]) == []

    @sentence("C-701", "C-706")
    def test_rows_of_an_earlier_attempt_come_first_whatever_their_times(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.report(trial, (NOON + 9, "z", 0), (NOON + 9, "y", 0))
        (claimed,) = lab.claim()
        lab.report(claimed, (NOON, "b", 1), (NOON + 1, "a", 1))
        rows = lab.telemetry_rows([trial.trial_id], all_attempts=True)
        assert [(row.attempt, row.metric) for row in rows] == [(0, "y"), (0, "z"), (1, "b"), (1, "a")]

    @sentence("C-702")
    def test_the_first_row_of_a_key_wins(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.report(trial, (NOON, "m", 1))
        lab.report(trial, (NOON, "m", 2), (NOON + 1, "m", 3))
        assert lab.telemetry(trial.trial_id) == [(NOON, "m", 1), (NOON + 1, "m", 3)]

    @sentence("C-702")
    def test_the_first_row_wins_within_a_batch_too(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.report(trial, (NOON, "m", "first"), (NOON, "n", 0), (NOON, "m", "second"))
        assert lab.telemetry(trial.trial_id) == [(NOON, "m", "first"), (NOON, "n", 0)]

    @sentence("C-702", "C-008")
    def test_rows_a_microsecond_apart_are_two(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.report(trial, (NOON, "m", 1), (NOON + 1, "m", 2))
        assert lab.telemetry(trial.trial_id) == [(NOON, "m", 1), (NOON + 1, "m", 2)]

    @sentence("C-703", "C-905")
    def test_a_repeated_batch_changes_nothing(self, lab: Lab) -> None:
        trial = lab.add_one()
        batch = lab.batch_of(trial, (NOON, "m", 1))
        lab.backend.add_telemetry(batch)
        lab.backend.add_telemetry(batch)
        assert lab.telemetry(trial.trial_id) == [(NOON, "m", 1)]
        assert sorted(row.reported for row in lab.history(trial.trial_id)) == [False, True]

    @sentence("C-704")
    def test_the_trial_itself_does_not_change(self, lab: Lab) -> None:
        trial = lab.add_one(metadata={"a": 1})
        before = lab.trial(trial.trial_id)
        lab.report(trial, (NOON, "m", 1), status=Status.SUCCEEDED, ts=NOON + 4)
        assert lab.trial(trial.trial_id) == before
        (reported,) = (row for row in lab.history(trial.trial_id) if row.reported)
        assert (reported.status, reported.ts) == (Status.SUCCEEDED, NOON + 4)
        assert reported.attempt == 0

    @sentence("C-710", "C-704")
    def test_a_report_says_when_in_which_attempt_and_by_whom(self, lab: Lab) -> None:
        claimed = lab.claimed(runner=4)
        lab.report(claimed, status=Status.RUNNING, ts=NOON + 4)
        (reported,) = (row for row in lab.history() if row.reported)
        assert reported == StatusChange(
            trial_id=1, attempt=1, status=Status.RUNNING, ts=NOON + 4, trial_runner_id=4, reported=True
        )

    @sentence("C-704")
    def test_a_batch_without_rows_reports_the_status(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.report(trial)
        assert lab.telemetry(trial.trial_id) == []
        assert sorted(row.reported for row in lab.history(trial.trial_id)) == [False, True]

    @sentence("C-705")
    def test_a_batch_of_a_stale_attempt_is_refused(self, lab: Lab) -> None:
        added = lab.add_one()
        (claimed,) = lab.claim()
        with pytest.raises(StaleTrialError):
            lab.report(added, (NOON, "m", 1))
        with pytest.raises(StaleTrialError):
            lab.report(claimed, (NOON, "m", 1), attempt=2)
        assert lab.telemetry(added.trial_id, all_attempts=True) == []
        assert lab.statuses(added.trial_id) == [Status.PENDING, Status.RUNNING]

    @sentence("C-705")
    def test_a_batch_of_a_runner_that_gave_the_trial_back_is_refused(self, lab: Lab) -> None:
        claimed = lab.claimed(runner=4)
        lab.report(claimed, (NOON, "m", 1), expected_trial_runner_id=4)
        lab.change(claimed, status=Status.PENDING, trial_runner_id=None, lease=None)
        with pytest.raises(StaleTrialError):
            lab.report(claimed, (NOON, "m", 2), (NOON, "n", 3), expected_trial_runner_id=4)
        lab.report(claimed, (NOON, "o", 4), expected_trial_runner_id=None)
        assert lab.telemetry(claimed.trial_id) == [(NOON, "m", 1), (NOON, "o", 4)]

    @sentence("C-703", "C-705")
    def test_a_repeated_batch_is_known_also_when_its_attempt_is_over(self, lab: Lab) -> None:
        trial = lab.add_one()
        batch = lab.batch_of(trial, (NOON, "m", 1))
        lab.backend.add_telemetry(batch)
        lab.claim()
        lab.backend.add_telemetry(batch)
        assert lab.telemetry(trial.trial_id, all_attempts=True) == [(NOON, "m", 1)]

    @sentence("C-706", "C-702")
    def test_attempts_have_telemetry_of_their_own(self, lab: Lab) -> None:
        trial = lab.add_one()
        lab.report(trial, (NOON, "m", "before"))
        (claimed,) = lab.claim()
        assert lab.telemetry(trial.trial_id) == []
        lab.report(claimed, (NOON, "m", "after"))
        assert lab.telemetry(trial.trial_id) == [(NOON, "m", "after")]
        rows = lab.telemetry_rows([trial.trial_id], all_attempts=True)
        assert [(row.attempt, row.value) for row in rows] == [(0, '"before"'), (1, '"after"')]

    @sentence("C-707")
    def test_completed_trials_accept_telemetry(self, lab: Lab) -> None:
        (trial,) = lab.add(finished_trial())
        lab.report(trial, (NOON, "m", 1))
        assert lab.telemetry(trial.trial_id) == [(NOON, "m", 1)]
        assert lab.trial(trial.trial_id).status is Status.SUCCEEDED

    @sentence("C-707")
    def test_a_big_batch_is_stored_whole(self, lab: Lab) -> None:
        trial = lab.add_one()
        rows = [(NOON + i // 5, f"metric {i % 5}", i) for i in range(5_000)]
        lab.report(trial, *rows)
        assert lab.telemetry(trial.trial_id) == rows

    @sentence("C-708")
    def test_history_comes_by_trial_in_the_order_in_which_it_was_written(self, lab: Lab) -> None:
        one, two = lab.add_many(2)
        lab.change(two, status=Status.READY, ts=NOON + 5)
        lab.change(one, status=Status.READY, ts=NOON + 9)
        lab.report(one, status=Status.UNKNOWN, ts=NOON + 1)
        lab.change(one, status=Status.RUNNING, ts=NOON + 1)
        statuses = [(row.trial_id, row.status) for row in lab.history() if not row.reported]
        assert statuses == [
            (1, Status.PENDING),
            (1, Status.READY),
            (1, Status.RUNNING),
            (2, Status.PENDING),
            (2, Status.READY),
        ]
        assert [row.status for row in lab.history(1) if row.reported] == [Status.UNKNOWN]
        assert [row.trial_id for row in lab.history()] == [1, 1, 1, 1, 2, 2]
        assert [row.trial_id for row in lab.history(2)] == [2, 2]
        assert lab.backend.find_status_changes(lab.uid, []) == []
        assert lab.backend.find_status_changes(lab.uid, [77]) == []

    @sentence("C-407")
    def test_other_experiments_are_not_seen(self, backend: Backend) -> None:
        one, other = Lab(backend, "one"), Lab(backend, "other")
        one.report(one.add_one(), (NOON, "m", 1))
        other.add_one()
        assert other.telemetry(1) == []
        assert len(other.history()) == 1

    @sentence("C-709", "C-801")
    def test_telemetry_of_unknown_trials_and_experiments_is_an_error(self, lab: Lab) -> None:
        batch = lab.batch_of(lab.add_one(), (NOON, "m", 1))
        with pytest.raises(TrialNotFoundError):
            lab.backend.add_telemetry(replace(batch, trial_id=77))
        with pytest.raises(ExperimentNotFoundError):
            lab.backend.add_telemetry(replace(batch, uid=new_token()))
        with pytest.raises(ExperimentNotFoundError):
            lab.backend.find_telemetry(TelemetryQuery(uid=new_token(), trial_ids=[1]))
        with pytest.raises(ExperimentNotFoundError):
            lab.backend.find_status_changes(new_token(), None)
        assert lab.telemetry_rows([1, 77]) == []
        assert len(lab.history()) == 1
