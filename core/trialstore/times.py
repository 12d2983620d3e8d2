"""Times: naive means local on the way in, everything is UTC with exact microseconds inside.

Between the core and a backend a time is an integer number of microseconds since the Unix epoch,
because engines differ in what their own date types keep (MongoDB: milliseconds).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from trialstore.errors import CorruptStorageError, InvalidInputError

__all__ = [
    "Micros",
    "from_micros",
    "now_micros",
    "to_duration",
    "to_micros",
]

Micros: TypeAlias = int
"""Microseconds since 1970-01-01T00:00:00Z."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_micros() -> Micros:
    """Return the current time of this machine's clock."""
    return time.time_ns() // 1000


def to_micros(when: datetime, what: str = "time") -> Micros:
    """Return `when` as microseconds since the epoch; a naive datetime is local time, `fold` honoured.

    Raises
    ------
    InvalidInputError
        If `when` is no datetime, is NaT, has nanoseconds that would be cut off, or leaves the years 1 to 9999.
    """
    moment = when if type(when) is datetime else _plain(when, what)
    try:
        since = (moment if moment.tzinfo is UTC else moment.astimezone(UTC)) - _EPOCH
    except (OverflowError, OSError, ValueError) as error:
        raise InvalidInputError(f"{what} is outside the years 1 to 9999 in UTC: {when!r}") from error
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


def from_micros(micros: Micros) -> datetime:
    """Return the timezone-aware UTC datetime of `micros`."""
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except (OverflowError, TypeError) as error:
        raise CorruptStorageError(f"a stored time is no number of microseconds: {micros!r}") from error


def to_duration(duration: timedelta | float, what: str = "lease") -> Micros:
    """Return a positive duration, a timedelta or a number of seconds, in microseconds.

    Raises
    ------
    InvalidInputError
        If it is neither, shorter than a microsecond, or longer than a hundred years.
    """
    if isinstance(duration, bool) or not isinstance(duration, (int, float, timedelta)):
        raise InvalidInputError(f"{what} must be a timedelta or a number of seconds, not {duration!r}")
    seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
    if not 0.000_001 <= seconds <= 100 * 365 * 86_400:
        raise InvalidInputError(
            f"{what} must be at least a microsecond and at most a hundred years, not {duration!r}"
        )
    return round(seconds * 1_000_000)


def _plain(when: Any, what: str) -> datetime:
    """Return an exact datetime: a subclass may convert otherwise, as pandas refuses to for a naive one."""
    # pandas' NaT calls itself a datetime, but is not even equal to itself.
    if not isinstance(when, datetime) or when != when:  # noqa: PLR0124
        raise InvalidInputError(f"{what} must be a datetime, not {when!r}")
    if getattr(when, "nanosecond", 0):
        raise InvalidInputError(
            f"{what} has nanoseconds, which cannot be stored exactly: {when!r}; round it to 'us'"
        )
    return datetime.combine(when.date(), when.timetz())
