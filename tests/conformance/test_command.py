"""The suite without writing code: what ``trialstore conformance`` says of right and of wrong backends."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple, TypeAlias

import pytest

import trialstore
from trialstore.cli import main

ZOO = Path(__file__).parent
ON_CTRL_C = """
import signal, sys
from trialstore.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(sys.argv[1:]))
"""
CRASHING = """
    import os
    import signal
    from trialstore import BackendSpec, hookimpl
    from trialstore_memory import MemoryBackend


    class Crashing(MemoryBackend):
        def put_experiment(self, new):
            os.kill(os.getpid(), signal.SIGKILL)


    @hookimpl
    def trialstore_backends():
        return [BackendSpec(name="crashing", class_path="crashing.Crashing")]
"""


class Done(NamedTuple):
    code: int
    out: str
    err: str


Check: TypeAlias = Callable[..., Done]


@pytest.fixture(autouse=True)
def empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.syspath_prepend(ZOO)


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Return how to check a config; it is written to ``storage.jsonc``."""

    def check(config: dict[str, object], *options: str) -> Done:
        write(config)
        code = main(["conformance", "storage.jsonc", *options])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return check


def write(config: dict[str, object]) -> None:
    Path("storage.jsonc").write_text(json.dumps(config), encoding="utf-8")


def wrong(animal: str) -> dict[str, object]:
    return {"class": animal, "plugins": ["zoo.plugin"]}


def sqlite(database: str) -> dict[str, object]:
    return {"class": "sql", "config": {"drivername": "sqlite", "database": database}}


class Page(HTMLParser):
    """What a page says, and what it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.fetched: list[str | None] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value for name, value in attrs if name == "src" or (tag, name) == ("link", "href")]
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_wrong_backend_is_told_with_all_that_repeats_its_failure(check: Check) -> None:
    done = check(wrong("KeepsMilliseconds"), "--only", "test_times_of_trials", "--html", "page.html")
    assert done.code == 1
    parts = [
        "C-008 Times are kept to the microsecond",
        "assert (-1000, -1, -1) == (-1, -1, -1)",
        "Full diff",
        ">         assert (trial.due, trial.ts_start, trial.ts_end) == (moment, moment, moment)",
        "trialstore conformance storage.jsonc --only test_times_of_trials_keep_their_microseconds",
        "zoo.values.KeepsMilliseconds",
        f"trialstore    {version('trialstore')}",
    ]
    assert [part for part in parts if part not in done.out] == []
    verdict = "zoo.values.KeepsMilliseconds does not pass the contract: 1 of "
    assert done.out.splitlines()[-1].startswith(verdict)
    page = Page(Path("page.html").read_text(encoding="utf-8"))
    assert [part for part in (verdict, *parts[:5]) if part not in page.text] == []
    assert (page.fetched, page.open) == ([], [])


def test_a_sequence_of_calls_that_fails_is_told_as_short_as_possible(check: Check) -> None:
    done = check(wrong("KeepsMilliseconds"), "--only", "C-909")
    assert done.code == 1
    calls = re.findall(r"^  (state.*)$", done.out, re.MULTILINE)
    assert (calls[0], calls[-1]) == ("state = StorageMachine()", "state.teardown()")
    assert 3 <= len(calls) <= 12
    assert "state.compare_now_and_then()" not in calls


def test_each_test_may_have_a_storage_of_its_own_whatever_stands_around(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conftest.py").write_text("raise SystemExit", encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n", encoding="utf-8")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nonsense")
    done = check(sqlite("$SCRATCH_DIR/$SCRATCH.db"), "--only", "absent_storage")
    assert done.code == 0, done.err
    assert "2 passed, 0 failed, 0 left out" in done.out
    assert "under names that begin with s" in done.err
    assert {path.name for path in tmp_path.iterdir()} == {"conftest.py", "pytest.ini", "storage.jsonc"}


def test_one_storage_for_all_is_emptied_and_what_needs_an_absent_one_is_left_out(check: Check) -> None:
    done = check(sqlite("trials.db"), "--only", "C-108")
    assert done.code == 0, done.err
    assert "1 passed, 0 failed, 1 left out" in done.out
    assert "scratch storage" in done.err
    with trialstore.open("sqlite:///trials.db", create=False) as storage:
        assert len(storage.experiments) == 0


def test_a_backend_that_ends_the_process_is_told_with_the_test_that_ran(check: Check, tmp_path: Path) -> None:
    (tmp_path / "crashing.py").write_text(dedent(CRASHING), encoding="utf-8")
    done = check({"class": "crashing", "plugins": ["crashing"]}, "--only", "the_first_writer_wins")
    assert done.code == 1
    assert "ended during test_the_first_writer_wins, with exit code -9" in done.out
    assert "does not pass the contract" in done.out.splitlines()[-1]


def test_a_name_that_no_test_has_is_answered_with_those_that_may_be_meant(check: Check) -> None:
    done = check({"class": "memory"}, "--only", "the_frist_writer_wins")
    assert (done.code, done.out) == (2, "")
    assert "did you mean the_first_writer_wins" in done.err


@pytest.fixture
def running() -> Iterator[subprocess.Popen[str]]:
    """A run that has begun, in a process of its own."""
    write({"class": "memory"})
    program = [sys.executable, "-c", ON_CTRL_C, "conformance", "storage.jsonc"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert next(line for line in process.stderr if line.startswith("lifecycle: "))
        yield process
        process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_shows_what_is_known_by_then(running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGINT)
    out, err = running.communicate()
    assert (running.returncode, "Traceback" in err) == (130, False)
    assert "the run was interrupted" in out
    assert out.splitlines()[-1].startswith("There is no verdict on trialstore_memory.MemoryBackend")
