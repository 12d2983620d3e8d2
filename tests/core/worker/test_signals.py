"""Ctrl-C and SIGTERM stop a worker without leaving a trial behind or cutting a write in two."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest

from trialstore import ClaimedTrial, Experiment, Outcome, Status, Storage, WorkerResult
from trialstore.records import Claim, TrialRecord
from trialstore_memory import MemoryBackend

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no signals but Ctrl-C")

History = Callable[[int], list[tuple[Status, str | None]]]
TERM, INT, HUP = signal.SIGTERM, signal.SIGINT, signal.SIGHUP
STOPPED = (Status.PENDING, "worker 7 was stopped")


def hit_by(number: signal.Signals) -> Callable[[ClaimedTrial], Mapping[str, Any]]:
    def function(_: ClaimedTrial) -> Mapping[str, Any]:
        signal.raise_signal(number)
        raise AssertionError("the signal did not raise")

    return function


def statuses(experiment: Experiment) -> list[Status]:
    return [record.status for record in experiment._context.find()]


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Let every test begin and end with the same handlers, as if the process had just been started."""
    before = {number: signal.getsignal(number) for number in (TERM, INT, HUP)}
    signal.signal(INT, signal.default_int_handler)
    for number in (TERM, HUP):
        signal.signal(number, signal.SIG_DFL)
    inside = {number: signal.getsignal(number) for number in (TERM, INT, HUP)}
    yield
    after = {number: signal.getsignal(number) for number in (TERM, INT, HUP)}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert after == inside


@pytest.fixture
def two(plain: Experiment) -> Experiment:
    plain.new_trials([{}, {}])
    return plain


class TestWhileTheFunctionRuns:
    @pytest.mark.parametrize("number", [TERM, HUP], ids=lambda number: number.name)
    def test_it_gives_the_trial_back_and_ends_the_run(
        self, two: Experiment, history: History, number: signal.Signals
    ) -> None:
        result = two.worker(7).run(hit_by(number))
        assert result == WorkerResult(released=1, stopped=True, signal=number)
        assert history(1)[-1] == STOPPED
        assert statuses(two) == [Status.PENDING, Status.PENDING]

    def test_ctrl_c_gives_the_trial_back_and_passes(self, two: Experiment, history: History) -> None:
        told: list[Outcome] = []
        with pytest.raises(KeyboardInterrupt):
            two.worker(7).run(hit_by(INT), on_end=lambda _, outcome, __: told.append(outcome))
        assert history(1)[-1] == STOPPED
        assert told == [Outcome.RELEASED]

    def test_the_function_can_clean_up(self, two: Experiment) -> None:
        cleaned: list[int] = []

        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            try:
                return hit_by(TERM)(trial)
            finally:
                cleaned.append(trial.trial_id)

        assert two.worker(7).run(function).signal is TERM
        assert cleaned == [1]

    def test_what_the_function_makes_of_it_is_no_failure(self, two: Experiment, history: History) -> None:
        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            try:
                return hit_by(TERM)(trial)
            except SystemExit as error:
                raise RuntimeError("the server went away") from error

        assert two.worker(7).run(function).released == 1
        assert history(1)[-1] == STOPPED

    @pytest.mark.parametrize("number", [TERM, INT], ids=lambda number: number.name)
    def test_a_function_that_does_not_care_is_finished(self, two: Experiment, number: signal.Signals) -> None:
        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            with suppress(SystemExit, KeyboardInterrupt):
                signal.raise_signal(number)
            return {"done": True}

        with suppress(KeyboardInterrupt):
            assert two.worker(7).run(function) == WorkerResult(succeeded=1, stopped=True, signal=TERM)
        assert statuses(two) == [Status.SUCCEEDED, Status.PENDING]

    def test_a_second_signal_raises_again(self, two: Experiment) -> None:
        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            with suppress(SystemExit):
                signal.raise_signal(TERM)
            return hit_by(INT)(trial)

        assert two.worker(7).run(function) == WorkerResult(released=1, stopped=True, signal=TERM)


class TestWithoutInterruption:
    def test_the_function_sees_that_it_is_to_stop_and_may_finish(self, two: Experiment) -> None:
        worker = two.worker(7)

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            assert not worker.is_stopping
            signal.raise_signal(TERM)
            assert worker.is_stopping
            return {}

        result = worker.run(function, interrupt=False)
        assert result == WorkerResult(succeeded=1, stopped=True, signal=TERM)

    def test_a_function_that_raises_then_gives_the_trial_back(
        self, two: Experiment, history: History
    ) -> None:
        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            signal.raise_signal(INT)
            raise InterruptedError

        with pytest.raises(KeyboardInterrupt):
            two.worker(7).run(function, interrupt=False)
        assert history(1)[-1] == STOPPED


