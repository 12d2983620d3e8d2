"""The status history as those see it who read it: what was preempted, why, and by whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import trialstore
from trialstore import Experiment, Status, Storage
from trialstore.data import ExperimentData
from trialstore.errors import ExperimentNotFoundError
from trialstore_sql import SqlBackend
from wire import watch

NOW = datetime(2024, 1, 1, 12, 0, 0, 123_457, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)
MUCH_LATER = LATER + timedelta(days=1)
USED_UP = "the lease expired, and with it the last attempt"
DTYPES = {
    "trial_id": "int64",
    "attempt": "int64",
    "ts": "datetime64[us, UTC]",
    "status": "str",
    "trial_runner_id": "object",
    "reason": "object",
    "reported": "bool",
}


def rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows of a history, without the ids of the trials and the times."""
    columns = (frame[name] for name in ("attempt", "status", "trial_runner_id", "reason"))
    return list(zip(*columns, strict=True))


def test_it_has_a_row_for_each_change_by_trial_and_then_in_order(
    plain: Experiment, data: ExperimentData
) -> None:
    second = plain.new_trials([{}, {}])[1]
    second.update(Status.RUNNING, NOW)
    second.update(Status.FAILED, NOW + timedelta(seconds=1), reason="out of memory")
    history = data.history_df
    assert history["trial_id"].tolist() == [1, 2, 2, 2]
    assert rows(history) == [
        (0, "PENDING", None, None),
        (0, "PENDING", None, None),
        (0, "RUNNING", None, None),
        (0, "FAILED", None, "out of memory"),
    ]
    assert history["ts"].tolist()[2:] == [pd.Timestamp(NOW), pd.Timestamp(NOW) + pd.Timedelta(seconds=1)]


@pytest.mark.parametrize("count", [0, 1])
def test_its_dtypes_are_the_same_also_when_it_is_empty(
    plain: Experiment, data: ExperimentData, count: int
) -> None:
    plain.new_trials([{}] * count)
    history = data.history_df
    assert len(history) == count
    assert history.dtypes.astype(str).to_dict() == DTYPES


def test_a_takeover_names_the_lost_lease_and_both_runners(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trial({})
    plain.claim_trials(7, lease=60)
    [taken] = plain.claim_trials(8, timestamp=LATER)
    taken.update(Status.SUCCEEDED, NOW, {})
    trial = data.trials[1]
    assert rows(trial.history_df) == [
        (0, "PENDING", None, None),
        (1, "RUNNING", 7, None),
        (2, "RUNNING", 8, "the lease expired"),
        (2, "SUCCEEDED", 8, None),
    ]
    assert (trial.attempt, trial.expirations, trial.trial_runner_id) == (2, 1, 8)


@pytest.mark.parametrize(("given", "reason"), [((), "released"), (("moving house",), "moving house")])
def test_what_was_given_back_is_pending_again_for_the_reason_given(
    plain: Experiment, data: ExperimentData, given: tuple[str, ...], reason: str
) -> None:
    plain.new_trial({})
    plain.claim_trials(7, lease=60)[0].release(*given)
    trial = data.trials[1]
    assert rows(trial.history_df)[1:] == [(1, "RUNNING", 7, None), (1, "PENDING", None, reason)]
    assert (trial.attempt, trial.expirations, trial.trial_runner_id) == (1, 0, None)
    plain.claim_trials(8)
    assert rows(data.trials[1].history_df)[3:] == [(2, "RUNNING", 8, None)]


@pytest.mark.parametrize("looks", ["claim", "poll"])
def test_a_trial_that_lost_its_last_lease_failed_for_that_reason(storage: Storage, looks: str) -> None:
    with storage.experiment(experiment_id="e", max_attempts=2) as experiment:
        experiment.new_trial({}, ts_start=NOW)
        experiment.claim_trials(7, lease=60)
        experiment.claim_trials(8, lease=0.000001, timestamp=LATER)
        if looks == "claim":
            assert experiment.claim_trials(9, timestamp=MUCH_LATER) == []
        else:
            assert experiment.poll()[0] == [1]
    trial = storage.experiments["e"].trials[1]
    assert rows(trial.history_df)[2:] == [(2, "RUNNING", 8, "the lease expired"), (2, "FAILED", 8, USED_UP)]
    assert (trial.attempt, trial.expirations) == (2, 2)


def test_a_cancellation_ends_the_attempt_that_ran(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trials([{}, {}])
    plain.claim_trials(7)
    for trial in plain.pending_trials(LATER, running=True):
        trial.update(Status.CANCELED, NOW, reason="no longer wanted")
    assert rows(data.trials[1].history_df)[1:] == [
        (1, "RUNNING", 7, None),
        (1, "CANCELED", 7, "no longer wanted"),
    ]
    assert rows(data.trials[2].history_df)[1:] == [(0, "CANCELED", None, "no longer wanted")]


def test_a_status_that_came_with_telemetry_is_marked(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trial({})
    [trial] = plain.claim_trials(7)
    trial.update_telemetry(Status.READY, datetime.now(UTC), [])
    trial.update(Status.SUCCEEDED, LATER, {})
    history = data.trials[1].history_df
    assert history["status"].tolist() == ["PENDING", "RUNNING", "READY", "SUCCEEDED"]
    assert history["reported"].tolist() == [False, False, True, False]
    assert history["trial_runner_id"].tolist() == [None, 7, 7, 7]


def test_a_heartbeat_and_an_assignment_are_no_changes_of_status(
    plain: Experiment, data: ExperimentData
) -> None:
    plain.new_trial({}).set_trial_runner(7)
    plain.claim_trials(7, lease=60)[0].heartbeat()
    assert rows(data.history_df) == [(0, "PENDING", None, None), (1, "RUNNING", 7, None)]


def test_a_merged_trial_begins_with_its_end(storage: Storage, plain: Experiment) -> None:
    plain.new_trial({}).update(Status.FAILED, NOW)
    storage.experiment(experiment_id="copy").merge(["plain"])
    history = storage.experiments["copy"].history_df
    assert rows(history) == [(0, "FAILED", None, None)]
    assert history["ts"].tolist() == [pd.Timestamp(NOW)]


def test_the_history_of_a_trial_has_its_own_rows_only(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trials([{}] * 3)
    plain.claim_trials(7)
    assert data.trials[1].history_df["trial_id"].tolist() == [1, 1]
    assert data.trials[3].history_df["trial_id"].tolist() == [3]


def test_of_a_deleted_experiment_there_is_no_history(storage: Storage, data: ExperimentData) -> None:
    storage.delete_experiment("plain")
    with pytest.raises(ExperimentNotFoundError, match="has been deleted"):
        data.history_df  # noqa: B018 - reading it is the test


def test_it_takes_one_statement_however_many_trials_there_are(tmp_path: Path) -> None:
    with trialstore.open(f"sqlite:///{tmp_path / 'trials.db'}") as storage:
        storage.experiment(experiment_id="e").new_trials([{}] * 1_000)
        data = storage.experiments["e"]
        backend, seen = storage.session.backend, []
        assert isinstance(backend, SqlBackend)
        watch(backend._database.engine, lambda _, sent: seen.append(sent.sql))
        assert len(data.history_df) == 1_000
        assert len(seen) == 1
