"""What a command is given, and what it makes of its trial."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trialstore
from trialstore import Experiment, Status

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no process groups")

Run = Callable[..., Any]
Stored = Callable[[int], tuple[Status, str | None]]
Metrics = Callable[[], list[Any]]
PYTHON = shlex.quote(sys.executable)


def python(code: str) -> str:
    """Return a shell command that runs Python code."""
    return f"{PYTHON} -c {shlex.quote(code)}"


class TestACommandIsGiven:
    def test_the_tunables_in_its_environment(self, experiment: Experiment, go: Run, metrics: Metrics) -> None:
        values = {"mb": 64, "ratio": 0.1, "on": True, "none": None, "a-b.c d": "x 'y' ü", "é": float("inf")}
        experiment.new_trial(values)
        code = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if 'TUNABLE_' in k}))"
        assert go(python(code)).code == 0
        assert metrics() == [
            {
                "TUNABLE_mb": "64",
                "TUNABLE_ratio": "0.1",
                "TUNABLE_on": "true",
                "TUNABLE_none": "null",
                "TUNABLE_a_b_c_d": "x 'y' ü",
                "TUNABLE__": "Infinity",
            }
        ]

    def test_the_ids_of_the_trial(self, experiment: Experiment, go: Run) -> None:
        experiment.new_trials([{}, {}])
        experiment.claim_trials(1)[0].release()
        go("env | grep ^TRIALSTORE_ > env; echo {}", "--runner-id", "7", "--limit", "1")
        assert sorted(Path("env").read_text().split()) == [
            "TRIALSTORE_ATTEMPT=2",
            "TRIALSTORE_EXPERIMENT_ID=e",
            "TRIALSTORE_RUNNER_ID=7",
            "TRIALSTORE_TRIAL_ID=1",
        ]

    def test_all_of_it_exactly_on_stdin(self, experiment: Experiment, go: Run) -> None:
        tunables = {"wide": 2**63 - 1, "small": 5e-324, "minus": -0.0, "text": "1", "truth": True, "no": None}
        metadata: dict[str, Any] = {"nested": [1, {"é": "\n"}], "trial_id": "mine"}
        experiment.new_trial(tunables, config=metadata)
        go("cat > stdin; echo {}", "--runner-id", "7")
        given = json.loads(Path("stdin").read_text())
        assert repr(given.pop("tunables")) == repr(dict(sorted(tunables.items())))
        assert given == {
            "experiment_id": "e",
            "trial_id": 1,
            "attempt": 1,
            "trial_runner_id": 7,
            "metadata": metadata,
        }

    def test_more_than_a_pipe_holds_even_if_it_does_not_read_it(
        self, experiment: Experiment, go: Run
    ) -> None:
        experiment.new_trial({}, config={"big": "x" * 1_000_000})
        assert go("echo {}").code == 0

    def test_two_tunables_by_one_name_never(
        self, experiment: Experiment, go: Run, url: str, stored: Stored
    ) -> None:
        experiment.new_trials([{"x": 1}, {"a-b": 1, "a_b": 2}])
        done = go("touch ran; echo {}")
        assert (done.code, done.out) == (1, "")
        assert "'a-b' and 'a_b' would both be the environment variable TUNABLE_a_b" in done.err
        assert not Path("ran").exists()
        assert stored(1)[0] is Status.PENDING

    @pytest.mark.parametrize(("other", "code"), [("a+b", 1), ("a+c", 0)])
    def test_the_same_goes_for_tunables_that_are_defined(
        self, run: Run, url: str, other: str, code: int
    ) -> None:
        params = {name: {"type": "int", "range": [0, 9], "default": 1} for name in ("a-b", other)}
        with trialstore.open(url) as storage:
            tunables = trialstore.TunableGroups({"g": {"cost": 1, "params": params}})
            with storage.experiment(experiment_id="e", tunables=tunables):
                pass
        done = run("run", "e", "-s", url, "-c", "echo {}")
        assert (done.code, "'a+b' and 'a-b' would both be" in done.err) == (code, code == 1)


class TestMetricsAre:
    @pytest.mark.parametrize(
        "output",
        ['{"y": 1.5}', '{\n "y":\n 1.5}\n', 'starting\n{"y": 0}\n{"y": 1.5}\n\n  \n', '\ufeff\n{"y": 1.5}'],
        ids=["all", "several lines", "the last line", "after a byte order mark"],
    )
    def test_the_json_object_that_the_command_prints(
        self, experiment: Experiment, go: Run, output: str, metrics: Metrics
    ) -> None:
        experiment.new_trial({})
        assert go(f"printf %s {shlex.quote(output)}").code == 0
        assert metrics() == [{"y": 1.5}]

    @pytest.mark.parametrize(
        ("output", "shown"),
        [
            ("", "nothing"),
            ("hello", "'hello'"),
            ("[1]", "'[1]'"),
            ("1.5", "'1.5'"),
            ("x" * 300, f"'…{'x' * 200}'"),
            ("[" * 100_000, f"'…{'[' * 200}'"),
            ("9" * 5000, f"'…{'9' * 200}'"),
        ],
        ids=["nothing", "text", "a list", "a number", "long text", "deep nesting", "many digits"],
    )
    def test_nothing_else(
        self, experiment: Experiment, go: Run, output: str, shown: str, stored: Stored
    ) -> None:
        experiment.new_trial({})
        Path("output").write_text(output)
        assert go("cat output").code == 1
        assert stored(1) == (Status.FAILED, f"no JSON object on stdout, but {shown}")

    def test_values_that_can_be_stored(
        self, experiment: Experiment, go: Run, stored: Stored, metrics: Metrics
    ) -> None:
        experiment.new_trials([{"x": 1}, {"x": 2}])
        go("""[ $TUNABLE_x = 1 ] && echo '{"y": [1]}' || echo '{"y": NaN}'""")
        status, reason = stored(1)
        assert (status, str(reason).partition(" must")[0]) == (Status.FAILED, "metrics['y']")
        assert repr(metrics()[1]) == "{'y': nan}"


class TestATrialFails:
    def test_with_the_exit_code_and_the_end_of_stderr(
        self, experiment: Experiment, go: Run, stored: Stored
    ) -> None:
        experiment.new_trial({})
        done = go("for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; echo '{}'; exit 3")
        assert done.code == 1
        reason = "exit code 3: line 3\nline 4\nline 5\nline 6\nline 7"
        assert stored(1) == (Status.FAILED, reason)
        assert "line 1\nline 2\nline 3" in done.err
        assert "trial 1 failed after" in done.err
        assert "exit code 3: line 3 line 4" in done.err

    def test_with_the_signal_that_killed_the_command(
        self, experiment: Experiment, go: Run, stored: Stored
    ) -> None:
        experiment.new_trials([{"number": 9}, {"number": 40}])
        go("kill -$TUNABLE_number $$")
        reasons = [stored(trial_id)[1] for trial_id in (1, 2)]
        assert reasons == ["killed by SIGKILL", "killed by signal 40"]

    def test_with_the_signal_that_killed_what_the_shell_ran(
        self, experiment: Experiment, go: Run, stored: Stored
    ) -> None:
        experiment.new_trials([{}])
        go("sh -c 'kill -9 $$' 2> /dev/null; exit $?")
        assert stored(1) == (Status.FAILED, "exit code 137 (SIGKILL)")

    def test_if_the_command_cannot_be_started(self, experiment: Experiment, go: Run, stored: Stored) -> None:
        experiment.new_trial({"long": "x" * 5_000_000})
        assert go("echo {}").code == 1
        assert "Argument list too long" in str(stored(1)[1])

    def test_without_harm_from_bytes_that_are_no_text(
        self, experiment: Experiment, go: Run, stored: Stored
    ) -> None:
        experiment.new_trials([{}, {}])
        done = go(r"printf '\377\0 bad' >&2; printf '\377\0'; exit 1")
        assert done.code == 1
        assert stored(1) == (Status.FAILED, "exit code 1: \ufffd\\x00 bad")
        assert "\ufffd\0 bad\ntrial 1 failed" in done.err

    def test_and_the_next_one_is_run(self, experiment: Experiment, go: Run) -> None:
        experiment.new_trials([{"code": 1}, {"code": 0}])
        done = go("echo {}; exit $TUNABLE_code")
        assert (done.code, done.out) == (1, "1 succeeded, 1 failed\n")


def test_output_of_any_size_is_no_deadlock(experiment: Experiment, go: Run, metrics: Metrics) -> None:
    experiment.new_trial({})
    code = "import sys; [print('x' * 99, file=f) for _ in range(200_000) for f in (sys.stdout, sys.stderr)]; print('{}')"
    assert go(python(code)).code == 0
    assert metrics() == [{}]


def test_what_a_command_leaves_in_the_background_is_not_waited_for(experiment: Experiment, go: Run) -> None:
    experiment.new_trials([{}, {}])
    done = go("yes >&2 & echo $! >> left; echo '{}'")
    pids = [int(line) for line in Path("left").read_text().split()]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert (done.code, len(pids)) == (0, 2)


def test_a_command_may_close_its_output_and_go_on(experiment: Experiment, go: Run, metrics: Metrics) -> None:
    experiment.new_trial({})
    assert go("echo '{}'; exec >&- 2>&-; cat /dev/stdin > given; while [ ! -s given ]; do :; done").code == 0
    assert metrics() == [{}]
