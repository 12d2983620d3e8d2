"""The frame of all trials with their parameters and results."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from msgspec.structs import replace

from trialstore import Experiment, Status, Storage, Trial, TunableGroups
from trialstore.codec import Encoded, encode, hash_of
from trialstore.data import ExperimentData
from trialstore.records import ExperimentQuery, NewTrial, TrialQuery, TrialRecord
from trialstore_conformance.strategies import exact
from trialstore_memory import MemoryBackend

Run = Callable[..., Trial]

FACTS = [
    "trial_id",
    "ts_start",
    "ts_end",
    "tunable_config_id",
    "tunable_config_trial_group_id",
    "status",
    "trial_runner_id",
]
TIME = pd.DatetimeTZDtype("us", "UTC")
STR = pd.Series([], dtype="str").dtype
NOW = datetime(2024, 1, 1, 12, 0, 0, 123_457, tzinfo=UTC)
MANY = 20_000
"""More than the core reads at a time."""


def finished(number: int) -> NewTrial:
    """Return a trial that has run, with 10 parameters and 5 metrics of its own."""
    config = encode({f"p{i}": number + i / 10 for i in range(10)})
    return NewTrial(
        token=str(number),
        config=config,
        config_hash=hash_of(config),
        metadata=encode({"repeat": number}),
        status=Status.SUCCEEDED,
        ts_start=number,
        ts_end=number + 1,
        metrics=encode({f"m{i}": number * i for i in range(5)}),
        trial_runner_id=number % 2 or None,
    )


class ReadsSomeConfigsAlong(MemoryBackend):
    """Has the configs of every third trial at hand, and notes for which others it is asked."""

    def __init__(self) -> None:
        super().__init__({})
        self.asked: list[int] = []

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        found = super().find_trials(query)
        texts = super().find_tunable_configs({trial.tunable_config_id for trial in found})
        return [replace(t, config=None if t.trial_id % 3 else texts[t.tunable_config_id]) for t in found]

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        self.asked.extend(ids)
        return super().find_tunable_configs(ids)


@pytest.fixture(scope="module")
def many() -> Iterator[ExperimentData]:
    """An experiment of many trials that have run."""
    with Storage(MemoryBackend({})) as storage, storage.experiment(experiment_id="e"):
        [record] = storage.session.find_experiments(ExperimentQuery())
        storage.session.add_trials(record.uid, [finished(number) for number in range(MANY)], 1)
        yield storage.experiments["e"]


@pytest.mark.contract(31)
def test_the_prefixes_are_public() -> None:
    assert ExperimentData.CONFIG_COLUMN_PREFIX == "config."
    assert ExperimentData.RESULT_COLUMN_PREFIX == "result."


@pytest.mark.contract(29)
def test_without_trials_it_has_its_columns_and_no_rows(data: ExperimentData) -> None:
    frame = data.results_df
    assert frame.columns.tolist() == FACTS
    assert len(frame) == 0
    assert isinstance(frame.index, pd.RangeIndex)
    assert frame.dtypes.tolist() == ["int64", TIME, TIME, "int64", "int64", STR, "object"]


@pytest.mark.contract(29)
def test_a_trial_has_one_row_whatever_its_status(plain: Experiment, data: ExperimentData) -> None:
    trials = plain.new_trials([{"x": i} for i in range(len(Status))], NOW)
    for trial, status in zip(trials, Status, strict=True):
        trial.update(status, NOW + timedelta(seconds=1), {"m": 1} if status.is_completed() else None)
    frame = data.results_df
    assert frame["trial_id"].tolist() == list(range(1, len(Status) + 1))
    assert frame["status"].tolist() == [status.name for status in Status]
    assert frame["status"].dtype == STR
    assert frame["result.m"].isna().tolist() == [not status.is_completed() for status in Status]


@pytest.mark.contract(29)
def test_columns_are_facts_then_parameters_then_metrics_each_sorted(run: Run, data: ExperimentData) -> None:
    run({"b": 1, "a": 2}, {"z": 1})
    run({"B": 1, "\u00e9": 2}, {"y": 1, "result.y": 1})
    assert data.results_df.columns.tolist() == [
        *FACTS,
        "config.B",
        "config.a",
        "config.b",
        "config.\u00e9",
        "result.result.y",
        "result.y",
        "result.z",
    ]


@pytest.mark.contract(29)
def test_a_trial_without_parameters_and_metrics_has_a_row_of_facts(run: Run, data: ExperimentData) -> None:
    run({})
    run({})
    frame = data.results_df
    assert frame.columns.tolist() == FACTS
    assert frame["trial_id"].tolist() == [1, 2]
    assert isinstance(frame.index, pd.RangeIndex)


@pytest.mark.contract(29, 32)
def test_times_are_exact_and_a_trial_that_goes_on_has_no_end(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trial({}, NOW)
    plain.new_trial({}, NOW).update(Status.FAILED, NOW + timedelta(microseconds=1))
    frame = data.results_df
    assert (frame["ts_start"].dtype, frame["ts_end"].dtype) == (TIME, TIME)
    assert frame["ts_start"].tolist() == [pd.Timestamp(NOW)] * 2
    assert frame["ts_end"].tolist() == [pd.NaT, pd.Timestamp(NOW + timedelta(microseconds=1))]


@pytest.mark.contract(29)
def test_a_trial_starts_when_it_may_until_it_does(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trials([{}, {}], NOW)[0].update(Status.RUNNING, NOW + timedelta(seconds=1))
    starts = [pd.Timestamp(NOW + timedelta(seconds=1)), pd.Timestamp(NOW)]
    assert data.results_df["ts_start"].tolist() == starts
    assert [trial.ts_start for trial in data.trials.values()] == starts


@pytest.mark.contract(29)
def test_a_runner_is_an_int_or_none_and_never_a_float(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trials([{}, {}])[1].set_trial_runner(7)
    runners = data.results_df["trial_runner_id"]
    assert runners.dtype == object
    assert exact(runners.tolist()) == exact([None, 7])


@pytest.mark.contract(29)
def test_a_group_has_the_id_of_its_first_trial(run: Run, data: ExperimentData) -> None:
    for x in (3, 1, 3, 1, 2):
        run({"x": x})
    frame = data.results_df
    assert frame["tunable_config_trial_group_id"].tolist() == [1, 2, 1, 2, 5]
    assert frame["config.x"].tolist() == [3, 1, 3, 1, 2]
    assert frame["tunable_config_id"].tolist() == [t.tunable_config_id for t in data.trials.values()]


@pytest.mark.contract(29)
@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([2**63 - 1, -(2**63)], "int64"),
        ([2**63 - 1, ...], "Int64"),
        ([0.1 + 0.2, math.nan], "float64"),
        ([-0.0, ...], "float64"),
        ([True, False], "bool"),
        ([False, ...], "boolean"),
        (["007", "nan"], STR),
        (["007", ...], STR),
        (["007", None], "object"),
        ([2**63 - 1, 0.1], "object"),
        ([1, None], "object"),
        ([True, "True", ...], "object"),
    ],
    ids=str,
)
def test_parameters_and_metrics_keep_exact_values(
    run: Run, data: ExperimentData, values: list[Any], dtype: Any
) -> None:
    for value in values:
        given = {} if value is ... else {"v": value}
        run(given, given)
    frame = data.results_df
    for name in ("config.v", "result.v"):
        assert frame[name].dtype == dtype
        for shown, value in zip(frame[name].tolist(), values, strict=True):
            assert pd.isna(shown) if value is ... else exact(shown) == exact(value)


@pytest.mark.contract(29)
def test_it_holds_all_of_many_trials(many: ExperimentData) -> None:
    frame = many.results_df
    assert len(frame) == MANY
    assert frame["trial_id"].tolist() == list(range(1, MANY + 1))
    assert frame["config.p3"].tolist() == [number + 0.3 for number in range(MANY)]
    assert frame["result.m4"].tolist() == [number * 4 for number in range(MANY)]
    assert frame["result.m4"].dtype == "int64"
    assert frame["trial_runner_id"].tolist() == [number % 2 or None for number in range(MANY)]


def test_building_it_takes_at_most_two_kilobytes_a_trial(many: ExperimentData) -> None:
    tracemalloc.start()
    try:
        frame = many.results_df
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / len(frame) <= 2000


def test_it_is_read_in_pages_of_trials_and_each_config_once(
    watched: ExperimentData, reads: list[tuple[str, int]]
) -> None:
    assert len(watched.results_df) == 100
    assert reads == [("trials", 100), ("configs", 10)]


@pytest.mark.contract(29)
def test_the_example_of_mlos_bench_prints_as_it_is_documented(storage: Storage) -> None:
    tunables = TunableGroups(
        {"g": {"cost": 1, "params": {"param1": {"type": "int", "range": [0, 100], "default": 50}}}}
    )
    with storage.experiment(
        experiment_id="my_experiment_id", tunables=tunables, opt_targets={"objective_metric": "min"}
    ) as experiment:
        experiment.new_trial(tunables).update(Status.SUCCEEDED, NOW, {"objective_metric": 42})
    frame = storage.experiments["my_experiment_id"].results_df.drop(columns=["ts_start", "ts_end"])
    with pd.option_context("display.width", 150, "display.max_columns", None):
        assert repr(frame) == (
            "   trial_id  tunable_config_id  tunable_config_trial_group_id     status trial_runner_id"
            "  config.param1  result.objective_metric\n"
            "0         1                  1                              1  SUCCEEDED            None"
            "             50                       42"
        )


def test_configs_that_come_along_are_not_asked_for(plain: Experiment, data: ExperimentData) -> None:
    values = [{"x": i % 5} for i in range(1, 9)]
    plain.new_trials(values)
    backend = ReadsSomeConfigsAlong()
    with Storage(backend) as storage:
        storage.experiment(experiment_id="e").new_trials(values)
        found = storage.experiments["e"].results_df
    assert list(found["config.x"]) == list(data.results_df["config.x"]) == [v["x"] for v in values]
    assert sorted(backend.asked) == [2, 4, 5]
