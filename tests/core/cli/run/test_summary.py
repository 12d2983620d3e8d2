"""What a run shows, on a terminal and elsewhere, and its exit code."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trialstore import Experiment, Status

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no process groups")

Run = Callable[..., Any]
Stored = Callable[[int], tuple[Status, str | None]]
Metrics = Callable[[], list[Any]]


class TestTheSummary:
    def test_is_json_for_programs(self, experiment: Experiment, go: Run) -> None:
        experiment.new_trials([{"code": 0}, {"code": 1}])
        done = go("echo '{}'; exit $TUNABLE_code", "--json", "--runner-id", "7")
        assert json.loads(done.out) == {
            "experiment_id": "e",
            "trial_runner_id": 7,
            "succeeded": 1,
            "failed": 1,
            "timed_out": 0,
            "canceled": 0,
            "released": 0,
            "lost": 0,
            "stopped_by": None,
        }

    def test_says_that_there_was_nothing_to_run(self, experiment: Experiment, go: Run) -> None:
        assert (go("echo {}").code, go("echo {}").out) == (0, "nothing to run: e has no trials\n")
        experiment.new_trial({}, ts_start=datetime(2999, 1, 1, tzinfo=UTC))
        assert go("echo {}").out == "nothing to run: e has 1 PENDING\n"

    def test_counts_no_more_than_the_limit(self, experiment: Experiment, go: Run, stored: Stored) -> None:
        experiment.new_trials([{}, {}, {}])
        assert go("echo {}", "--limit", "2").out == "2 succeeded\n"
        assert stored(3)[0] is Status.PENDING


def test_two_runners_have_different_ids_and_show_them(experiment: Experiment, go: Run) -> None:
    experiment.new_trials([{}, {}])
    shown = [go("echo {}", "--limit", "1").err.split()[1] for _ in range(2)]
    runners = [trial.trial_runner_id for i in (1, 2) if (trial := experiment.get_trial_by_id(i))]
    assert list(map(str, runners)) == shown
    assert len({*runners}) == 2


def test_a_misspelt_experiment_is_answered_with_the_one_that_may_be_meant(
    experiment: Experiment, run: Run, url: str
) -> None:
    done = run("run", "ee", "-s", url, "-c", "echo {}")
    assert (done.code, "did you mean 'e'?" in done.err) == (1, True)


def test_a_storage_that_does_not_exist_is_not_created(run: Run, url: str, tmp_path: Path) -> None:
    assert run("run", "e", "-s", url, "-c", "echo {}").code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options", [[], ["-c", "x", "--lease", "0"], ["-c", "x", "--limit", "0"], ["-c", "x", "--timeout", "0"]]
)
def test_wrong_usage_is_exit_code_2(run: Run, stored_in_sqlite: str, options: list[str]) -> None:
    assert run("run", "latency", "-s", stored_in_sqlite, *options).code == 2


def test_a_system_without_process_groups_is_told_what_to_do(
    experiment: Experiment, go: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "killpg")
    assert "experiment.worker()" in go("echo {}").err


def test_a_terminal_shows_what_runs(experiment: Experiment, start: Run, url: str) -> None:
    experiment.new_trials([{"x": 1}, {"x": 2}])
    shown = on_a_terminal(["run", "e", "-s", url, "-c", "printf note >&2; echo '{}'"])
    assert "trial 1" in shown
    assert "note\r\n" in shown
    assert "waiting for a trial  1 succeeded" in shown
    assert "2 succeeded\r\n" in shown


def on_a_terminal(arguments: list[str]) -> str:
    """Run the program on a terminal of its own, and return everything that appears there."""
    import pty

    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", COLUMNS="100")
        os.execv(sys.executable, [sys.executable, "-m", "trialstore", *arguments])
    shown = b"".join(iter(lambda: read_or_end(terminal), b""))
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    return shown.decode()


def read_or_end(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the last process has left a terminal
        return b""
