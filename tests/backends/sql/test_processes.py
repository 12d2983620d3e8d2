"""Many processes on one file, and processes that are killed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from trialstore.records import ExperimentQuery, Parts, TelemetryQuery, TrialQuery
from trialstore.status import Status
from trialstore_sql import SqlBackend

PROGRAMS = Path(__file__).parent / "programs"


def test_eight_processes_open_an_empty_file_at_once_and_add_trials_with_consecutive_ids(
    file: Path, open_backend: Callable[..., SqlBackend]
) -> None:
    command = [sys.executable, str(PROGRAMS / "add_trials.py"), str(file), "100"]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(8)]
    errors = [process.communicate(b"\n")[1].decode() for process in processes]
    assert errors == [""] * 8
    backend = open_backend(create=False)
    [experiment] = backend.find_experiments(ExperimentQuery())
    trials = backend.find_trials(TrialQuery(uid=experiment.uid))
    assert [trial.trial_id for trial in trials] == list(range(1, 801))
    assert set(Counter(trial.tunable_config_id for trial in trials).values()) == {8}
    assert experiment.next_trial_id == 801


@pytest.mark.parametrize("acknowledged", [1, 7, 20])
def test_what_was_acknowledged_survives_a_kill_and_nothing_is_there_by_halves(
    file: Path, open_backend: Callable[..., SqlBackend], acknowledged: int
) -> None:
    seen = _run_and_kill(file, acknowledged)
    backend = open_backend(create=False)
    trials = backend.find_trials(TrialQuery(uid="u", parts=Parts.METRICS))
    ids = [trial.trial_id for trial in trials]
    succeeded = {trial.trial_id for trial in trials if trial.status is Status.SUCCEEDED}
    assert ids == list(range(1, len(ids) + 1))
    assert succeeded >= set(seen)
    for trial in trials:
        history = [c.status for c in backend.find_status_changes("u", [trial.trial_id]) if not c.reported]
        assert history[-1] is trial.status
        assert (trial.metrics is not None) is (trial.completion is not None) is (trial.trial_id in succeeded)
        telemetry = backend.find_telemetry(TelemetryQuery(uid="u", trial_ids=[trial.trial_id]))
        assert len(telemetry) in {0, 20}


def test_work_goes_on_after_many_kills(file: Path, open_backend: Callable[..., SqlBackend]) -> None:
    seen = [trial_id for _ in range(5) for trial_id in _run_and_kill(file, 3)]
    assert len(seen) == len(set(seen))
    trials = open_backend(create=False).find_trials(TrialQuery(uid="u"))
    assert [trial.trial_id for trial in trials] == list(range(1, len(trials) + 1))


def _run_and_kill(file: Path, acknowledged: int) -> list[int]:
    """Return the trials that a program acknowledged before it was killed in the middle of something."""
    command = [sys.executable, str(PROGRAMS / "work_until_killed.py"), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(acknowledged)]
        process.kill()
        return seen + [int(line) for line in process.stdout.read().split("\n")[:-1]]
