"""The demo, from its command line to its table and plot, interrupted and resumed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trialstore
from trialstore import Status

Run = Callable[..., Any]
DATABASE = "trialstore-demo.sqlite"
QUICK = ("demo", "--seconds", "1")
TRIALS = 6
"""Of the shortest plan: two configurations, three times each."""
WITH_SMALL_FILES = """
import resource, sys
from trialstore.cli import main

soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, hard))
code = main(sys.argv[1:])
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
sys.exit(code)
"""
PNG = b"\x89PNG\r\n\x1a\n"


def statuses() -> list[Status]:
    with trialstore.open(f"sqlite:///{DATABASE}", create=False, read_only=True) as storage:
        return [trial.status for trial in storage.experiments["sqlite-demo"].trials.values()]


def results() -> dict[int, dict[str, Any]]:
    """The metrics of the trials that succeeded."""
    with trialstore.open(f"sqlite:///{DATABASE}", create=False, read_only=True) as storage:
        trials = storage.experiments["sqlite-demo"].trials.values()
        return {trial.trial_id: trial.results_dict for trial in trials if trial.status.is_succeeded()}


@pytest.fixture(scope="module")
def finished_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A complete run of the shortest plan, and the folder that it ran in."""
    folder = tmp_path_factory.mktemp("finished")
    command = [sys.executable, "-m", "trialstore", *QUICK]
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return folder, SimpleNamespace(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture
def finished(finished_elsewhere: tuple[Path, Any]) -> Any:
    """A complete run of the shortest plan, in the current folder."""
    folder, outcome = finished_elsewhere
    shutil.copytree(folder, Path.cwd(), dirs_exist_ok=True)
    return outcome


def test_it_stores_every_trial_and_shows_a_table_and_a_plot(finished: Any) -> None:
    assert finished.code == 0
    assert statuses() == [Status.SUCCEEDED] * TRIALS
    assert "speed-up" in finished.out
    assert "1.00x" in finished.out
    assert Path("trialstore-demo.png").read_bytes().startswith(PNG)
    assert "trialstore trials sqlite-demo --storage sqlite:///trialstore-demo.sqlite" in finished.err


def test_what_it_stores_is_a_normal_experiment(finished: Any) -> None:
    assert finished.code == 0
    with trialstore.open(f"sqlite:///{DATABASE}", create=False, read_only=True) as storage:
        experiment = storage.experiments["sqlite-demo"]
        assert list(experiment.objectives.items()) == [("throughput", "max"), ("write_p95_ms", "min")]
        default = experiment.tunable_configs[experiment.default_tunable_config_id or 0].config_dict
        assert (default["journal_mode"], default["synchronous"]) == ("DELETE", "FULL")
        first, *_ = experiment.trials.values()
        assert first.metadata_dict["repeat_i"] == 1
        assert {"cpu_percent", "memory_mib"} <= set(first.telemetry_df["metric"])


def test_running_it_again_measures_nothing_twice(run: Run, finished: Any) -> None:
    before = results()
    again = run(*QUICK)
    assert again.code == finished.code == 0
    assert results() == before


def test_a_longer_run_goes_on_from_a_shorter_one(run: Run, finished: Any) -> None:
    before = results()
    assert run("demo", "--seconds", "3.5").code == finished.code == 0
    after = results()
    assert len(after) == TRIALS + 3
    assert {trial_id: after[trial_id] for trial_id in before} == before


def test_json_is_all_that_stands_on_stdout(run: Run) -> None:
    done = run(*QUICK, "--storage", "memory://", "--json", "--seed", "7", "--experiment", "mine")
    report = json.loads(done.out)
    assert (report["experiment_id"], report["trials"], report["failed"]) == ("mine", TRIALS, 0)
    assert sorted(config["is_default"] for config in report["configs"]) == [False, True]
    assert not Path(DATABASE).exists()


def test_without_matplotlib_it_says_how_to_get_the_plot(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # how Python marks a module that is not to be found
    done = run(*QUICK)
    assert done.code == 0
    assert "pip install 'trialstore[viz]'" in done.err
    assert "speed-up" in done.out
    assert not Path("trialstore-demo.png").exists()


def test_a_plot_of_an_unknown_kind_is_refused_before_anything_runs(run: Run) -> None:
    done = run(*QUICK, "--plot", "demo.xyz")
    assert done.code == 2
    assert not Path(DATABASE).exists()


def test_a_plot_that_cannot_be_saved_costs_no_results(run: Run) -> None:
    done = run(*QUICK, "--plot", "no/such/folder/demo.png")
    assert done.code == 1
    assert "speed-up" in done.out
    assert len(results()) == TRIALS


@pytest.mark.skipif(sys.platform == "win32", reason="it has no limit on the size of files")
def test_a_disk_that_is_full_fails_every_trial_and_the_run() -> None:
    program = [sys.executable, "-c", WITH_SMALL_FILES, *QUICK, "--storage", "memory://", "--json"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "experiment_id": "sqlite-demo",
        "trials": TRIALS,
        "failed": TRIALS,
        "configs": [],
    }
    assert "Traceback" not in done.stderr


def test_it_does_not_touch_an_experiment_that_is_not_its_own(run: Run) -> None:
    with (
        trialstore.open(f"sqlite:///{DATABASE}") as storage,
        storage.experiment(experiment_id="sqlite-demo") as experiment,
    ):
        experiment.new_trial({"mine": 1})
    done = run(*QUICK)
    assert done.code == 1
    assert "--experiment" in done.err
    assert statuses() == [Status.PENDING]


def test_a_warning_is_one_line() -> None:
    with trialstore.open(f"sqlite:///{DATABASE}") as storage:
        experiment = storage.experiment(
            experiment_id="sqlite-demo", root_env_config="trialstore demo", description="old"
        )
        with experiment:
            pass
    done = subprocess.run(demo_program(), capture_output=True, text=True, check=False)
    warnings = [line for line in done.stderr.splitlines() if "warning" in line.lower()]
    assert len(warnings) == 1
    assert warnings[0].startswith("warning: experiment 'sqlite-demo'")
    assert done.returncode == 0


def demo_program(*options: str) -> list[str]:
    return [sys.executable, "-m", "trialstore", *QUICK, *options]


def start_and_interrupt(signal_number: int) -> tuple[int, str]:
    """Start the demo, send a signal when it has its first results, and return its exit code and stderr."""
    with trialstore.open(f"sqlite:///{DATABASE}"):
        pass
    with subprocess.Popen(
        demo_program(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        with trialstore.open(f"sqlite:///{DATABASE}", create=False, read_only=True) as storage:
            while process.poll() is None and not has_results(storage):
                pass
        os.kill(process.pid, signal_number)
        _, errors = process.communicate()
    return process.returncode, errors


def has_results(storage: trialstore.Storage) -> bool:
    experiment = storage.experiments.get("sqlite-demo")
    return experiment is not None and Status.SUCCEEDED in experiment.trial_counts


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches the whole console there")
def test_after_ctrl_c_the_same_command_goes_on(run: Run) -> None:
    code, errors = start_and_interrupt(signal.SIGINT)
    assert code == 130
    assert "Traceback" not in errors
    assert "goes on from there" in errors
    before = results()
    assert 0 < len(before) < TRIALS
    assert run(*QUICK).code == 0
    assert statuses() == [Status.SUCCEEDED] * TRIALS
    assert before.items() <= results().items()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_after_kill_9_the_same_command_goes_on_and_takes_over_what_was_running(run: Run) -> None:
    code, _ = start_and_interrupt(signal.SIGKILL)
    assert code == -signal.SIGKILL
    before = results()
    assert 0 < len(before) < TRIALS
    assert run(*QUICK).code == 0
    assert statuses() == [Status.SUCCEEDED] * TRIALS
    assert before.items() <= results().items()
