"""Claiming trials, their leases, and handles whose time is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trialstore import ClaimedTrial, Experiment, Status, Storage, Trial, TunableGroups
from trialstore.errors import (
    AlreadyCompletedError,
    ExperimentMismatchWarning,
    InvalidInputError,
    StaleTrialError,
)

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=1)
MUCH_LATER = NOW + timedelta(days=2)


def restored(experiment: Experiment, trial_id: int) -> Trial:
    trial = experiment.get_trial_by_id(trial_id)
    assert trial is not None
    return trial


def ids(trials: Sequence[Trial]) -> list[int]:
    return [trial.trial_id for trial in trials]


def test_a_claimed_trial_runs_and_is_the_runners(storage: Storage, plain: Experiment) -> None:
    plain.new_trial({"x": 1}, config={"a": 1})
    (trial,) = plain.claim_trials(7)
    assert (trial.status, trial.trial_runner_id, trial.attempt) == (Status.RUNNING, 7, 1)
    assert (trial.tunable_values, trial.config()["a"]) == ({"x": 1}, 1)
    assert plain.claim_trials(8) == []
    data = storage.experiments["plain"].trials[1]
    assert (data.status, data.trial_runner_id, data.ts_start) == (Status.RUNNING, 7, trial.ts_start)


def test_trials_are_claimed_in_order_of_their_due_time(plain: Experiment) -> None:
    plain.new_trials([{}] * 5, [NOW, NOW - timedelta(days=1), LATER, NOW, NOW - timedelta(days=2)])
    assert ids(plain.claim_trials(1, limit=3)) == [5, 2, 1]
    assert ids(plain.claim_trials(1, limit=3)) == [4]
    assert ids(plain.claim_trials(1, limit=3, timestamp=MUCH_LATER)) == [3]


def test_trials_of_another_runner_are_left_alone(plain: Experiment) -> None:
    first, _ = plain.new_trials([{}, {}])
    first.set_trial_runner(1)
    assert ids(plain.claim_trials(2, limit=5)) == [2]
    assert ids(plain.claim_trials(1, limit=5)) == [1]


def test_only_pending_ones_are_claimed(plain: Experiment) -> None:
    for trial, status in zip(
        plain.new_trials([{}] * 3), [Status.READY, Status.RUNNING, Status.FAILED], strict=True
    ):
        trial.update(status, NOW)
    assert plain.claim_trials(1, limit=5) == []


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 0},
        {"limit": "1"},
        {"lease": 0},
        {"lease": -1},
        {"lease": "1"},
        {"lease": True},
        {"timestamp": 5},
    ],
    ids=repr,
)
def test_bad_arguments_claim_nothing(plain: Experiment, options: dict[str, Any]) -> None:
    plain.new_trial({})
    with pytest.raises(InvalidInputError):
        plain.claim_trials(1, **options)
    assert len(plain.claim_trials(1)) == 1


def test_a_claim_comes_through_even_if_the_values_do_not_fit_the_tunables(
    storage: Storage, experiment: Experiment
) -> None:
    experiment.new_trial({})
    other = TunableGroups({"g": {"cost": 1, "params": {"x": {"type": "int", "range": [0, 1], "default": 0}}}})
    with pytest.warns(ExperimentMismatchWarning):
        handle = storage.get_experiment_by_id("e", tunables=other)
    assert handle is not None
    (trial,) = handle.claim_trials(1)
    with pytest.raises(KeyError, match=r"size|policy|share"):
        trial.tunables  # noqa: B018 - reading it is the test
    trial.release()
    assert len(experiment.claim_trials(1)) == 1


class TestAnExpiredLease:
    def test_lets_another_runner_take_over(self, plain: Experiment) -> None:
        plain.new_trial({})
        plain.claim_trials(1, lease=timedelta(hours=1))
        assert plain.claim_trials(2) == []
        (taken,) = plain.claim_trials(2, timestamp=LATER)
        assert (taken.attempt, taken.trial_runner_id) == (2, 2)

    def test_never_comes_without_a_lease(self, plain: Experiment) -> None:
        plain.new_trial({})
        plain.claim_trials(1)
        assert plain.claim_trials(2, timestamp=LATER) == []

    def test_is_put_off_by_a_heartbeat(self, plain: Experiment) -> None:
        plain.new_trial({})
        (trial,) = plain.claim_trials(1, lease=1)
        trial.heartbeat(timedelta(days=1.5))
        assert plain.claim_trials(2, timestamp=LATER) == []
        assert len(plain.claim_trials(2, timestamp=MUCH_LATER)) == 1

    def test_that_nobody_took_over_still_counts(self, plain: Experiment) -> None:
        plain.new_trial({}, ts_start=NOW - timedelta(days=2))
        (trial,) = plain.claim_trials(1, lease=1, timestamp=NOW - timedelta(days=1))
        trial.update(Status.SUCCEEDED, NOW, {})
        assert plain.load()[0] == [1]

    def test_that_was_the_last_fails_the_trial(self, storage: Storage) -> None:
        with storage.experiment(experiment_id="e", max_attempts=2) as experiment:
            experiment.new_trial({})
            experiment.claim_trials(1, lease=60)
            assert ids(experiment.claim_trials(2, lease=60, timestamp=LATER)) == [1]
            assert experiment.claim_trials(3, timestamp=MUCH_LATER) == []
            trial = restored(experiment, 1)
        assert (trial.status, trial.attempt) == (Status.FAILED, 2)
        uid = storage.experiments["e"]._record.uid
        assert (
            storage.session.find_status_changes(uid, [1])[-1].reason
            == "the lease expired, and with it the last attempt"
        )

    def test_does_not_count_if_the_trial_was_given_back(self, storage: Storage) -> None:
        with storage.experiment(experiment_id="e", max_attempts=1) as experiment:
            experiment.new_trial({})
            for _ in range(3):
                (trial,) = experiment.claim_trials(1, lease=60)
                trial.release()
            assert len(experiment.claim_trials(1)) == 1


class TestAHandle:
    """What may still be written by whoever claimed a trial."""

    WRITES: tuple[Callable[[ClaimedTrial], Any], ...] = (
        lambda trial: trial.update(Status.SUCCEEDED, NOW, {"m": 1}),
        lambda trial: trial.update(Status.RUNNING, NOW),
        lambda trial: trial.update(Status.FAILED, NOW),
        lambda trial: trial.heartbeat(60),
        lambda trial: trial.release(),
        lambda trial: trial.add_new_config_data({"late": 1}),
        lambda trial: trial.set_trial_runner(1),
    )

    @pytest.fixture
    def claimed(self, plain: Experiment) -> ClaimedTrial:
        plain.new_trial({}, ts_start=NOW)
        return plain.claim_trials(1, lease=60)[0]

    @pytest.mark.parametrize("write", WRITES)
    def test_is_stale_after_a_takeover(
        self, plain: Experiment, claimed: ClaimedTrial, write: Callable[[ClaimedTrial], Any]
    ) -> None:
        plain.claim_trials(2, timestamp=LATER)
        with pytest.raises(StaleTrialError, match="attempt 2, this write belongs to attempt 1"):
            write(claimed)
        trial = restored(plain, 1)
        assert (trial.status, trial.trial_runner_id, "late" in trial.config()) == (Status.RUNNING, 2, False)

    def test_cannot_add_telemetry_after_a_takeover(self, plain: Experiment, claimed: ClaimedTrial) -> None:
        claimed.update_telemetry(Status.RUNNING, NOW, [(NOW, "a", 1)])
        (taken,) = plain.claim_trials(2, timestamp=LATER)
        with pytest.raises(StaleTrialError):
            claimed.update_telemetry(Status.RUNNING, NOW, [(NOW, "a", 2)])
        assert plain.load_telemetry(1) == []
        taken.update_telemetry(Status.RUNNING, NOW, [(NOW, "a", 3)])
        assert plain.load_telemetry(1) == [(NOW, "a", 3)]

    @pytest.mark.parametrize("write", WRITES)
    def test_is_stale_after_its_own_release(
        self, plain: Experiment, claimed: ClaimedTrial, write: Callable[[ClaimedTrial], Any]
    ) -> None:
        claimed.release("moving house")
        with pytest.raises(StaleTrialError, match="given back"):
            write(claimed)
        trial = restored(plain, 1)
        assert (trial.status, trial.trial_runner_id) == (Status.PENDING, None)
        assert trial.ts_start == NOW  # when it may start, because it has not

    @pytest.mark.parametrize("write", WRITES)
    def test_learns_of_a_cancellation(
        self, plain: Experiment, claimed: ClaimedTrial, write: Callable[[ClaimedTrial], Any]
    ) -> None:
        other = restored(plain, 1)
        other.update(Status.CANCELED, NOW)
        with pytest.raises(AlreadyCompletedError, match="CANCELED"):
            write(claimed)

    def test_may_say_again_that_it_runs(self, plain: Experiment, claimed: ClaimedTrial) -> None:
        claimed.update(Status.RUNNING, LATER)
        assert restored(plain, 1).ts_start == claimed.ts_start < LATER

    def test_may_complete_once_and_repeat_that(self, plain: Experiment, claimed: ClaimedTrial) -> None:
        for _ in range(2):
            claimed.update(Status.SUCCEEDED, NOW, {"m": 1})
        assert plain.load()[2] == [{"m": 1}]
        with pytest.raises(AlreadyCompletedError):
            claimed.update(Status.SUCCEEDED, LATER, {"m": 1})

    def test_extends_by_the_lease_of_the_claim_unless_told_otherwise(self, plain: Experiment) -> None:
        plain.new_trial({})
        (trial,) = plain.claim_trials(1, lease=timedelta(days=1.5))
        trial.heartbeat(1)
        trial.heartbeat(timedelta(days=1.5))
        trial.heartbeat()
        assert plain.claim_trials(2, timestamp=LATER) == []

    def test_without_a_lease_beats_to_learn_whether_it_still_holds(self, plain: Experiment) -> None:
        plain.new_trial({})
        (trial,) = plain.claim_trials(1)
        trial.heartbeat()
        assert plain.claim_trials(2, timestamp=MUCH_LATER) == []
        restored(plain, 1).update(Status.CANCELED, NOW)
        with pytest.raises(AlreadyCompletedError):
            trial.heartbeat()

    def test_keeps_its_runner(self, claimed: ClaimedTrial, caplog: pytest.LogCaptureFixture) -> None:
        assert claimed.set_trial_runner(1) == 1
        assert not caplog.records
        assert claimed.set_trial_runner(2) == claimed.trial_runner_id == 1
        assert "stays with runner 1 instead of 2" in caplog.text

    def test_cannot_add_telemetry_after_its_own_release(
        self, plain: Experiment, claimed: ClaimedTrial
    ) -> None:
        claimed.release()
        with pytest.raises(StaleTrialError, match="given back"):
            claimed.update_telemetry(Status.RUNNING, NOW, [(NOW, "a", 1)])
        assert plain.load_telemetry(1) == []

    @pytest.mark.parametrize("write", WRITES)
    def test_is_stale_after_the_release_by_its_twin(
        self, claimed: ClaimedTrial, write: Callable[[ClaimedTrial], Any]
    ) -> None:
        twin = ClaimedTrial(claimed._context, claimed._read, claimed.tunable_values, None)
        twin.release()
        with pytest.raises(StaleTrialError, match="given back"):
            write(claimed)

    def test_does_not_come_back_to_life_when_its_runner_gets_the_trial_again(
        self, plain: Experiment, claimed: ClaimedTrial
    ) -> None:
        claimed.release()
        again = restored(plain, 1)
        again.set_trial_runner(1)
        again.update(Status.RUNNING, NOW)
        for write in self.WRITES:
            with pytest.raises(StaleTrialError, match="given back"):
                write(claimed)
        with pytest.raises(StaleTrialError, match="given back"):
            claimed.update_telemetry(Status.RUNNING, NOW, [(NOW, "a", 1)])

    def test_may_add_telemetry_after_its_own_completion(
        self, plain: Experiment, claimed: ClaimedTrial
    ) -> None:
        claimed.update(Status.FAILED, NOW)
        claimed.update_telemetry(Status.FAILED, NOW, [(NOW, "a", 1)])
        assert plain.load_telemetry(1) == [(NOW, "a", 1)]

    def test_cannot_finish_what_somebody_else_started_after_its_release(
        self, plain: Experiment, claimed: ClaimedTrial
    ) -> None:
        claimed.release()
        (other,) = plain.pending_trials(LATER)
        other.update(Status.RUNNING, NOW)
        with pytest.raises(StaleTrialError):
            claimed.update(Status.SUCCEEDED, NOW, {"m": 1})
        other.update(Status.SUCCEEDED, NOW, {"m": 2})
        assert plain.load()[2] == [{"m": 2}]

    def test_may_give_a_reason_for_its_end(
        self, storage: Storage, plain: Experiment, claimed: ClaimedTrial
    ) -> None:
        claimed.update(Status.FAILED, NOW, reason="out of memory")
        uid = storage.experiments["plain"]._record.uid
        assert storage.session.find_status_changes(uid, [1])[-1].reason == "out of memory"

    @pytest.mark.parametrize("lease", [0, "60", -1])
    def test_needs_a_real_lease_to_extend(self, claimed: ClaimedTrial, lease: Any) -> None:
        with pytest.raises(InvalidInputError, match="lease"):
            claimed.heartbeat(lease)

    def test_from_before_the_claim_is_stale(self, plain: Experiment) -> None:
        early = plain.new_trial({})
        plain.claim_trials(1)
        with pytest.raises(StaleTrialError):
            early.update(Status.FAILED, NOW)
