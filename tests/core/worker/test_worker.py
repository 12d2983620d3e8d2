"""A function as a runner: what becomes of the trials that it is called with."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import trialstore
from trialstore import ClaimedTrial, Completion, Experiment, Outcome, Status, Storage, WorkerResult
from trialstore.errors import (
    ExperimentNotFoundError,
    InvalidInputError,
    StaleTrialError,
    UsageError,
)

LATER = datetime.now(UTC) + timedelta(days=1)
History = Callable[[int], list[tuple[Status, str | None]]]


def statuses(experiment: Experiment) -> dict[int, Status]:
    found = experiment._context.find()
    return {record.trial_id: record.status for record in found}


def doubled(trial: ClaimedTrial) -> dict[str, Any]:
    return {"y": 2 * trial.tunable_values["x"]}  # type: ignore[operator]


def test_every_trial_is_run_and_its_metrics_are_stored(plain: Experiment) -> None:
    plain.new_trials([{"x": 1}, {"x": 2}])
    assert plain.worker(7).run(doubled) == WorkerResult(succeeded=2)
    assert plain.load()[0] == [1, 2]
    assert plain.load()[2] == [{"y": 2}, {"y": 4}]


def test_the_function_gets_the_claimed_trial(plain: Experiment) -> None:
    plain.new_trial({"x": 1}, config={"k": 5})
    seen: list[Any] = []

    def function(trial: ClaimedTrial) -> Mapping[str, Any]:
        seen.append((trial.trial_runner_id, trial.attempt, trial.config()["k"]))
        trial.update_telemetry(Status.RUNNING, datetime.now(UTC), [(datetime.now(UTC), "cpu", 0.5)])
        return {}

    plain.worker(7).run(function)
    assert seen == [(7, 1, 5)]
    assert [row[1:] for row in plain.load_telemetry(1)] == [("cpu", 0.5)]


def test_an_empty_queue_is_no_error(plain: Experiment) -> None:
    assert plain.worker(7).run(doubled) == WorkerResult()


def test_no_more_trials_than_the_limit_are_claimed(plain: Experiment) -> None:
    plain.new_trials([{"x": x} for x in range(3)])
    assert plain.worker(7).run(doubled, limit=2) == WorkerResult(succeeded=2)
    assert statuses(plain) == {1: Status.SUCCEEDED, 2: Status.SUCCEEDED, 3: Status.PENDING}


@pytest.mark.parametrize("options", [{"lease": 0}, {"lease": None}, {"trial_runner_id": "7"}], ids=repr)
def test_a_worker_that_makes_no_sense_is_refused(plain: Experiment, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        plain.worker(**{"trial_runner_id": 7, **options})


def test_a_limit_that_makes_no_sense_is_refused(plain: Experiment) -> None:
    with pytest.raises(InvalidInputError, match="limit"):
        plain.worker(7).run(doubled, limit=0)


class Hostile(Mapping[str, Any]):
    """A mapping that fails when it is read."""

    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("gone")

    def __iter__(self) -> Any:
        raise RuntimeError("gone")

    def __len__(self) -> int:
        return 1


class Unspeakable(Exception):  # noqa: N818 - a name for a test
    def __str__(self) -> str:
        raise RuntimeError


class TestATrialFails:
    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (ValueError("the message"), "ValueError: the message"),
            (KeyError("a"), "KeyError: 'a'"),
            (OSError(2, "No such file", "x"), "FileNotFoundError: [Errno 2] No such file: 'x'"),
            (MemoryError(), "MemoryError"),
            (ValueError("NUL \0"), "ValueError: NUL \\x00"),
            (ExceptionGroup("both", [ValueError()]), "ExceptionGroup: both (1 sub-exception)"),
            (ValueError("long" * 1000), f"ValueError: {'long' * 1000}"[:999] + "…"),
        ],
        ids=lambda value: repr(value)[:20],
    )
    def test_with_the_message_of_what_the_function_raises(
        self, plain: Experiment, history: History, error: Exception, reason: str
    ) -> None:
        plain.new_trial({})

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            raise error

        assert plain.worker(7).run(function) == WorkerResult(failed=1)
        assert history(1)[-1] == (Status.FAILED, reason)

    def test_even_with_a_message_that_no_engine_can_hold(
        self, plain: Experiment, history: History, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(
            logging.CRITICAL, "trialstore.worker.attempt"
        )  # no report of pytest can hold it either
        plain.new_trial({})

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            raise ValueError("\udc80")

        plain.worker(7).run(function)
        assert history(1)[-1] == (Status.FAILED, "ValueError: \\udc80")

    def test_even_with_an_error_that_cannot_be_shown(self, plain: Experiment, history: History) -> None:
        plain.new_trial({})

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            raise Unspeakable

        plain.worker(7).run(function)
        status, reason = history(1)[-1]
        assert status is Status.FAILED
        assert reason is not None
        assert "Unspeakable" in reason

    @pytest.mark.parametrize(
        ("returned", "reason"),
        [
            (None, "SUCCEEDED needs metrics; give {} if there are none"),
            (5, "metrics must be a mapping of names to values, not int 5"),
            (
                {"a": [1]},
                "metrics['a'] must be None, a bool, an int, a float or a string, not list [1]",
            ),
            ({"a": 2**63}, "metrics['a'] is an integer of more than 64 bits: int 9223372036854775808"),
            (Hostile(), "RuntimeError: gone"),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_if_what_the_function_returns_cannot_be_stored(
        self, plain: Experiment, history: History, returned: Any, reason: str
    ) -> None:
        plain.new_trial({})
        assert plain.worker(7).run(lambda _: returned) == WorkerResult(failed=1)
        assert history(1)[-1] == (Status.FAILED, reason)

    def test_and_the_next_one_is_run(self, plain: Experiment, caplog: pytest.LogCaptureFixture) -> None:
        plain.new_trials([{"x": 0}, {"x": 1}])

        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            return {"y": 1 // trial.tunable_values["x"]}  # type: ignore[operator]

        assert plain.worker(7).run(function) == WorkerResult(failed=1, succeeded=1)
        assert statuses(plain) == {1: Status.FAILED, 2: Status.SUCCEEDED}
        [record] = caplog.records
        assert record.levelno == logging.WARNING
        assert record.exc_info is not None
        assert record.exc_info[0] is ZeroDivisionError


class TestAFunctionMay:
    @pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT, Status.CANCELED, Status.SUCCEEDED])
    def test_return_any_completion(self, plain: Experiment, history: History, status: Status) -> None:
        plain.new_trial({})
        result = plain.worker(7).run(lambda _: Completion(status, {"y": 1}, "why"))
        assert result == WorkerResult(**{status.name.lower(): 1})  # type: ignore[arg-type]
        assert history(1)[-1] == (status, "why")

    def test_not_return_what_is_none(self, plain: Experiment, history: History) -> None:
        plain.new_trial({})
        assert plain.worker(7).run(lambda _: Completion(Status.READY)).failed == 1
        status, reason = history(1)[-1]
        assert (status, "READY is not a completion" in str(reason)) == (Status.FAILED, True)

    def test_complete_the_trial_itself(self, plain: Experiment) -> None:
        plain.new_trial({})

        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            trial.update(Status.TIMED_OUT, datetime.now(UTC))
            return {"ignored": 1}

        assert plain.worker(7).run(function) == WorkerResult(timed_out=1)
        assert statuses(plain) == {1: Status.TIMED_OUT}

    def test_give_the_trial_back_itself(self, plain: Experiment, history: History) -> None:
        plain.new_trial({})

        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            trial.release("not here")
            return {}

        assert plain.worker(7).run(function, limit=1) == WorkerResult(released=1)
        assert history(1)[-1] == (Status.PENDING, "not here")

    def test_complete_the_trial_and_leave(self, plain: Experiment) -> None:
        plain.new_trial({})

        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            trial.update(Status.SUCCEEDED, datetime.now(UTC), {})
            raise SystemExit

        with pytest.raises(SystemExit):
            plain.worker(7).run(function)
        assert statuses(plain) == {1: Status.SUCCEEDED}


class TestWhatIsNoException:
    @pytest.mark.parametrize(
        ("error", "name"),
        [
            (SystemExit(3), "SystemExit: 3"),
            (KeyboardInterrupt(), "KeyboardInterrupt"),
            (GeneratorExit(), "GeneratorExit"),
        ],
        ids=repr,
    )
    def test_gives_the_trial_back_and_passes(
        self, plain: Experiment, history: History, error: BaseException, name: str
    ) -> None:
        plain.new_trials([{}, {}])
        told: list[Any] = []

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            raise error

        with pytest.raises(type(error)):
            plain.worker(7).run(function, on_end=lambda *end: told.append(end[1:]))
        assert history(1)[-1] == (Status.PENDING, f"worker 7 was stopped by {name}")
        assert statuses(plain) == {1: Status.PENDING, 2: Status.PENDING}
        assert told == [(Outcome.RELEASED, f"worker 7 was stopped by {name}")]

    def test_passes_even_if_the_trial_cannot_be_given_back(
        self, plain: Experiment, caplog: pytest.LogCaptureFixture
    ) -> None:
        plain.new_trial({})

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            plain.claim_trials(8, timestamp=LATER)
            raise SystemExit

        with pytest.raises(SystemExit):
            plain.worker(7).run(function)
        assert "was lost" in caplog.text
        assert statuses(plain) == {1: Status.RUNNING}


class TestALostTrial:
    def test_that_was_taken_over_keeps_the_result_of_the_other_runner(
        self, plain: Experiment, caplog: pytest.LogCaptureFixture
    ) -> None:
        plain.new_trials([{}, {}])

        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            if trial.trial_id == 1:
                [taken] = plain.claim_trials(8, timestamp=LATER)
                taken.update(Status.SUCCEEDED, datetime.now(UTC), {"by": 8})
            return {"by": 7}

        assert plain.worker(7).run(function) == WorkerResult(lost=1, succeeded=1)
        assert plain.load()[2] == [{"by": 8}, {"by": 7}]
        assert "what it gave is dropped" in caplog.text

    def test_is_not_failed_by_what_the_function_makes_of_it(self, plain: Experiment) -> None:
        plain.new_trial({})

        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            plain.claim_trials(8, timestamp=LATER)
            with pytest.raises(StaleTrialError):
                trial.update_telemetry(Status.RUNNING, datetime.now(UTC), [])
            raise RuntimeError

        assert plain.worker(7).run(function) == WorkerResult(lost=1)
        assert statuses(plain) == {1: Status.RUNNING}

    def test_may_be_one_that_somebody_canceled(self, plain: Experiment) -> None:
        plain.new_trials([{}, {}])

        def function(trial: ClaimedTrial) -> Mapping[str, Any]:
            if trial.trial_id == 1:
                stored = plain.get_trial_by_id(1)
                assert stored is not None
                stored.update(Status.CANCELED, datetime.now(UTC))
            return {}

        assert plain.worker(7).run(function) == WorkerResult(lost=1, succeeded=1)
        assert statuses(plain) == {1: Status.CANCELED, 2: Status.SUCCEEDED}

    def test_of_an_experiment_that_was_deleted_is_counted_before_the_run_ends(
        self, storage: Storage, plain: Experiment
    ) -> None:
        plain.new_trial({})
        told: list[Outcome] = []

        def function(_: ClaimedTrial) -> Mapping[str, Any]:
            storage.delete_experiment("plain")
            return {}

        with pytest.raises(ExperimentNotFoundError):
            plain.worker(7).run(function, on_end=lambda _, outcome, __: told.append(outcome))
        assert told == [Outcome.LOST]


def test_each_end_is_told_with_its_reason(plain: Experiment) -> None:
    plain.new_trials([{"x": 1}, {}])
    told: list[Any] = []
    plain.worker(7).run(
        doubled, on_end=lambda trial, outcome, reason: told.append((trial.trial_id, outcome, reason))
    )
    assert told == [(1, Outcome.SUCCEEDED, None), (2, Outcome.FAILED, "KeyError: 'x'")]


def test_who_cannot_be_told_ends_the_run_and_loses_nothing(plain: Experiment) -> None:
    plain.new_trials([{"x": 1}, {"x": 2}])

    def on_end(*_: object) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        plain.worker(7).run(doubled, on_end=on_end)
    assert statuses(plain) == {1: Status.SUCCEEDED, 2: Status.PENDING}


def test_a_worker_runs_once_at_a_time(plain: Experiment) -> None:
    plain.new_trial({"x": 1})
    worker = plain.worker(7)

    def function(trial: ClaimedTrial) -> Mapping[str, Any]:
        with pytest.raises(UsageError, match="worker 7 runs already"):
            worker.run(doubled)
        return {}

    assert worker.run(function) == WorkerResult(succeeded=1)
    assert worker.run(function) == WorkerResult()


def test_several_workers_share_the_trials(storage: Storage, plain: Experiment) -> None:
    plain.new_trials([{"x": x} for x in range(40)])
    results: list[WorkerResult] = []

    def work(number: int) -> None:
        handle = storage.get_experiment_by_id("plain")
        assert handle is not None
        results.append(handle.worker(number).run(doubled))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result.succeeded for result in results) == 40
    assert statuses(plain) == dict.fromkeys(range(1, 41), Status.SUCCEEDED)


def test_the_names_are_public() -> None:
    assert trialstore.Worker is type(trialstore.open("memory://").experiment(experiment_id="e").worker(1))
