"""``trialstore queue``: what it says of a queue, once or again and again, on every kind of terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
import sqlalchemy as sa

import trialstore
from servers import PostgresServer
from trialstore import Experiment, Status

Run = Callable[..., Any]
InstallPlugin = Callable[..., None]

NOW = datetime.now(UTC)
PAST = NOW - timedelta(hours=1)
LEAVES_AT_TIMES = """
from trialstore.errors import StorageUnavailableError
from trialstore_sql import SqlBackend

class LeavesAtTimes(SqlBackend):
    looks = 0

    def count_trials(self, uid):
        self.looks += 1
        if self.looks == 2:
            raise StorageUnavailableError("nobody\\nanswers")
        if self.looks == 4:
            raise KeyboardInterrupt
        return super().count_trials(uid)
"""
READS_ONLY = """
from trialstore.errors import StorageUnavailableError
from trialstore_sql import SqlBackend

class ReadsOnly(SqlBackend):
    def open(self, *, create, read_only):
        raise StorageUnavailableError(f"opened as asked: {create=}, {read_only=}")
"""
LEAVES_AT_TIMES_SPEC = "BackendSpec(name='leaves', class_path='leaves_plugin.LeavesAtTimes')"


@contextmanager
def begun(url: str, **options: Any) -> Iterator[Experiment]:
    with trialstore.open(url) as storage, storage.experiment(experiment_id="e", **options) as experiment:
        yield experiment


@pytest.fixture
def busy(url: str) -> str:
    """The URL of a storage in whose experiment ``e`` trials wait, run, have lost their leases, and have ended."""
    with begun(url, max_attempts=3) as experiment:
        statuses = (Status.SUCCEEDED, Status.FAILED, Status.CANCELED, Status.READY)
        for trial, status in zip(experiment.new_trials([{}] * 4, PAST), statuses, strict=True):
            trial.update(status, datetime.now(UTC), {} if status.is_succeeded() else None)
        experiment.new_trials([{}] * 3, PAST)
        experiment.claim_trials(8)
        experiment.claim_trials(7, lease=7200)
        for _ in range(2):
            experiment.claim_trials(9, lease=0.000001)
        for trial in experiment.new_trials([{}] * 2, NOW + timedelta(days=2)):
            trial.set_trial_runner(7)
        experiment.new_trials([{}] * 3, PAST)
    return url


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def config_of(backend: str, url: str) -> str:
    """Return the config of a backend that is SQLite in all but its name."""
    config = {"drivername": "sqlite", "database": url.removeprefix("sqlite:///")}
    return json.dumps({"class": backend, "config": config})


def facts(out: str) -> dict[str, str]:
    """Return the summary: what stands behind each of its names."""
    found = re.findall(r"^(of late|[a-z]+) {2,}(\S.*?) *$", out, re.MULTILINE)
    return {name: text for name, text in found if name != "runner"}


def running(out: str) -> list[list[str]]:
    """Return the cells of the table."""
    lines = out.partition("───")[2].splitlines()[1:]
    return [re.split(r" {2,}", line.strip()) for line in lines if line.strip()]


@pytest.mark.usefixtures("wide")
def test_it_counts_what_waits_what_runs_and_what_has_ended(run: Run, busy: str) -> None:
    done = run("queue", "e", "-s", busy)
    assert (done.code, done.err) == (0, "")
    shown = facts(done.out)
    assert re.fullmatch(r"5: 3 due now, 2 later, the next in 1d 23h \(.*\)", shown.pop("pending"))
    assert shown.pop("of late").startswith("0.4 a minute: 2 in 5m 00s; the last one ")
    assert shown == {
        "assigned": "2 to runner 7",
        "running": "3 by 3 runners; 1 with a lease that is over",
        "others": "1 READY",
        "finished": "3: 1 SUCCEEDED, 1 CANCELED, 1 FAILED",
    }


def test_it_lists_what_runs_lost_leases_first_and_then_by_runner(run: Run, busy: str) -> None:
    lost, leased, endless = running(run("queue", "e", "-s", busy).out)
    assert (lost[:3], lost[4][:8], lost[5]) == (["9", "7", "2"], "over for", "1 of 3")
    assert (leased[:3], leased[4], leased[5]) == (["7", "6", "1"], "1h 59m left", "0 of 3")
    assert (endless[:3], endless[4], endless[5]) == (["8", "5", "1"], "none", "0 of 3")


def test_as_json_it_is_the_same_for_programs(run: Run, busy: str) -> None:
    shown = json.loads(run("queue", "e", "-s", busy, "--json").out)
    assert (shown["experiment_id"], shown["max_attempts"], shown["has_server_clock"]) == ("e", 3, False)
    assert (shown["others"], shown["finished"]) == (
        {"READY": 1},
        {"SUCCEEDED": 1, "CANCELED": 1, "FAILED": 1},
    )
    pending, (lost, leased, endless) = shown["pending"], shown["running"]["trials"]
    assert (pending["count"], pending["seen"], pending["due"]) == (5, 5, 3)
    assert pending["assigned"] == [{"trial_runner_id": 7, "count": 2}]
    assert datetime.fromisoformat(pending["next_due"]) == NOW + timedelta(days=2)
    assert (lost["trial_id"], lost["trial_runner_id"], lost["attempt"], lost["expirations"]) == (7, 9, 2, 1)
    assert lost["lease_left"] < 0 < lost["running_for"] < leased["lease_left"] < 7200
    assert (endless["lease_expires"], endless["lease_left"]) == (None, None)
    assert (shown["recent"]["count"], shown["recent"]["per_minute"]) == (2, 0.4)


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_of_an_experiment_without_trials_it_says_that_there_is_nothing(
    run: Run, stored: str, options: tuple[str, ...]
) -> None:
    done = run("queue", "empty", "-s", stored, *options)
    assert (done.code, done.err) == (0, "")
    if options:
        shown = json.loads(done.out)
        assert (shown["pending"]["count"], shown["running"], shown["finished"]) == (
            0,
            {"count": 0, "trials": []},
            {},
        )
    else:
        nothing = {"pending": "none", "running": "none", "finished": "none", "of late": "none in 5m 00s"}
        assert facts(done.out) == nothing


@pytest.mark.usefixtures("wide")
def test_trials_that_run_without_runner_lease_or_limit(run: Run, url: str) -> None:
    with begun(url) as experiment:
        experiment.new_trial({}).update(Status.RUNNING, datetime.now(UTC) - timedelta(minutes=3))
        experiment.new_trial({}).update(Status.FAILED, datetime.now(UTC) - timedelta(days=3))
    out = run("queue", "e", "-s", url).out
    [row] = running(out)
    assert (row[:3], row[3][:2], row[4:]) == (["none", "1", "0"], "3m", ["none", "0"])
    assert facts(out)["of late"] == "none in 5m 00s; the last one 3d 00h ago"


@pytest.mark.usefixtures("wide")
def test_only_the_first_of_many_runners_are_named(run: Run, url: str) -> None:
    with begun(url) as experiment:
        for runner, trial in enumerate(experiment.new_trials([{}] * 12), 1):
            trial.set_trial_runner(runner)
    assert facts(run("queue", "e", "-s", url).out)["assigned"].endswith(
        "1 to runner 9, 1 to runner 10, others to 2 more runners"
    )


@pytest.mark.usefixtures("wide")
def test_of_a_thousand_that_run_it_shows_some_and_says_how_many_more(run: Run, url: str) -> None:
    with begun(url) as experiment:
        experiment.new_trials([{}] * 1_000)
        experiment.claim_trials(7, limit=1_000)
    out = run("queue", "e", "-s", url).out
    assert facts(out)["running"] == "1,000 by 1 runner; 950 more than are shown"
    assert len(running(out)) == 50
    assert len(json.loads(run("queue", "e", "-s", url, "--json").out)["running"]["trials"]) == 1_000


@pytest.mark.usefixtures("wide")
def test_of_more_that_wait_than_it_looks_at_it_says_so(
    run: Run, busy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialstore.data._queue.MOST", 2)
    shown = facts(run("queue", "e", "-s", busy).out)
    assert shown["pending"].startswith("5: of the first 2, 0 due now, 2 later")
    assert shown["running"].startswith("3 by 2 runners; 1 more")


@pytest.mark.parametrize("columns", [20, 40, 60])
def test_on_a_narrow_terminal_lines_are_folded_and_nothing_is_cut(
    run: Run, busy: str, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = run("queue", "e", "-s", busy).out
    assert "───" not in out
    words = " ".join(out.split())
    assert "runner 9, trial 7, attempt 2, for" in words
    assert "runner 8, trial 5, attempt 1, for" in words
    assert words.count("lost leases 0 of 3") == 2


@pytest.mark.parametrize("options", [(), ("--watch",)])
def test_it_asks_for_no_more_than_to_read(
    run: Run, busy: str, install_plugin: InstallPlugin, options: tuple[str, ...]
) -> None:
    install_plugin("reads", "BackendSpec(name='reads', class_path='reads_plugin.ReadsOnly')", READS_ONLY)
    done = run("queue", "e", "-s", config_of("reads", busy), *options)
    assert (done.code, done.err) == (1, "error: opened as asked: create=False, read_only=True\n")


@pytest.mark.parametrize("options", [(), ("--watch",)])
def test_a_storage_or_an_experiment_that_is_not_there_is_an_error(
    run: Run, stored: str, options: tuple[str, ...]
) -> None:
    missing = run("queue", "latencyy", "-s", stored, *options)
    assert (missing.code, missing.out) == (1, "")
    assert "did you mean 'latency'?" in missing.err
    assert run("queue", "e", "-s", "sqlite:///no-such.db", *options).code == 1


def watch_what_leaves(run: Run, install_plugin: InstallPlugin, url: str, *options: str) -> Any:
    """Watch a storage that is away at the second look; at the fourth, somebody hits Ctrl-C."""
    install_plugin("leaves", LEAVES_AT_TIMES_SPEC, LEAVES_AT_TIMES)
    return run("queue", "e", "-s", config_of("leaves", url), "--watch", "--interval", "0.1", *options)


def test_watch_prints_block_after_block_where_there_is_no_terminal(
    run: Run, busy: str, install_plugin: InstallPlugin
) -> None:
    done = watch_what_leaves(run, install_plugin, busy)
    assert (done.code, done.err) == (130, "nobody answers\n")
    assert done.out.count("Queue of e in") == done.out.count("over for") == 2
    assert "\x1b" not in done.out


def test_watch_as_json_prints_a_line_each_time(run: Run, busy: str, install_plugin: InstallPlugin) -> None:
    done = watch_what_leaves(run, install_plugin, busy, "--json")
    assert (done.code, done.err) == (130, "nobody answers\n")
    first, second = map(json.loads, done.out.splitlines())
    assert first["now"] < second["now"]
    assert first["pending"] == second["pending"]


def test_watch_ends_when_the_experiment_is_deleted(busy: str) -> None:
    program = [sys.executable, "-m", "trialstore", "queue", "e", "-s", busy, "--watch", "--interval", "0.1"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Queue of e in")
        with trialstore.open(busy) as storage:
            storage.delete_experiment("e")
        _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.startswith("error: the experiment")


class Terminal:
    """A terminal on which the program runs."""

    def __init__(self, *arguments: str, columns: int = 80, lines: int = 24, **environment: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "trialstore", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**inherited, "TERM": "xterm", **environment},
        )
        os.close(slave)
        self.out = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)

    def read_until(self, text: str) -> None:
        """Read until a text has come since the last time."""
        start = len(self.out)
        while text not in self.out[start:]:
            assert self._read(), f"{text!r} never came: {self.out}"

    def interrupt(self) -> int:
        """Send what Ctrl-C sends, read all there is, and return the exit code."""
        os.kill(self._process.pid, signal.SIGINT)
        while self._read():
            pass
        return self._process.wait()

    def _read(self) -> bool:
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # how Linux says that nobody writes there any more
            data = b""
        self.out += data.decode().replace("\r\n", "\n")
        return bool(data)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no pseudo-terminals")
class TestOnATerminal:
    """What is drawn in place, again and again."""

    ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
    SHOW_CURSOR = "\x1b[?25h"

    def test_it_draws_on_the_other_screen_and_leaves_the_first_one_as_it_was(self, busy: str) -> None:
        with Terminal("queue", "e", "-s", busy, "--watch", "--interval", "0.1") as terminal:
            for _ in range(3):
                terminal.read_until("over for")
            assert terminal.interrupt() == 130
        drawn, _, after = terminal.out.partition(self.LEAVE)
        assert drawn.startswith(self.ENTER)
        assert self.SHOW_CURSOR in drawn[-20:] + after
        assert after.count("Queue of e in") == 1
        assert "Traceback" not in after

    @pytest.mark.parametrize("columns", [100, 30])
    def test_it_shows_as_many_that_run_as_there_is_room_for(self, url: str, columns: int) -> None:
        with begun(url) as experiment:
            experiment.new_trials([{}] * 1_000)
            experiment.claim_trials(7, limit=1_000)
        with Terminal("queue", "e", "-s", url, "--watch", columns=columns, lines=30) as terminal:
            terminal.read_until("more")
            assert terminal.interrupt() == 130
        last = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", terminal.out.partition(self.LEAVE)[2])
        hidden = re.search(r"1,000 by 1 runner; *(\d+)", " ".join(last.split()))
        assert hidden is not None
        shown = len(re.findall(r"^ *(?:runner )?7[, ] +(?:trial )?\d+", last, re.MULTILINE))
        assert shown == 1_000 - int(hidden[1]) > 3
        assert 24 < len(last.strip("\n").splitlines()) <= 30

    def test_it_has_no_colours_where_none_are_wanted(self, busy: str) -> None:
        yellow = re.compile(r"\x1b\[[\d;]*33m")
        for unwanted in ("", "1"):
            with Terminal("queue", "e", "-s", busy, "--watch", NO_COLOR=unwanted) as terminal:
                terminal.read_until("over for")
                terminal.interrupt()
            assert bool(yellow.search(terminal.out)) is not bool(unwanted)

    def test_a_terminal_that_cannot_move_its_cursor_gets_blocks(self, busy: str) -> None:
        with Terminal("queue", "e", "-s", busy, "--watch", TERM="dumb") as terminal:
            terminal.read_until("over for")
            assert terminal.interrupt() == 130
        assert "\x1b" not in terminal.out

    def test_a_server_that_was_away_is_shown_again_when_it_is_back(
        self, own_postgres_server: PostgresServer
    ) -> None:
        config = own_postgres_server.config(own_postgres_server.create_database())
        url = sa.URL.create(**config).render_as_string(hide_password=False)
        with begun(url) as experiment:
            experiment.new_trials([{}])
        with Terminal("queue", "e", "-s", url, "--watch", "--interval", "0.1", columns=200) as terminal:
            terminal.read_until("1: 1 due now")
            assert "The server's clock" in terminal.out
            own_postgres_server.crash()
            terminal.read_until("This is what was seen last: ")
            terminal.read_until("1: 1 due now")
            own_postgres_server.start()
            with begun(url) as experiment:
                experiment.new_trials([{}])
            terminal.read_until("2: 2 due now")
            assert terminal.interrupt() == 130
        assert str(config["password"]) not in terminal.out
