"""When a run or a trial ends early: no process is left behind, and no trial."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from trialstore import ClaimedTrial, Experiment, Status

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no process groups")

Run = Callable[..., Any]
Stored = Callable[[int], tuple[Status, str | None]]
Metrics = Callable[[], list[Any]]
SLEEPER = "sleep 1000 & echo $! > child; echo $$ > leader; wait"
NEVER = threading.Event()


def until(condition: Callable[[], object]) -> None:
    while not condition():
        NEVER.wait(0.01)


def number_in(path: Path) -> int:
    """Return the number that a command writes into a file, as soon as it is there."""
    until(lambda: path.exists() and path.read_text().endswith("\n"))
    return int(path.read_text())


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class TestOverTheTimeout:
    def test_the_trial_is_timed_out_and_its_processes_are_ended(
        self, experiment: Experiment, go: Run, stored: Stored
    ) -> None:
        experiment.new_trial({})
        done = go("echo working >&2; sleep 1000 & echo $! > child; wait", "--timeout", "1")
        assert done.code == 1
        assert stored(1) == (Status.TIMED_OUT, "over the timeout of 1 s: working")
        assert has_ended(number_in(Path("child")))

    def test_they_may_clean_up(self, experiment: Experiment, go: Run, stored: Stored) -> None:
        experiment.new_trial({})
        go("trap 'echo bye >&2; touch cleaned; exit' TERM; sleep 1000 & wait", "--timeout", "1")
        assert Path("cleaned").exists()
        assert stored(1) == (Status.TIMED_OUT, "over the timeout of 1 s: bye")

    def test_those_that_do_not_care_are_killed(self, experiment: Experiment, go: Run, stored: Stored) -> None:
        experiment.new_trial({})
        go(
            "(trap '' TERM; echo $(exec sh -c 'echo $PPID') > child; while :; do sleep 0.1; done) & wait",
            "--timeout",
            "1",
        )
        assert has_ended(number_in(Path("child")))
        assert stored(1)[0] is Status.TIMED_OUT


class TestASignal:
    @pytest.mark.parametrize(
        ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)], ids=repr
    )
    def test_gives_the_trial_back_ends_its_processes_and_shows_in_the_exit_code(
        self, experiment: Experiment, start: Run, number: signal.Signals, code: int, stored: Stored
    ) -> None:
        experiment.new_trials([{}, {}])
        runner = start(SLEEPER, "--runner-id", "7")
        child, leader = number_in(Path("child")), number_in(Path("leader"))
        runner.send_signal(number)
        out, err = runner.communicate()
        assert runner.returncode == code
        assert out == f"1 released; stopped by {number.name}\n"
        assert "Traceback" not in err
        assert has_ended(child)
        assert has_ended(leader)
        assert stored(1) == (Status.PENDING, "worker 7 was stopped")
        assert stored(2)[0] is Status.PENDING

    def test_ends_the_wait_for_more_trials(
        self, experiment: Experiment, start: Run, metrics: Metrics
    ) -> None:
        experiment.new_trial({})
        runner = start("echo {}", "--wait", "--json")
        until(metrics)
        experiment.new_trial({})
        until(lambda: len(metrics()) == 2)
        runner.terminate()
        out, _ = runner.communicate()
        assert runner.returncode == 143
        summary = json.loads(out)
        assert (summary["succeeded"], summary["stopped_by"]) == (2, "SIGTERM")


def test_after_kill_9_the_next_runner_takes_over_when_the_lease_is_over(
    experiment: Experiment, start: Run, go: Run, stored: Stored
) -> None:
    experiment.new_trial({})
    runner = start(SLEEPER, "--lease", "1", "--runner-id", "7")
    leader = number_in(Path("leader"))
    runner.kill()
    runner.communicate()
    os.killpg(leader, signal.SIGKILL)
    assert stored(1)[0] is Status.RUNNING
    assert go("echo {}", "--wait", "--limit", "1", "--runner-id", "8").code == 0
    trial = experiment.get_trial_by_id(1)
    assert trial is not None
    assert (trial.status, trial.attempt, trial.trial_runner_id) == (Status.SUCCEEDED, 2, 8)


class TestATrialThatIsLost:
    def test_because_somebody_canceled_it_is_ended(
        self, experiment: Experiment, start: Run, stored: Stored
    ) -> None:
        experiment.new_trials([{"x": 1}, {"x": 2}])
        runner = start(f"if [ $TUNABLE_x = 2 ]; then echo {{}}; exit; fi; {SLEEPER}", "--lease", "1")
        child = number_in(Path("child"))
        trial = experiment.get_trial_by_id(1)
        assert trial is not None
        trial.update(Status.CANCELED, datetime.now(UTC))
        out, err = runner.communicate()
        assert (runner.returncode, out) == (1, "1 succeeded, 1 lost\n")
        assert "trial 1 was lost" in err
        assert has_ended(child)
        assert stored(1)[0] is Status.CANCELED

    def test_while_its_runner_was_paused_is_the_other_runners(
        self, experiment: Experiment, start: Run, metrics: Metrics
    ) -> None:
        experiment.new_trials([{"x": 1}, {"x": 2}])
        command = f"if [ $TUNABLE_x = 2 ]; then echo {{}}; exit; fi; {SLEEPER}"
        runner = start(command, "--lease", "1", "--runner-id", "7")
        child = number_in(Path("child"))
        runner.send_signal(signal.SIGSTOP)
        taken = self.taken_over(experiment)
        taken.update(Status.SUCCEEDED, datetime.now(UTC), {"by": 8})
        runner.send_signal(signal.SIGCONT)
        out, _ = runner.communicate()
        assert (runner.returncode, out) == (1, "1 succeeded, 1 lost\n")
        assert metrics() == [{"by": 8}, {}]
        assert has_ended(child)

    def taken_over(self, experiment: Experiment) -> ClaimedTrial:
        """Return trial 1, as soon as its lease is over."""
        while True:
            for trial in experiment.claim_trials(8, lease=60):
                if trial.trial_id == 1:
                    return trial
                trial.release()
            NEVER.wait(0.01)
