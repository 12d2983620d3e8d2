"""The processes in which subjects work, seen from the one that commands them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, Self

from benchmarks.bench import Job, Sample

ROOT = Path(__file__).parents[1]
LONGEST = 900
"""Seconds after which a process is taken to hang."""
USUAL = {"PYTHONDONTWRITEBYTECODE": ""}
"""Without what is kept compiled, nearly all of the time of an import goes into compiling."""
IMPORT = """
import time
began = time.perf_counter()
import {module}
print(time.perf_counter() - began)
"""


class SubjectError(RuntimeError):
    """A subject failed at its work."""


class Worker:
    """A process that does one job.

    Parameters
    ----------
    python
        The interpreter of the subject's environment.
    job
        What to do.
    folder
        Where it runs.
    environment
        Variables beside those of this process.
    """

    def __init__(
        self, python: Path, job: Job, folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._job = job
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - __exit__ closes it
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            cwd=folder,
            env={**os.environ, **USUAL, "PYTHONPATH": str(ROOT), **(environment or {})},
        )
        self._guard = Timer(LONGEST, self._process.kill)
        self._guard.daemon = True
        self._guard.start()
        self._tell(json.dumps(job))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._guard.cancel()
        self._errors.close()

    def wait_until_ready(self) -> None:
        """Return when the process has prepared all and waits for `go`."""
        self._hear()

    def go(self) -> None:
        """Let it start its clock."""
        self._tell("go")

    def result(self) -> dict[str, Any]:
        """Return its answer, after its end."""
        answer: dict[str, Any] = json.loads(self._hear())
        self._process.wait()
        return answer

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._errors.seek(0)
            raise SubjectError(
                f"{self._job['module']} failed at {self._job['case']}:\n{self._errors.read()[-2000:]}"
            )
        return line


def work_together(workers: Sequence[Worker]) -> list[dict[str, Any]]:
    """Let processes begin at the same moment, and return their answers."""
    with ExitStack() as stack:
        for worker in workers:
            stack.enter_context(worker)
        for worker in workers:
            worker.wait_until_ready()
        for worker in workers:
            worker.go()
        return [worker.result() for worker in workers]


def seconds_per_unit(samples: Sequence[Sample]) -> float:
    """Return the time that a unit takes; of several processes, from the first beginning to the last end."""
    units = sum(sample["units"] for sample in samples)
    if len(samples) == 1:
        return samples[0]["seconds"] / units
    return (max(s["ended"] for s in samples) - min(s["began"] for s in samples)) / units


def seconds_to_import(python: Path, module: str) -> float:
    """Return how long a fresh interpreter takes to import a module."""
    code = IMPORT.format(module=module)
    done = subprocess.run(
        [python, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **USUAL},
    )
    return float(done.stdout.split()[-1])
