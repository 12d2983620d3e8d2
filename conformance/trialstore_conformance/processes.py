"""Real processes for the tests: started together, answering in lines of JSON, killed when a test says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any, Self

from trialstore_conformance.door import Door

PATIENCE_SECONDS = 120.0
"""After that a worker process is taken for hung, and killed."""


class Worker:
    """A process that does one of the jobs of `trialstore_conformance.worker` on the storage under test."""

    def __init__(self, door: Door, job: str, **arguments: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "trialstore_conformance.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(str(Path(path).absolute()) for path in sys.path),
            },
        )
        self._watchdog = Timer(PATIENCE_SECONDS, self._process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()
        self._say({"config": door.config, "plugins": door.plugins, "job": job, "arguments": arguments})

    def wait_until_ready(self) -> None:
        """Wait until it has imported everything and stands before the storage."""
        assert self._hear() == "ready", "a worker process did not start; its error is in the captured stderr"

    def go(self) -> None:
        """Let it begin."""
        self._say("go")

    def reports(self) -> Iterator[Any]:
        """Yield what it reports, until it ends."""
        while (report := self._hear()) is not None:
            yield report

    def kill(self) -> None:
        """Kill it as the out-of-memory killer would."""
        self._process.kill()

    def end(self) -> int:
        """Wait for its end and return its exit code."""
        code = self._process.wait()
        self._watchdog.cancel()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        return code

    def _say(self, message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line.endswith("\n") else None  # a killed process may leave half a line


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
