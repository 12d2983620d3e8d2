"""The life of a trial: its statuses, metrics and history."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trialstore import Experiment, Status, Storage, Trial
from trialstore.errors import AlreadyCompletedError, InvalidInputError, TrialNotFoundError

T0 = datetime(2030, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
T1 = T0 + timedelta(microseconds=1)
COMPLETIONS = [Status.SUCCEEDED, Status.FAILED, Status.CANCELED, Status.TIMED_OUT]


def history(storage: Storage, experiment: Experiment) -> list[Status]:
    uid = storage.experiments[experiment.experiment_id]._record.uid
    return [change.status for change in storage.session.find_status_changes(uid, [1])]


def metrics_for(status: Status) -> Mapping[str, Any] | None:
    return {"latency": 1.5} if status.is_succeeded() else None


@pytest.fixture
def trial(plain: Experiment) -> Trial:
    return plain.new_trial({"x": 1})


def stored(storage: Storage) -> tuple[Status, datetime, datetime | None, dict[str, Any]]:
    data = storage.experiments["plain"].trials[1]
    return data.status, data.ts_start, data.ts_end, data.results_dict


@pytest.mark.contract(23)
def test_a_full_life_is_stored(storage: Storage, plain: Experiment, trial: Trial) -> None:
    assert trial.update(Status.READY, T0) is None
    assert trial.update(Status.RUNNING, T0) is None
    metrics = {"latency": 1.5, "note": "x", "flag": True, "count": 3, "none": None}
    assert trial.update(Status.SUCCEEDED, T1, metrics) is metrics
    assert (trial.status, trial.ts_start, trial.ts_end) == (Status.SUCCEEDED, T0, T1)
    assert stored(storage) == (Status.SUCCEEDED, T0, T1, metrics)
    assert history(storage, plain) == [Status.PENDING, Status.READY, Status.RUNNING, Status.SUCCEEDED]


@pytest.mark.contract(23)
@pytest.mark.parametrize("before", [Status.PENDING, Status.READY, Status.UNKNOWN, Status.RUNNING])
@pytest.mark.parametrize("after", COMPLETIONS)
def test_it_may_end_from_every_unfinished_status(
    storage: Storage, trial: Trial, before: Status, after: Status
) -> None:
    if not before.is_pending():
        trial.update(before, T0)
    trial.update(after, T1, metrics_for(after))
    assert stored(storage)[0] is after
    assert stored(storage)[2] == T1


@pytest.mark.contract(23)
@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELED, Status.TIMED_OUT])
def test_other_completions_may_have_metrics(storage: Storage, trial: Trial, status: Status) -> None:
    trial.update(status, T0, {"partial": 1})
    assert stored(storage)[3] == {"partial": 1}


@pytest.mark.contract(23)
def test_metrics_may_be_empty_and_a_missing_objective_is_a_warning(
    storage: Storage, experiment: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        experiment.new_trial({}).update(Status.SUCCEEDED, T0, {})
    assert "succeeded without its objectives: latency" in caplog.text
    assert storage.experiments["e"].trials[1].status is Status.SUCCEEDED


@pytest.mark.contract(23)
@pytest.mark.parametrize("before", [Status.RUNNING, *COMPLETIONS])
@pytest.mark.parametrize("after", [Status.PENDING, Status.READY, Status.RUNNING, Status.UNKNOWN])
def test_it_does_not_go_back(
    storage: Storage,
    plain: Experiment,
    trial: Trial,
    caplog: pytest.LogCaptureFixture,
    before: Status,
    after: Status,
) -> None:
    trial.update(before, T0, metrics_for(before))
    then = stored(storage)
    with caplog.at_level(logging.WARNING):
        trial.update(after, T1)
    assert "is ignored" in caplog.text
    assert stored(storage) == then
    assert trial.status is before
    assert history(storage, plain) == [Status.PENDING, before]


@pytest.mark.contract(23)
@pytest.mark.parametrize("first", COMPLETIONS)
@pytest.mark.parametrize("second", COMPLETIONS)
def test_a_completion_is_final(
    storage: Storage, plain: Experiment, trial: Trial, first: Status, second: Status
) -> None:
    trial.update(first, T0, metrics_for(first))
    then = stored(storage)
    with pytest.raises(RuntimeError, match=r"ended as .* final") as error:
        trial.update(second, T1, metrics_for(second))
    assert isinstance(error.value, AlreadyCompletedError)
    assert stored(storage) == then
    assert trial.ts_end == T0
    assert history(storage, plain) == [Status.PENDING, first]


@pytest.mark.contract(23)
@pytest.mark.parametrize("status", COMPLETIONS)
def test_repeating_the_same_completion_is_a_no_op(
    storage: Storage, plain: Experiment, trial: Trial, status: Status
) -> None:
    again = plain.get_trial_by_id(1)
    trial.update(status, T0, {"b": 1, "a": float("nan")})
    assert again is not None
    for handle in (trial, again):
        handle.update(status, T0, {"a": float("nan"), "b": 1})
    assert history(storage, plain) == [Status.PENDING, status]


@pytest.mark.contract(23)
@pytest.mark.parametrize("metrics", [{"a": 1.0}, {"a": True}, {"a": 1, "b": 2}, {}])
def test_other_metrics_are_another_completion(trial: Trial, metrics: dict[str, Any]) -> None:
    trial.update(Status.SUCCEEDED, T0, {"a": 1})
    with pytest.raises(AlreadyCompletedError):
        trial.update(Status.SUCCEEDED, T0, metrics)


def test_of_two_handles_the_first_completion_wins(storage: Storage, plain: Experiment, trial: Trial) -> None:
    other = plain.get_trial_by_id(1)
    assert other is not None
    trial.update(Status.SUCCEEDED, T0, {"a": 1})
    with pytest.raises(AlreadyCompletedError):
        other.update(Status.FAILED, T1)
    assert other.status is Status.PENDING
    assert stored(storage)[0] is Status.SUCCEEDED


@pytest.mark.contract(23, 25)
@pytest.mark.parametrize(
    ("status", "metrics", "message"),
    [
        (Status.SUCCEEDED, None, "needs metrics"),
        (Status.RUNNING, {"a": 1}, "not a completion"),
        (Status.PENDING, {}, "not a completion"),
        (Status.SUCCEEDED, {1: 2}, "a name in metrics"),
        (Status.SUCCEEDED, {"": 2}, "empty"),
        (Status.SUCCEEDED, {"x" * 513: 2}, "513 characters"),
        (Status.SUCCEEDED, {"a": 2**64}, "64 bits"),
        (Status.SUCCEEDED, {"fine": 1, "a": [1]}, "must be None, a bool"),
        (Status.SUCCEEDED, {"a": "\ud83d"}, "surrogate"),
        (Status.SUCCEEDED, {"a": "x" * 5_000_000}, "bytes when encoded"),
        (Status.SUCCEEDED, [("a", 1)], "mapping"),
        ("SUCCEEDED", {"a": 1}, r"Status\.parse"),
        (4, {"a": 1}, "must be a trialstore.Status"),
    ],
    ids=lambda given: repr(given)[:30],
)
def test_misuse_is_a_value_error_and_changes_nothing(
    storage: Storage, plain: Experiment, trial: Trial, status: Status, metrics: Any, message: str
) -> None:
    then = stored(storage)
    with pytest.raises(InvalidInputError, match=message):
        trial.update(status, T0, metrics)
    assert stored(storage) == then
    assert history(storage, plain) == [Status.PENDING]


def test_a_bad_time_changes_nothing(storage: Storage, trial: Trial) -> None:
    when: Any = "now"
    with pytest.raises(InvalidInputError, match="timestamp"):
        trial.update(Status.FAILED, when)
    assert stored(storage)[0] is Status.PENDING


@pytest.mark.contract(25)
def test_long_values_are_kept_whole(storage: Storage, trial: Trial) -> None:
    trial.update(Status.SUCCEEDED, T0, {"log": "é" * 100_000})
    assert stored(storage)[3] == {"log": "é" * 100_000}


@pytest.mark.contract(32)
def test_naive_times_are_local(storage: Storage, trial: Trial) -> None:
    naive = datetime(2031, 7, 1, 12, 30, 15, 123457)  # noqa: DTZ001
    trial.update(Status.RUNNING, naive)
    trial.update(Status.FAILED, naive)
    assert stored(storage)[1:3] == (naive.astimezone(UTC), naive.astimezone(UTC))


class TestTelemetry:
    @pytest.mark.contract(15, 24)
    def test_is_stored_in_order_of_time_and_metric(self, plain: Experiment, trial: Trial) -> None:
        trial.update_telemetry(
            Status.RUNNING, T0, [(T1, "b", 1), (T1, "a", "x"), (T0, "c", None), (T1, "B", True)]
        )
        rows = [(T0, "c", None), (T1, "B", True), (T1, "a", "x"), (T1, "b", 1)]
        assert plain.load_telemetry(1) == rows
        assert plain.load_telemetry(1)[0][0].tzinfo is UTC

    @pytest.mark.contract(24)
    def test_of_equal_time_and_metric_the_first_value_wins(self, plain: Experiment, trial: Trial) -> None:
        trial.update_telemetry(Status.RUNNING, T0, [(T0, "a", 1), (T0, "a", 2)])
        trial.update_telemetry(Status.RUNNING, T0, [(T0, "a", 3), (T1, "a", 4)])
        assert plain.load_telemetry(1) == [(T0, "a", 1), (T1, "a", 4)]

    @pytest.mark.contract(24)
    def test_leaves_the_trial_alone_and_joins_its_history(
        self, storage: Storage, plain: Experiment, trial: Trial
    ) -> None:
        then = stored(storage)
        trial.update_telemetry(Status.RUNNING, T0, [(T0, "a", 1)])
        assert stored(storage) == then
        assert history(storage, plain) == [Status.PENDING, Status.RUNNING]

    @pytest.mark.contract(24)
    def test_is_accepted_after_the_end(self, plain: Experiment, trial: Trial) -> None:
        trial.update(Status.FAILED, T0)
        trial.update_telemetry(Status.FAILED, T0, iter([(T0, "a", 1)]))
        assert plain.load_telemetry(1) == [(T0, "a", 1)]

    @pytest.mark.contract(24)
    def test_of_a_trial_that_does_not_exist_is_an_error(self, storage: Storage, trial: Trial) -> None:
        with storage.experiment(experiment_id="other") as other:
            trial._context.record = other._context.record
        with pytest.raises(TrialNotFoundError, match="no trial 1"):
            trial.update_telemetry(Status.RUNNING, T0, [(T0, "a", 1)])
        with pytest.raises(TrialNotFoundError, match="no trial 1"):
            trial.update(Status.RUNNING, T0)

    @pytest.mark.parametrize(
        "rows",
        [
            [(T0, "a")],
            [(T0, "a", 1, 2)],
            [5],
            5,
            [(T0, "fine", 1), (T0, "", 1)],
            [(T0, "fine", 1), (T0, 7, 1)],
            [(T0, "fine", 1), ("now", "a", 1)],
            [(T0, "fine", 1), (T0, "a", [1])],
            [(T0, "fine", 1), (T0, "a", 2**70)],
        ],
        ids=repr,
    )
    def test_of_bad_rows_is_refused_whole(
        self, storage: Storage, plain: Experiment, trial: Trial, rows: Any
    ) -> None:
        with pytest.raises(InvalidInputError):
            trial.update_telemetry(Status.RUNNING, T0, rows)
        assert plain.load_telemetry(1) == []
        assert history(storage, plain) == [Status.PENDING]

    def test_of_an_unknown_trial_is_empty(self, plain: Experiment) -> None:
        assert plain.load_telemetry(99) == []
