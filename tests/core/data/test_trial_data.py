"""Trials, as those see them who read them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from trialstore import Experiment, Status, Trial
from trialstore.data import ExperimentData
from trialstore.errors import InvalidInputError
from trialstore_conformance.strategies import NESTED, NUMBERS, TEXTS, exact

Run = Callable[..., Trial]

NOW = datetime(2024, 1, 1, 12, 0, 0, 123_457, tzinfo=UTC)
HOSTILE = {f"v{i}": value for i, value in enumerate([*NUMBERS, *TEXTS])}


@pytest.mark.contract(26)
def test_the_repr_has_its_ids_and_its_status(plain: Experiment, data: ExperimentData) -> None:
    trial = plain.new_trial({})
    config_id = trial.tunable_config_id
    assert repr(data.trials[1]) == f"Trial :: plain:1 cid:{config_id} rid:None PENDING"
    trial.set_trial_runner(7)
    trial.update(Status.SUCCEEDED, NOW, {})
    assert repr(data.trials[1]) == f"Trial :: plain:1 cid:{config_id} rid:7 SUCCEEDED"


def test_it_shows_what_is_stored(plain: Experiment, data: ExperimentData) -> None:
    trial = plain.new_trial({"x": 1}, NOW)
    trial.set_trial_runner(7)
    trial.update(Status.RUNNING, NOW + timedelta(seconds=1))
    trial.update(Status.FAILED, NOW + timedelta(seconds=2), {"score": 0.5})
    shown = data.trials[1]
    assert (shown.experiment_id, shown.trial_id, shown.trial_runner_id) == ("plain", 1, 7)
    assert (shown.status, shown.ts_start) == (Status.FAILED, NOW + timedelta(seconds=1))
    assert shown.ts_end == NOW + timedelta(seconds=2)
    assert shown.tunable_config_id == trial.tunable_config_id
    assert shown.tunable_config.config_dict == {"x": 1}
    assert shown.results_dict == {"score": 0.5}


def test_before_it_starts_its_start_is_when_it_may_and_it_has_no_end(
    plain: Experiment, data: ExperimentData
) -> None:
    plain.new_trial({}, NOW + timedelta(days=1))
    shown = data.trials[1]
    assert (shown.ts_start, shown.ts_end) == (NOW + timedelta(days=1), None)
    assert (shown.results_dict, shown.metadata_dict) == ({}, {})


@pytest.mark.contract(25, 30)
def test_metrics_come_back_with_values_and_types(run: Run, data: ExperimentData) -> None:
    run({}, HOSTILE)
    assert exact(data.trials[1].results_dict) == exact(HOSTILE)
    frame = data.trials[1].results_df
    assert frame.columns.tolist() == ["metric", "value"]
    assert frame["metric"].tolist() == sorted(HOSTILE)
    assert exact(frame["value"].tolist()) == exact([HOSTILE[name] for name in sorted(HOSTILE)])


@pytest.mark.contract(20, 30)
def test_metadata_come_back_with_values_and_types_nested_too(run: Run, data: ExperimentData) -> None:
    run({}, config={**HOSTILE, **NESTED})
    shown = data.trials[1]
    assert exact(shown.metadata_dict) == exact({**HOSTILE, **NESTED})
    assert shown.metadata_df.columns.tolist() == ["parameter", "value"]
    rows = zip(shown.metadata_df["parameter"], shown.metadata_df["value"], strict=True)
    assert exact(dict(rows)) == exact(shown.metadata_dict)
    assert shown.metadata_df["parameter"].tolist() == sorted(shown.metadata_dict)


@pytest.mark.contract(25)
def test_long_names_and_values_are_kept_and_only_too_long_ones_refused(
    plain: Experiment, run: Run, data: ExperimentData
) -> None:
    long = {"n" * 512: "\U0001f9ea" * 300_000}
    run(long, long, long)
    shown = data.trials[1]
    assert shown.results_dict == shown.metadata_dict == shown.tunable_config.config_dict == long
    trial = plain.new_trial({})
    with pytest.raises(InvalidInputError, match="bytes when encoded, more than 4,194,304"):
        trial.update(Status.SUCCEEDED, NOW, {"m": "x" * 2**22})
    with pytest.raises(InvalidInputError, match="bytes when encoded, more than 8,388,608"):
        trial.add_new_config_data({"m": "x" * 2**23})
    assert (data.trials[2].status, data.trials[2].metadata_dict) == (Status.PENDING, {})


@pytest.mark.contract(30)
def test_without_results_the_frame_is_empty_but_has_its_columns(
    plain: Experiment, data: ExperimentData
) -> None:
    plain.new_trial({})
    shown = data.trials[1]
    for frame, columns in [
        (shown.results_df, ["metric", "value"]),
        (shown.metadata_df, ["parameter", "value"]),
        (shown.tunable_config.config_df, ["parameter", "value"]),
        (shown.telemetry_df, ["ts", "metric", "value"]),
    ]:
        assert (frame.columns.tolist(), len(frame)) == (columns, 0)
    assert shown.telemetry_df["ts"].dtype == pd.DatetimeTZDtype("us", "UTC")


@pytest.mark.contract(30)
def test_telemetry_is_a_frame_sorted_by_time_and_metric(plain: Experiment, data: ExperimentData) -> None:
    later = NOW + timedelta(microseconds=1)
    rows: list[tuple[datetime, str, Any]] = [
        (later, "a", 2**63 - 1),
        (NOW, "b", math.nan),
        (NOW, "B", "007"),
        (NOW, "a", None),
    ]
    plain.new_trial({}).update_telemetry(Status.RUNNING, NOW, rows)
    plain.new_trial({}).update_telemetry(Status.RUNNING, NOW, [(NOW, "other", 1)])
    frame = data.trials[1].telemetry_df
    assert frame.columns.tolist() == ["ts", "metric", "value"]
    assert frame["ts"].dtype == pd.DatetimeTZDtype("us", "UTC")
    assert frame["ts"].tolist() == [pd.Timestamp(NOW)] * 3 + [pd.Timestamp(later)]
    assert frame["metric"].tolist() == ["B", "a", "b", "a"]
    assert exact(frame["value"].tolist()) == exact(["007", None, math.nan, 2**63 - 1])


def test_telemetry_is_that_of_the_current_attempt(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trial({}, NOW)
    [claimed] = plain.claim_trials(7)
    claimed.update_telemetry(Status.RUNNING, NOW, [(NOW, "cpu", 1)])
    claimed.release()
    [claimed] = plain.claim_trials(7)
    claimed.update_telemetry(Status.RUNNING, NOW, [(NOW, "cpu", 2)])
    assert data.trials[1].telemetry_df["value"].tolist() == [2]


@pytest.mark.contract(27)
def test_it_knows_its_trial_group(run: Run, data: ExperimentData) -> None:
    for x in (1, 2, 2):
        run({"x": x})
    group = data.trials[3].tunable_config_trial_group
    assert group == data.trials[2].tunable_config_trial_group
    assert (group.tunable_config_trial_group_id, list(group.trials)) == (2, [2, 3])
    assert group.tunable_config == data.trials[3].tunable_config


def test_a_snapshot_stays_what_it_was(plain: Experiment, data: ExperimentData) -> None:
    trial = plain.new_trial({"x": 1}, config={"list": [1]})
    shown = data.trials[1]
    trial.update(Status.SUCCEEDED, NOW, {"score": 1})
    trial.add_new_config_data({"more": 1})
    shown.metadata_dict["list"].append(2)
    shown.results_dict["score"] = 2
    shown.tunable_config.config_dict["x"] = 2
    assert (shown.status, shown.ts_end, shown.results_dict) == (Status.PENDING, None, {})
    assert (shown.metadata_dict, shown.tunable_config.config_dict) == ({"list": [1]}, {"x": 1})
    assert data.trials[1].results_dict == {"score": 1}
    assert data.trials[1].metadata_dict == {"list": [1], "more": 1}


@pytest.mark.contract(27)
def test_two_are_equal_if_experiment_and_id_are(run: Run, data: ExperimentData) -> None:
    run({})
    run({})
    shown = data.trials[1]
    assert shown == data.trials[1]
    assert hash(shown) == hash(data.trials[1])
    assert shown != data.trials[2]
    assert shown != 1
    assert len({shown, *data.trials.values()}) == 2
