"""What the process that runs the tests tells the one that shows them: plain values, which travel through a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

__all__ = ["Begun", "Chosen", "Ended", "Event", "Failure", "Outcome", "State"]


class State(Enum):
    """What became of a test, or of a sentence."""

    PASSED = "passed"
    FAILED = "broken"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test failed, for somebody who wants to repeat it."""

    what: str
    """The assertion with its full diff, or the error."""
    example: str = ""
    """The least that fails: the calls that a search has found, or the test with the failing line marked."""
    frames: tuple[str, ...] = ()
    """The way from that line to where the error was raised."""
    output: str = ""
    """What the test and its processes wrote to stderr."""

    @property
    def parts(self) -> dict[str, str]:
        """What is known, each part under its title."""
        parts = {
            "What failed": self.what,
            "Where the error was raised": "\n".join(self.frames),
            "The least that fails": self.example,
            "What it wrote to stderr": self.output,
        }
        return {title: text for title, text in parts.items() if text}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test."""

    name: str
    concern: str
    """The part of the suite that it belongs to."""
    sentences: tuple[str, ...]
    """The numbers of the sentences that it checks."""
    state: State
    why: str = ""
    """Why it was not checked, if it was not."""
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """How many tests will run; if none, which ones may have been meant."""

    count: int
    close: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """A test that runs now."""

    name: str
    concern: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of the process that ran the tests, with its exit code."""

    code: int


Event: TypeAlias = Chosen | Begun | Outcome | Ended
