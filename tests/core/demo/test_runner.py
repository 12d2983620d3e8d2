"""How the demo runs its plan, and who takes over what was interrupted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import trialstore
from trialstore import Experiment, InvalidInputError, Status, Storage
from trialstore.demo import runner
from trialstore.demo.plan import demo_tunables, make_plan
from trialstore.demo.runner import run_demo
from trialstore.demo.workload import Pragmas, Workload

TRIALS = 6


class Interrupted(Workload):
    def run(self, pragmas: Pragmas, seed: int) -> dict[str, float]:
        raise KeyboardInterrupt


class Refused(Workload):
    def run(self, pragmas: Pragmas, seed: int) -> dict[str, float]:
        raise sqlite3.OperationalError("disk full")


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    with trialstore.open(f"sqlite:///{tmp_path / 'trials.sqlite'}") as storage:
        yield storage


@pytest.fixture
def experiment(storage: Storage) -> Iterator[Experiment]:
    """The demo's experiment with its plan stored, and none of it run."""
    tunables = demo_tunables()
    with storage.experiment(
        experiment_id="demo", root_env_config="trialstore demo", tunables=tunables
    ) as entered:
        runner._add_missing(storage, entered, make_plan(tunables, seconds=1, seed=1))
        yield entered


def run(storage: Storage) -> list[tuple[int, int]]:
    """Run the demo, and return the progress that it told."""
    progress: list[tuple[int, int]] = []
    run_demo(
        storage, experiment_id="demo", seconds=1, seed=1, on_progress=lambda *told: progress.append(told)
    )
    return progress


def statuses(storage: Storage) -> list[str]:
    return [trial.status.name for trial in storage.experiments["demo"].trials.values()]


def test_it_runs_every_trial_once_and_tells_its_progress(storage: Storage) -> None:
    assert run(storage) == [(done, TRIALS) for done in range(TRIALS + 1)]
    assert run(storage) == [(TRIALS, TRIALS)]
    assert statuses(storage) == ["SUCCEEDED"] * TRIALS


def test_ctrl_c_gives_the_trial_back_at_once(
    storage: Storage, experiment: Experiment, tmp_path: Path
) -> None:
    (trial,) = experiment.claim_trials(1, lease=3600)
    with pytest.raises(KeyboardInterrupt):
        runner._run(trial, Interrupted(folder=tmp_path))
    assert statuses(storage) == ["PENDING"] * TRIALS


def test_what_sqlite_refuses_fails_with_the_reason_and_is_tried_again_by_the_next_run(
    storage: Storage, experiment: Experiment, tmp_path: Path
) -> None:
    (trial,) = experiment.claim_trials(1)
    runner._run(trial, Refused(folder=tmp_path))
    assert storage.experiments["demo"].trials[trial.trial_id].results_dict == {"error": "disk full"}
    with pytest.warns(trialstore.ExperimentMismatchWarning):
        run(storage)
    assert sorted(statuses(storage)) == ["FAILED"] + ["SUCCEEDED"] * TRIALS


def test_a_trial_that_somebody_else_took_over_is_left_to_them(
    storage: Storage, experiment: Experiment, tmp_path: Path
) -> None:
    (slow,) = experiment.claim_trials(1, lease=1)
    later = datetime(2100, 1, 1, tzinfo=UTC)
    (fast,) = experiment.claim_trials(2, timestamp=later)
    assert fast.trial_id == slow.trial_id
    runner._run(slow, Workload(folder=tmp_path, seconds=0.01, rows=100))
    assert storage.experiments["demo"].trials[fast.trial_id].trial_runner_id == 2
    assert "SUCCEEDED" not in statuses(storage)


def test_it_does_not_wait_for_ever_for_a_trial_that_somebody_else_runs(experiment: Experiment) -> None:
    experiment.claim_trials(1)
    assert len(list(runner._claimed(experiment, patience=0.5))) == TRIALS - 1


def test_it_does_not_run_the_trials_of_somebody_elses_experiment(storage: Storage) -> None:
    with storage.experiment(experiment_id="demo") as own:
        own.new_trial({"x": 1})
    with pytest.raises(InvalidInputError, match="not one of the demo's"):
        run(storage)
    assert statuses(storage) == ["PENDING"]


def test_another_seed_adds_other_configurations_to_the_same_experiment(storage: Storage) -> None:
    run(storage)
    run_demo(storage, experiment_id="demo", seconds=1, seed=2, on_progress=lambda *_: None)
    trials = list(storage.experiments["demo"].trials.values())
    assert {trial.status for trial in trials} == {Status.SUCCEEDED}
    assert len(trials) == 2 * TRIALS
    assert len({trial.tunable_config_id for trial in trials}) == 3
