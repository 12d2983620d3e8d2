"""What becomes of a trial in the hands of a worker."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from signal import Signals
from typing import Any

from trialstore import rules
from trialstore.errors import InvalidInputError
from trialstore.status import Status

MAX_REASON_LENGTH = 1000
"""In code points, of a reason that is made of an error."""


class Outcome(Enum):
    """How a trial left the worker that had claimed it."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELED = "canceled"
    """The function itself stored that it was canceled."""
    RELEASED = "released"
    """It was given back unfinished."""
    LOST = "lost"
    """Another runner took it over, somebody canceled or deleted it, or the storage was out of reach for too long."""

    @classmethod
    def of(cls, status: Status) -> Outcome:
        """Return the outcome of a trial that the function itself completed or gave back."""
        return cls[status.name] if status.is_completed() else cls.RELEASED


@dataclass(frozen=True)
class Completion:
    """How a trial ended, for a function that has more to say than the metrics of a success.

    Parameters
    ----------
    status
        A completion: SUCCEEDED, FAILED, TIMED_OUT or CANCELED.
    metrics
        Metric names to values; only SUCCEEDED needs them.
    reason
        Why, for the history.
    """

    status: Status
    metrics: Mapping[str, Any] | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if not rules.check_status(self.status).is_completed():
            raise InvalidInputError(f"{self.status.name} is not a completion: a trial cannot end with it")


@dataclass(frozen=True, kw_only=True)
class WorkerResult:
    """What became of the trials of one run of a worker: a number for each `Outcome`."""

    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    canceled: int = 0
    released: int = 0
    lost: int = 0
    stopped: bool = False
    """Whether it was told to stop, by a signal or by `Worker.stop`."""
    signal: Signals | None = None
    """The signal that stopped it."""


def described(error: BaseException) -> str:
    """Return type and message of an error as text that can be stored, whatever they are."""
    text = "".join(traceback.format_exception_only(error)).strip()
    return storable(text if len(text) <= MAX_REASON_LENGTH else f"{text[: MAX_REASON_LENGTH - 1]}…")


def storable(text: str) -> str:
    r"""Return text with what no engine can hold, NUL and lone surrogates, escaped.

    Examples
    --------
    >>> storable("a\0b\udc80")
    'a\\x00b\\udc80'
    """
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
