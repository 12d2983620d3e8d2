"""The lease of the trial at hand is kept, and who has lost it learns of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trialstore import ClaimedTrial, Experiment, Status, Storage, WorkerResult
from trialstore.errors import TransientError
from trialstore.records import ChangeOutcome, TrialChange
from trialstore_memory import MemoryBackend

LATER = datetime.now(UTC) + timedelta(days=1)
NEVER = threading.Event()


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        NEVER.wait(0.01)


def expiry(experiment: Experiment) -> int:
    [record] = experiment._context.find(trial_ids=[1])
    assert record.lease_expires is not None
    return record.lease_expires


def now() -> int:
    return int(datetime.now(UTC).timestamp() * 1e6)


class Unreachable(MemoryBackend):
    """Refuses changes while it is out of reach, and says so."""

    def __init__(self) -> None:
        super().__init__({})
        self.is_down = threading.Event()
        self.refused = threading.Event()

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        if self.is_down.is_set():
            self.refused.set()
            raise TransientError("the server is away")
        return super().change_trial(change)


@pytest.fixture
def backend() -> Unreachable:
    return Unreachable()


@pytest.fixture
def impatient(backend: Unreachable) -> Iterator[Experiment]:
    """An experiment with two trials, in a storage that repeats no call."""
    with Storage(backend, retry_for=0) as storage, storage.experiment(experiment_id="e") as experiment:
        experiment.new_trials([{}, {}])
        yield experiment


def test_a_trial_that_takes_longer_than_its_lease_is_not_taken_over(plain: Experiment) -> None:
    plain.new_trial({})
    tried: list[Any] = []

    def function(_: ClaimedTrial) -> Mapping[str, Any]:
        first = expiry(plain)
        until(lambda: now() > first)
        tried.extend(plain.claim_trials(8))
        return {}

    assert plain.worker(7, lease=timedelta(seconds=1.5)).run(function) == WorkerResult(succeeded=1)
    assert tried == []


def test_the_function_can_see_that_the_trial_was_taken_over(plain: Experiment) -> None:
    plain.new_trials([{}, {}])
    worker = plain.worker(7, lease=0.3)

    def function(trial: ClaimedTrial) -> Mapping[str, Any]:
        assert not worker.is_lost
        if trial.trial_id == 1:
            plain.claim_trials(8, timestamp=LATER)
            until(lambda: worker.is_lost)
        return {}

    assert worker.run(function) == WorkerResult(lost=1, succeeded=1)
    assert not worker.is_lost


@pytest.mark.parametrize("status", [Status.CANCELED, Status.SUCCEEDED], ids=lambda status: status.name)
def test_the_function_can_see_that_somebody_ended_the_trial(plain: Experiment, status: Status) -> None:
    plain.new_trial({})
    worker = plain.worker(7, lease=0.3)

    def function(_: ClaimedTrial) -> Mapping[str, Any]:
        stored = plain.get_trial_by_id(1)
        assert stored is not None
        stored.update(status, datetime.now(UTC), {})
        until(lambda: worker.is_lost)
        raise InterruptedError

    assert worker.run(function) == WorkerResult(lost=1)


def test_giving_up_a_lost_trial_is_not_logged_as_a_failure(
    plain: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    plain.new_trial({})
    worker = plain.worker(7, lease=0.3)

    def function(_: ClaimedTrial) -> Mapping[str, Any]:
        plain.claim_trials(8, timestamp=LATER)
        until(lambda: worker.is_lost)
        raise InterruptedError

    worker.run(function)
    [message] = [record.getMessage() for record in caplog.records]
    assert "was lost" in message


def test_a_storage_that_is_back_within_the_lease_costs_nothing(
    backend: Unreachable, impatient: Experiment
) -> None:
    def function(trial: ClaimedTrial) -> Mapping[str, Any]:
        if trial.trial_id == 1:
            before = expiry(impatient)
            backend.is_down.set()
            assert backend.refused.wait(60)
            backend.is_down.clear()
            until(lambda: expiry(impatient) > before)
        return {}

    assert impatient.worker(7, lease=3).run(function) == WorkerResult(succeeded=2)


def test_a_storage_that_is_away_for_a_whole_lease_loses_the_trial_and_the_run_goes_on(
    backend: Unreachable, impatient: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    worker = impatient.worker(7, lease=0.3)

    def function(trial: ClaimedTrial) -> Mapping[str, Any]:
        if (trial.trial_id, trial.attempt) == (1, 1):
            backend.is_down.set()
            until(lambda: worker.is_lost)
            backend.is_down.clear()
        return {}

    assert worker.run(function) == WorkerResult(lost=1, succeeded=2)
    assert "out of reach for a whole lease: the server is away" in caplog.text


def test_a_result_that_cannot_be_stored_is_lost(backend: Unreachable, impatient: Experiment) -> None:
    def function(_: ClaimedTrial) -> Mapping[str, Any]:
        backend.is_down.set()
        return {}

    result = impatient.worker(7).run(function, limit=1)
    assert result == WorkerResult(lost=1)


def test_no_heartbeat_outlives_its_trial(plain: Experiment) -> None:
    plain.new_trials([{}, {}])
    threads: list[threading.Thread] = []

    def function(trial: ClaimedTrial) -> Mapping[str, Any]:
        [heartbeat] = [thread for thread in threading.enumerate() if repr(trial) in thread.name]
        assert heartbeat.daemon
        threads.append(heartbeat)
        raise ValueError

    plain.worker(7).run(function)
    assert [thread.is_alive() for thread in threads] == [False, False]
