"""A subject in its process, and the clock."""

from __future__ import annotations

import cProfile
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, TypedDict

from benchmarks.drivers import Calls
from benchmarks.memory import Watermark
from benchmarks.subject import Address, Subject


class Job(TypedDict):
    """What a process is told."""

    module: str
    """Of the subject."""
    address: Address
    case: str
    n: int
    seed: int
    """Other than in any other process of this run."""
    seconds: float
    """How long each measurement goes on; it does its work at least once."""
    layout: Sequence[tuple[str, int, int]]
    """Experiments to fill before anything is timed, with so many ended and so many waiting trials."""
    only: str
    """The one measurement that is wanted, or empty for all of the case."""
    profile: bool


class Sample(TypedDict):
    """One measurement."""

    seconds: float
    units: int
    calls: int
    peak_bytes: int
    began: float
    ended: float
    ids: list[int]
    """Of the trials that were claimed."""


class Bench:
    """A subject in its process.

    Parameters
    ----------
    subject
        What is timed.
    job
        What to do with it.
    calls
        Counts what drivers are asked for.
    ready
        Called when all is prepared; returns when the clock may start.
    """

    def __init__(self, subject: Subject, job: Job, calls: Calls, ready: Callable[[], None]) -> None:
        self.subject = subject
        self.job = job
        self.ready = ready
        self.numbers = count(job["seed"] * 1_000_000 + 1)
        self.forget()
        self._calls = calls

    def forget(self) -> None:
        """Begin anew, with nothing measured."""
        self.profiler = cProfile.Profile() if self.job["profile"] else None
        self.samples: dict[str, Sample] = {}

    def measure(
        self,
        name: str,
        work: Callable[[Any], int | None],
        prepare: Callable[[], Any] = lambda: None,
        most: int = 1_000_000,
    ) -> None:
        """Repeat some work until its time is over; it returns how many units it has done, or None to end.

        What `prepare` does for each repetition, whose result the work is given, is not timed.
        """
        if self.job["only"] not in {"", name}:
            return
        sample = self.samples[name] = _sample()
        watermark = Watermark()
        for _ in range(most):
            if not self._time(sample, work, prepare()) or sample["seconds"] >= self.job["seconds"]:
                break
        sample["ended"] = time.monotonic()
        sample["peak_bytes"] = watermark.rise()

    def _time(self, sample: Sample, work: Callable[[Any], int | None], prepared: Any) -> bool:
        before = self._calls.number
        if self.profiler:
            self.profiler.enable()
        began = time.perf_counter()
        units = work(prepared)
        seconds = time.perf_counter() - began
        if self.profiler:
            self.profiler.disable()
        if units is not None:
            sample["seconds"] += seconds
            sample["units"] += units
            sample["calls"] += self._calls.number - before
        return units is not None

    def add_and_run(self) -> tuple[Any, int]:
        """Return a running trial, and its number."""
        number = next(self.numbers)
        [trial] = self.subject.add([number])
        self.subject.run(trial)
        return trial, number

    def batch(self, size: int) -> Sequence[int]:
        """Return numbers that nobody has used."""
        first = next(self.numbers)
        self.numbers = count(first + size)
        return range(first, first + size)


def _sample() -> Sample:
    return Sample(seconds=0.0, units=0, calls=0, peak_bytes=0, began=time.monotonic(), ended=0.0, ids=[])
