"""What goes wrong is one line on stderr that says what to do, and an honest exit code."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def assert_one_line(done: Any, *parts: str) -> None:
    """Assert that the command failed with one line on stderr that holds the parts, and printed nothing else."""
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    for part in parts:
        assert part in done.err


@pytest.mark.parametrize("command", [["experiments"], ["show", "e"], ["trials", "e"], ["upgrade"]])
def test_a_storage_that_does_not_exist_is_an_error_and_is_not_created(
    run: Run, url: str, command: list[str], tmp_path: Path
) -> None:
    assert_one_line(run(*command, "--storage", url), "trials.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_misspelt_experiment_is_answered_with_the_ones_that_may_be_meant(run: Run, stored: str) -> None:
    assert_one_line(run("show", "latencyy", "-s", stored), "'latencyy'", "did you mean 'latency'?")


def test_an_experiment_like_no_other_is_answered_with_where_to_look(run: Run, stored: str) -> None:
    assert_one_line(run("trials", "zzz", "-s", stored), "trialstore experiments")


def test_an_empty_storage_says_so(run: Run, url: str) -> None:
    run("init", "-s", url)
    assert_one_line(run("trials", "e", "-s", url), "holds no experiments")


def test_a_directory_in_place_of_a_database(run: Run, tmp_path: Path) -> None:
    assert_one_line(run("experiments", "-s", f"sqlite:///{tmp_path}"), str(tmp_path))


def test_a_directory_in_place_of_a_config(run: Run, tmp_path: Path) -> None:
    assert_one_line(run("experiments", "-s", str(tmp_path)), str(tmp_path))


def test_a_database_in_place_of_a_config_is_answered_with_its_url(run: Run, stored: str) -> None:
    path = stored.removeprefix("sqlite:///")
    assert_one_line(run("experiments", "-s", path), f"sqlite:///{path}")


def test_a_config_file_that_is_not_there(run: Run) -> None:
    assert_one_line(run("experiments", "-s", "nosuch.jsonc"), "nosuch.jsonc")


def test_an_unknown_scheme_lists_the_known_ones(run: Run) -> None:
    assert_one_line(run("experiments", "-s", "sqllite:///x.db"), "sqllite", "sqlite")


def test_a_password_in_a_url_is_in_no_message(run: Run) -> None:
    done = run("experiments", "-s", "nosuch://me:hunter2@host:port/x")
    assert_one_line(done)
    assert "hunter2" not in done.err


@pytest.mark.parametrize("storage", ["postgresql:/u:hunter2@h/db", "mysql:u:hunter2@h", "1x://u:hunter2@h"])
def test_a_password_in_a_url_that_is_miswritten_is_in_no_message(run: Run, storage: str) -> None:
    done = run("show", "e", "-s", storage)
    assert_one_line(done, "looks like a URL", "://username:password@host/database")
    assert "hunter2" not in done.err


def test_what_is_hostile_in_an_error_does_not_print(run: Run, stored: str) -> None:
    assert_one_line(run("show", "\x1b[31m\n[bold]x", "-s", stored), "[bold]x")
    assert "\x1b" not in run("show", "\x1b[31m", "-s", stored).err


@pytest.mark.parametrize(
    "arguments", [["experiments"], ["show", "-s", "memory://"], ["nosuch"], ["trials", "e", "--last", "0"]]
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err


def test_a_missing_storage_option_is_named_with_its_environment_variable(run: Run) -> None:
    assert "TRIALSTORE_STORAGE" in run("experiments").err


@pytest.mark.skipif(sys.platform == "win32", reason="a closed pipe is another error there")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_has_gone_away_is_met_quietly(stored: str, options: list[str]) -> None:
    program = [sys.executable, "-m", "trialstore", "trials", "latency", "-s", stored, *options]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
