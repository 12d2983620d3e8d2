"""A worker that waits for trials, and one that is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from trialstore import ClaimedTrial, Experiment, Status, Storage, WorkerResult
from trialstore.records import Claim, TrialRecord
from trialstore_memory import MemoryBackend

History = Callable[[int], list[tuple[Status, str | None]]]


def statuses(experiment: Experiment) -> dict[int, Status]:
    return {record.trial_id: record.status for record in experiment._context.find()}


def doubled(trial: ClaimedTrial) -> dict[str, Any]:
    return {"y": 2 * trial.tunable_values["x"]}  # type: ignore[operator]


class Watched(MemoryBackend):
    """Says when somebody has asked for trials."""

    def __init__(self) -> None:
        super().__init__({})
        self.asked = threading.Event()

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        found = super().claim_trials(claim)
        self.asked.set()
        return found


class TestWaiting:
    def test_takes_what_is_added_later(self) -> None:
        backend = Watched()
        with Storage(backend) as storage, storage.experiment(experiment_id="e") as experiment:
            results: list[WorkerResult] = []

            def work() -> None:
                results.append(experiment.worker(7).run(doubled, wait=True, limit=1))

            thread = threading.Thread(target=work)
            thread.start()
            backend.asked.wait()
            experiment.new_trial({"x": 1})
            thread.join()
            assert results == [WorkerResult(succeeded=1)]

    def test_takes_what_is_due_later(self, plain: Experiment) -> None:
        due = datetime.now(UTC) + timedelta(seconds=0.3)
        plain.new_trial({"x": 1}, ts_start=due)
        assert plain.worker(7).run(doubled).succeeded == 0
        assert plain.worker(7).run(doubled, wait=True, limit=1).succeeded == 1
        trial = plain.get_trial_by_id(1)
        assert trial is not None
        assert trial.ts_start >= due

    def test_takes_what_another_runner_loses(self, plain: Experiment) -> None:
        plain.new_trial({"x": 1})
        plain.claim_trials(8, lease=0.3)
        assert plain.worker(7).run(doubled, wait=True, limit=1).succeeded == 1
        trial = plain.get_trial_by_id(1)
        assert trial is not None
        assert (trial.attempt, trial.trial_runner_id) == (2, 7)

    def test_ends_when_another_thread_stops_the_worker(self) -> None:
        backend = Watched()
        with Storage(backend) as storage, storage.experiment(experiment_id="e") as experiment:
            worker, results = experiment.worker(7), []
            thread = threading.Thread(target=lambda: results.append(worker.run(doubled, wait=True)))
            thread.start()
            backend.asked.wait()
            worker.stop()
            thread.join()
        assert results == [WorkerResult(stopped=True)]


class TestStopping:
    def test_lets_the_trial_at_hand_be_finished(self, plain: Experiment) -> None:
        plain.new_trials([{}, {}])
        worker = plain.worker(7)

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            other = threading.Thread(target=worker.stop)
            other.start()
            other.join()
            assert worker.is_stopping
            return {}

        assert worker.run(function) == WorkerResult(succeeded=1, stopped=True)
        assert statuses(plain) == {1: Status.SUCCEEDED, 2: Status.PENDING}

    def test_does_not_hide_that_the_function_failed(self, plain: Experiment, history: History) -> None:
        plain.new_trial({})
        worker = plain.worker(7)

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            worker.stop()
            raise ValueError

        assert worker.run(function) == WorkerResult(failed=1, stopped=True)
        assert history(1)[-1] == (Status.FAILED, "ValueError")

    def test_is_for_good(self, plain: Experiment) -> None:
        plain.new_trial({"x": 1})
        worker = plain.worker(7)
        worker.stop()
        assert worker.run(doubled) == WorkerResult(stopped=True)
        assert statuses(plain) == {1: Status.PENDING}

    def test_gives_back_a_trial_that_was_just_claimed(self) -> None:
        class StopAtOnce:
            def experiment_opened(self, experiment_id: str) -> None: ...

            def trials_added(self, experiment_id: str, trial_ids: object) -> None: ...

            def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
                worker.stop()

        with (
            Storage(MemoryBackend({}), observers=StopAtOnce()) as storage,
            storage.experiment(experiment_id="e") as experiment,
        ):
            experiment.new_trial({})
            worker = experiment.worker(7)
            assert worker.run(doubled) == WorkerResult(released=1, stopped=True)
            assert statuses(experiment) == {1: Status.PENDING}
