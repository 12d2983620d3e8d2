"""Real processes for the tests: started together, reporting as they go, killed when a test says so."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from importlib.metadata import entry_points
from itertools import chain
from pkgutil import walk_packages
from threading import Timer
from typing import Any, Self

from trialstore_conformance.door import Door
from trialstore_conformance.worker import Task, work

PATIENCE_SECONDS = 120.0
"""After that a worker process is taken for hung, and killed."""


class Worker:
    """A process that does one of the jobs of `trialstore_conformance.worker` on the storage under test."""

    def __init__(self, door: Door, job: str, **arguments: Any) -> None:
        context: Any = _context(door)
        self._connection, theirs = context.Pipe()
        task = Task(door.config, door.plugins, job, arguments, dict(os.environ))
        self._process = context.Process(target=work, args=(theirs, task), daemon=True)
        self._process.start()
        theirs.close()
        self._watchdog = Timer(PATIENCE_SECONDS, self._process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()

    def wait_until_ready(self) -> None:
        """Wait until it has imported everything and stands before the storage."""
        assert self._hear() == "ready", "a worker process did not start; its error is in the captured stderr"

    def go(self) -> None:
        """Let it begin."""
        self._connection.send("go")

    def reports(self) -> Iterator[Any]:
        """Yield what it reports, until it ends."""
        while (report := self._hear()) is not None:
            yield report

    def reports_so_far(self) -> Iterator[Any]:
        """Yield what it has reported by now."""
        while self._connection.poll() and (report := self._hear()) is not None:
            yield report

    def kill(self) -> None:
        """Kill it as the out-of-memory killer would."""
        self._process.kill()

    def pause(self) -> None:
        """Stop it where it is, as a machine does that is put to sleep."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause, as if no time had passed."""
        with suppress(ProcessLookupError):  # it may have been killed meanwhile
            os.kill(self._process.pid, signal.SIGCONT)

    def end(self) -> int | None:
        """Wait for its end and return its exit code."""
        self._process.join()
        self._watchdog.cancel()
        self._connection.close()
        code: int | None = self._process.exitcode
        return code

    def _hear(self) -> Any:
        with suppress(EOFError, OSError):  # a killed process may leave half a report
            return self._connection.recv()
        return None


def _context(door: Door) -> Any:
    """Return what makes processes that share nothing with this one, where possible from one that has imported all."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["__main__", work.__module__, door.backend_class.__module__, *_modules_of_backends()]
    )
    return context


@functools.cache
def _modules_of_backends() -> tuple[str, ...]:
    """Return what workers import, of all that is installed: one server starts every one of them."""
    roots = {plugin.module.partition(".")[0] for plugin in entry_points(group="trialstore")}
    return ("trialstore.factory", "jsonschema", *chain.from_iterable(map(_modules_in, sorted(roots))))


def _modules_in(root: str) -> list[str]:
    try:
        package = import_module(root)
    except ImportError:  # a backend whose driver is not there
        return []
    return [module.name for module in walk_packages(getattr(package, "__path__", ()), f"{root}.")]


class Crew:
    """Worker processes that begin a job at the same moment.

    Parameters
    ----------
    door
        The storage under test.
    job
        The job; each worker gets the arguments and its ``number``, from 0.
    size
        How many workers.
    """

    def __init__(self, door: Door, job: str, size: int, **arguments: Any) -> None:
        self._workers = [Worker(door, job, number=number, **arguments) for number in range(size)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for worker in self._workers:
            worker.kill()
            worker.end()

    def results(self) -> list[list[Any]]:
        """Let all begin and return what each reported, once all have ended well."""
        for worker in self._workers:
            worker.wait_until_ready()
        for worker in self._workers:
            worker.go()
        reports = [list(worker.reports()) for worker in self._workers]
        codes = [worker.end() for worker in self._workers]
        assert not any(codes), f"worker processes ended with {codes}; their errors are in the captured stderr"
        return reports


def results_of(door: Door, job: str, size: int, **arguments: Any) -> list[list[Any]]:
    """Return what each worker of a crew reported."""
    with Crew(door, job, size, **arguments) as crew:
        return crew.results()
