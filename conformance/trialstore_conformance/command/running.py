"""Runs the tests in a process of their own, so that nothing of them, not even a crash, reaches the one that tells."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Generator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from trialstore_conformance.command.outcomes import Ended, Event
from trialstore_conformance.command.watching import Order, Watcher

__all__ = ["events_of", "log_of"]

_SUITE = "trialstore_conformance.command.suite"
_SECONDS, _THOROUGH_SECONDS = 900, 7200
"""After so long a test is taken for hung; the search for the smallest example alone may take five minutes."""
_PATIENCE_SECONDS = 20


def events_of(order: Order) -> Generator[Event, None, None]:
    """Run what was ordered, and yield what happens, at last `Ended`; closing this early ends the run."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, order))
    process.start()
    theirs.close()
    try:
        with suppress(EOFError):
            while True:
                yield ours.recv()
        process.join()
        yield Ended(process.exitcode or 0)
    finally:
        _end(process)


def log_of(order: Order) -> Path:
    """Return the file that holds what pytest itself says, and the last words of a process that crashed."""
    return order.folder / "pytest.log"


def _end(process: Any) -> None:
    """End a process that may still be at work; a second Ctrl-C does not wait until it has cleaned up."""
    try:
        if process.is_alive():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGINT)
            process.join(_PATIENCE_SECONDS)
    finally:
        process.kill()
        process.join()


def _run(events: Connection[Any, Any], order: Order) -> None:
    """Run pytest as if nobody had ever configured it."""
    signal.signal(signal.SIGINT, _interrupt_once)
    _prepare_environment(order)
    with log_of(order).open("w", encoding="utf-8") as log:
        sys.stdout = log
        os.dup2(log.fileno(), sys.stderr.fileno())
        import pytest

        code = pytest.main(_arguments(order), plugins=[Watcher(order, events.send)])
    sys.exit(code)


def _interrupt_once(_signal: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends another one than the parent process
    raise KeyboardInterrupt


def _prepare_environment(order: Order) -> None:
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(order.folder / "hypothesis")
    if order.thorough:
        from trialstore_conformance.profiles import VARIABLE

        os.environ[VARIABLE] = "thorough"


def _arguments(order: Order) -> list[str]:
    settings = order.folder / "pytest.ini"
    settings.write_text("[pytest]\nverbosity_assertions = 2\n", encoding="utf-8")
    seconds = _THOROUGH_SECONDS if order.thorough else _SECONDS
    return [
        *("-c", str(settings), "--rootdir", str(order.folder), "--noconftest"),
        *("-p", "no:cacheprovider", "-p", "pytest_timeout", f"--timeout={seconds}"),
        *("-q", "--tb=short", "--import-mode=append", "--pyargs", _SUITE),
    ]