class SignalAt:
    """An observer that is hit by a signal at a change of status, inside the call of the storage."""

    def __init__(self, status: Status, number: signal.Signals) -> None:
        self._status, self._number = status, number

    def experiment_opened(self, experiment_id: str) -> None: ...

    def trials_added(self, experiment_id: str, trial_ids: object) -> None: ...

    def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
        if status is self._status:
            signal.raise_signal(self._number)


class TestWhileSomethingIsStored:
    def test_a_claim_is_finished_and_taken_back(self) -> None:
        result, stored = self.hit(Status.RUNNING, TERM)
        assert result == WorkerResult(released=1, stopped=True, signal=TERM)
        assert stored == [Status.PENDING, Status.PENDING]

    def test_a_result_is_stored_and_the_run_ends_then(self) -> None:
        result, stored = self.hit(Status.SUCCEEDED, TERM)
        assert result == WorkerResult(succeeded=1, stopped=True, signal=TERM)
        assert stored == [Status.SUCCEEDED, Status.PENDING]

    def test_ctrl_c_passes_when_it_is_stored(self) -> None:
        result, stored = self.hit(Status.SUCCEEDED, INT)
        assert result == "KeyboardInterrupt"
        assert stored == [Status.SUCCEEDED, Status.PENDING]

    def hit(self, status: Status, number: signal.Signals) -> tuple[object, list[Status]]:
        """Run two trials, be hit at a change of status, and return the result and what is stored then."""
        storage = Storage(MemoryBackend({}), observers=SignalAt(status, number))
        with storage, storage.experiment(experiment_id="e") as experiment:
            experiment.new_trials([{}, {}])
            result: object = "KeyboardInterrupt"
            with suppress(KeyboardInterrupt):
                result = experiment.worker(7).run(lambda _: {})
            return result, statuses(experiment)


class SignalWhenEmpty(MemoryBackend):
    """Sends this process a signal, from another thread, when a claim finds nothing."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        found = super().claim_trials(claim)
        if not found:
            threading.Thread(target=os.kill, args=(os.getpid(), TERM)).start()
        return found


def test_a_signal_ends_the_wait_for_more_trials() -> None:
    with Storage(SignalWhenEmpty({})) as storage, storage.experiment(experiment_id="e") as experiment:
        result = experiment.worker(7).run(lambda _: {}, wait=True)
    assert result == WorkerResult(stopped=True, signal=TERM)


def test_a_worker_may_run_again_after_a_signal(two: Experiment) -> None:
    worker = two.worker(7)
    assert worker.run(hit_by(TERM)).released == 1
    assert worker.run(lambda _: {}) == WorkerResult(succeeded=2)


def test_a_signal_that_was_ignored_before_stays_so(two: Experiment) -> None:
    signal.signal(HUP, signal.SIG_IGN)

    def function(_: ClaimedTrial) -> Mapping[str, Any]:
        signal.raise_signal(HUP)
        return {}

    assert two.worker(7).run(function) == WorkerResult(succeeded=2)
    signal.signal(HUP, signal.SIG_DFL)


def test_another_thread_leaves_the_signals_alone(two: Experiment) -> None:
    before, seen, results = signal.getsignal(TERM), [], []

    def function(_: ClaimedTrial) -> Mapping[str, Any]:
        seen.append(signal.getsignal(TERM))
        return {}

    thread = threading.Thread(target=lambda: results.append(two.worker(7).run(function)))
    thread.start()
    thread.join()
    assert results == [WorkerResult(succeeded=2)]
    assert seen == [before, before]


def test_a_process_that_the_function_forks_does_with_a_signal_what_it_would_without_a_worker(
    two: Experiment,
) -> None:
    def function(_: ClaimedTrial) -> Mapping[str, Any]:
        pid = os.fork()
        if pid == 0:
            signal.raise_signal(TERM)
            os._exit(len(seen))
        return {"code": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}

    seen: list[int] = []
    usual = signal.signal(TERM, lambda number, _: seen.append(number))
    assert two.worker(7).run(function, limit=1) == WorkerResult(succeeded=1)
    signal.signal(TERM, usual)
    assert two.load()[2] == [{"code": 1}]
