"""What a storage tells its observers: once, in order, after the commit, and only what has happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from trialstore import Experiment, Status, Storage
from trialstore.errors import AlreadyCompletedError, InvalidInputError
from trialstore_memory import MemoryBackend

NOW = datetime(2024, 1, 1, tzinfo=UTC)


class Recorder:
    """Notes each event, with what the storage shows at that moment."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []
        self.storage: Storage | None = None

    def experiment_opened(self, experiment_id: str) -> None:
        assert self.storage is not None
        self.events.append(("opened", experiment_id, experiment_id in self.storage.experiments))

    def trials_added(self, experiment_id: str, trial_ids: Sequence[int]) -> None:
        assert self.storage is not None
        self.events.append(("added", trial_ids, list(self.storage.experiments[experiment_id].trials)))

    def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
        assert self.storage is not None
        self.events.append(
            ("changed", trial_id, status, self.storage.experiments[experiment_id].trials[trial_id].status)
        )


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def experiment(recorder: Recorder) -> Iterator[Experiment]:
    """An experiment with two trials, entered in a storage that is observed from now on."""
    with Storage(MemoryBackend({}), observers=recorder) as storage:
        recorder.storage = storage
        with storage.experiment(experiment_id="e") as experiment:
            experiment.new_trials([{"x": 1}, {"x": 2}])
            yield experiment


def test_an_event_comes_after_the_commit_of_what_it_tells(recorder: Recorder, experiment: Experiment) -> None:
    trial = experiment.get_trial_by_id(2)
    assert trial is not None
    trial.update(Status.RUNNING, NOW)
    trial.update(Status.SUCCEEDED, NOW, {})
    assert recorder.events == [
        ("opened", "e", True),
        ("added", [1, 2], [1, 2]),
        ("changed", 2, Status.RUNNING, Status.RUNNING),
        ("changed", 2, Status.SUCCEEDED, Status.SUCCEEDED),
    ]


def test_a_claim_and_a_release_are_told(recorder: Recorder, experiment: Experiment) -> None:
    [trial] = experiment.claim_trials(7)
    trial.release()
    assert recorder.events[2:] == [
        ("changed", 1, Status.RUNNING, Status.RUNNING),
        ("changed", 1, Status.PENDING, Status.PENDING),
    ]


def test_what_was_refused_or_did_nothing_is_not_told(recorder: Recorder, experiment: Experiment) -> None:
    trial = experiment.get_trial_by_id(1)
    assert trial is not None
    trial.update(Status.FAILED, NOW)
    told = list(recorder.events)
    with pytest.raises(InvalidInputError):
        trial.update(Status.SUCCEEDED, NOW)
    with pytest.raises(AlreadyCompletedError):
        trial.update(Status.SUCCEEDED, NOW, {})
    trial.update(Status.FAILED, NOW)
    with pytest.raises(InvalidInputError):
        experiment.new_trial({"x": object()})
    assert recorder.events == told


def test_an_observer_that_fails_is_logged_and_breaks_no_write(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def experiment_opened(self, experiment_id: str) -> None:
            raise RuntimeError("at opening")

        def trials_added(self, experiment_id: str, trial_ids: Sequence[int]) -> None:
            raise RuntimeError("at adding")

        def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
            raise RuntimeError("at changing")

    with Storage(MemoryBackend({}), observers=Broken()) as storage:
        with storage.experiment(experiment_id="e") as experiment:
            experiment.new_trial({}).update(Status.SUCCEEDED, NOW, {})
        assert experiment.load()[0] == [1]
    for event in ("opening", "adding", "changing"):
        assert f"RuntimeError: at {event}" in caplog.text


def test_nobody_needs_to_observe() -> None:
    with Storage(MemoryBackend({})) as storage, storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial({}).update(Status.SUCCEEDED, NOW, {})
        assert experiment.load()[0] == [1]


def test_a_repeated_merge_tells_only_of_what_is_new(recorder: Recorder, experiment: Experiment) -> None:
    trial = experiment.get_trial_by_id(1)
    assert trial is not None
    trial.update(Status.FAILED, NOW)
    with recorder.storage.experiment(experiment_id="target") as target:  # type: ignore[union-attr]
        told = len(recorder.events)
        target.merge(["e"])
        target.merge(["e"])
    assert recorder.events[told:] == [("added", [1], [1])]


def test_a_trial_that_fails_because_its_last_lease_is_lost_is_told(recorder: Recorder) -> None:
    with Storage(MemoryBackend({}), observers=recorder) as storage:
        recorder.storage = storage
        with storage.experiment(experiment_id="e", max_attempts=1) as experiment:
            experiment.new_trial({})
            experiment.claim_trials(1, lease=0.000001)
            assert experiment.claim_trials(2) == []
    assert recorder.events[-1] == ("changed", 1, Status.FAILED, Status.FAILED)
