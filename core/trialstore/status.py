"""The status of a trial."""

from __future__ import annotations

from enum import Enum
from typing import Any

from trialstore.errors import CorruptStorageError

__all__ = [
    "COMPLETED",
    "Status",
]


class Status(Enum):
    """The status of a trial; names and numbers are those of `mlos_bench`."""

    UNKNOWN = 0
    PENDING = 1
    READY = 2
    RUNNING = 3
    SUCCEEDED = 4
    CANCELED = 5
    FAILED = 6
    TIMED_OUT = 7

    @classmethod
    def parse(cls, status: Any) -> Status:
        """Return the status that a status, name (in any case), number or its text stands for.

        Everything else is `UNKNOWN`.
        """
        if isinstance(status, cls):
            return status
        if isinstance(status, str):
            return cls._parse_text(status.strip())
        if isinstance(status, int) and not isinstance(status, bool):
            return cls._from_number(status)
        return cls.UNKNOWN

    @classmethod
    def _parse_text(cls, text: str) -> Status:
        if text.isdecimal() and len(text) < 20:
            return cls._from_number(int(text))
        return cls.__members__.get(text.upper(), cls.UNKNOWN)

    @classmethod
    def _from_number(cls, number: int) -> Status:
        return cls(number) if 0 <= number < len(cls) else cls.UNKNOWN

    @staticmethod
    def completed_statuses() -> frozenset[Status]:
        """Return the statuses that end a trial, for good."""
        return COMPLETED

    def is_good(self) -> bool:
        """Tell whether the trial may still succeed, or has."""
        return self in _GOOD

    def is_completed(self) -> bool:
        """Tell whether the trial has ended, in whatever way."""
        return self in COMPLETED

    def is_unknown(self) -> bool:
        """Tell whether the status is `UNKNOWN`."""
        return self is Status.UNKNOWN

    def is_pending(self) -> bool:
        """Tell whether the status is `PENDING`."""
        return self is Status.PENDING

    def is_ready(self) -> bool:
        """Tell whether the status is `READY`."""
        return self is Status.READY

    def is_running(self) -> bool:
        """Tell whether the status is `RUNNING`."""
        return self is Status.RUNNING

    def is_succeeded(self) -> bool:
        """Tell whether the status is `SUCCEEDED`."""
        return self is Status.SUCCEEDED

    def is_canceled(self) -> bool:
        """Tell whether the status is `CANCELED`."""
        return self is Status.CANCELED

    def is_failed(self) -> bool:
        """Tell whether the status is `FAILED`."""
        return self is Status.FAILED

    def is_timed_out(self) -> bool:
        """Tell whether the status is `TIMED_OUT`."""
        return self is Status.TIMED_OUT


COMPLETED = frozenset({Status.SUCCEEDED, Status.CANCELED, Status.FAILED, Status.TIMED_OUT})
_BY_NUMBER = {status.value: status for status in Status}
_GOOD = frozenset({Status.PENDING, Status.READY, Status.RUNNING, Status.SUCCEEDED})


def stored_status(number: Any) -> Status:
    """Return the status that an engine has stored as `number`.

    Raises
    ------
    CorruptStorageError
        If no status has that number.
    """
    try:
        return _BY_NUMBER[number]
    except (KeyError, TypeError) as error:
        raise CorruptStorageError(
            f"{number!r} is stored as a status, but no status has that number"
        ) from error
