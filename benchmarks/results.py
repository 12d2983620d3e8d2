"""What has been measured, as it is kept in a file."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import msgspec
from msgspec import Struct


class Measurement(Struct, frozen=True, kw_only=True):
    """What one subject has needed for one kind of work."""

    case: str
    measure: str
    engine: str
    subject: str
    n: int
    """Trials that are there already, or that are read."""
    processes: int
    rounds: list[float]
    """Seconds for a unit of the work, in each round."""
    calls: float
    """Statements or commands for a unit."""
    peak_bytes: int
    """By how much the highest use of memory rose, in the median round."""
    taken_twice: int = 0
    """How many trials were claimed by two processes."""

    @property
    def seconds(self) -> float:
        """The median."""
        return median(self.rounds)


class Failure(Struct, frozen=True):
    """A subject that did not get through its work."""

    case: str
    engine: str
    subject: str
    n: int
    processes: int
    reason: str


class Profile(Struct, frozen=True, kw_only=True):
    """Where the time of trialstore goes."""

    case: str
    measure: str
    engine: str
    n: int
    calls: float
    """Statements or commands for a unit."""
    seconds: float
    """Of the whole run, under the profiler."""
    functions: list[tuple[str, int, float]]
    """The fifteen that take longest, with the number of their calls and the seconds in them alone."""


class Results(Struct, kw_only=True):
    """All that one run of the command has found out."""

    made_on: str
    machine: dict[str, str]
    versions: dict[str, str]
    durability: dict[str, str]
    settings: dict[str, str]
    measurements: list[Measurement] = []
    failures: list[Failure] = []
    profiles: list[Profile] = []

    def find(
        self, measure: str, engine: str, subject: str = "trialstore", n: int = 0, processes: int = 1
    ) -> Measurement | None:
        """Return a measurement, if it has been made."""
        wanted = (measure, engine, subject, n, processes)
        for each in self.measurements:
            if (each.measure, each.engine, each.subject, each.n, each.processes) == wanted:
                return each
        return None


def read(file: Path) -> Results:
    """Return the results in a file."""
    return msgspec.json.decode(file.read_bytes(), type=Results)


def write(results: Results, file: Path) -> None:
    """Write results into a file."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
