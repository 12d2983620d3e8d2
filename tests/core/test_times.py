"""Times: local unless they say otherwise, exact to the microsecond, in UTC inside."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialstore import Experiment, Status, Storage
from trialstore.errors import CorruptStorageError, InvalidInputError
from trialstore.times import from_micros, now_micros, to_duration, to_micros

FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
HOUR = 3_600_000_000
utc = partial(datetime, tzinfo=UTC)
local = partial(datetime, tzinfo=None)
HUNDRED_YEARS = timedelta(days=36_500)

offsets = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)


class NewYork(tzinfo):
    """A zone that leaves daylight saving time on 2024-11-03 at 2 o'clock, and knows only that day."""

    def utcoffset(self, when: datetime | None) -> timedelta:
        is_summer = when is not None and when.hour < 2 and not when.fold
        return timedelta(hours=-4 if is_summer else -5)

    def dst(self, when: datetime | None) -> timedelta:
        return self.utcoffset(when) + timedelta(hours=5)

    def tzname(self, when: datetime | None) -> str:
        return f"UTC{self.utcoffset(when)}"


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process live in New York."""
    if not hasattr(time, "tzset"):
        pytest.skip("needs time.tzset")
    monkeypatch.setenv("TZ", "EST5EDT,M3.2.0,M11.1.0")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.contract(32)
@pytest.mark.usefixtures("new_york")
@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (local(2024, 1, 1, 12, 0, 0, 123_457), utc(2024, 1, 1, 17, 0, 0, 123_457)),
        (local(2024, 7, 1, 12), utc(2024, 7, 1, 16)),
        (local(1960, 1, 1), utc(1960, 1, 1, 5)),
        (local(2024, 11, 3, 1, 30, fold=0), utc(2024, 11, 3, 5, 30)),
        (local(2024, 11, 3, 1, 30, fold=1), utc(2024, 11, 3, 6, 30)),
    ],
    ids=["winter", "summer", "before 1970", "first 1:30", "second 1:30"],
)
def test_a_naive_time_is_local_with_its_fold(when: datetime, expected: datetime) -> None:
    assert from_micros(to_micros(when)) == expected
    assert from_micros(to_micros(pd.Timestamp(when))) == expected


@pytest.mark.contract(32)
@pytest.mark.parametrize("fold", [0, 1])
def test_the_fold_counts_in_an_explicit_zone_too(fold: int) -> None:
    when = datetime(2024, 11, 3, 1, 30, fold=fold, tzinfo=NewYork())
    assert from_micros(to_micros(when)) == utc(2024, 11, 3, 5 + fold, 30)


@pytest.mark.contract(32)
@pytest.mark.usefixtures("new_york")
def test_times_of_a_trial_are_local_on_the_way_in_and_utc_on_the_way_out(
    storage: Storage, plain: Experiment
) -> None:
    first, second = (local(2024, 11, 3, 1, 30, 0, 123_457, fold=fold) for fold in (0, 1))
    trial = plain.new_trial({}, first)
    trial.update_telemetry(Status.RUNNING, first, [(second, "cpu", 1)])
    trial.update(Status.SUCCEEDED, second, {})
    shown = storage.experiments["plain"].trials[1]
    start, end = utc(2024, 11, 3, 5, 30, 0, 123_457), utc(2024, 11, 3, 6, 30, 0, 123_457)
    assert (shown.ts_start, shown.ts_end) == (start, end)
    assert shown.ts_start.tzinfo is UTC
    assert plain.load_telemetry(1) == [(end, "cpu", 1)]
    assert shown.telemetry_df["ts"].tolist() == [pd.Timestamp(end)]


@pytest.mark.contract(32)
@given(st.datetimes(timezones=st.just(UTC)))
def test_every_microsecond_of_the_years_1_to_9999_survives(when: datetime) -> None:
    back = from_micros(to_micros(when))
    assert back == when
    assert back.tzinfo is UTC


@given(st.integers(FIRST, LAST))
def test_every_number_of_microseconds_survives(micros: int) -> None:
    assert to_micros(from_micros(micros)) == micros


@given(st.datetimes(local(1, 1, 2), local(9999, 12, 30), timezones=offsets))
def test_any_zone_will_do(when: datetime) -> None:
    naive = when.replace(tzinfo=None, fold=0)
    offset = when.utcoffset()
    assert offset is not None
    assert to_micros(when) == to_micros((naive - offset).replace(tzinfo=UTC))
    assert from_micros(to_micros(when)) == when


@pytest.mark.parametrize(
    ("when", "micros"),
    [
        (utc(1, 1, 1), FIRST),
        (utc(1969, 12, 31, 23, 59, 59, 999_999), -1),
        (utc(1970, 1, 1), 0),
        (utc(2023, 11, 14, 22, 13, 20, 123_457), 1_700_000_000_123_457),
        (datetime.max.replace(tzinfo=UTC), LAST),
        (datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=-1))), 2 * HOUR),
        (pd.Timestamp("1970-01-01T00:00:01.000001", tz="UTC"), 1_000_001),
        (pd.Timestamp("1970-01-01T02:00+02:00"), 0),
        (pd.Timestamp(utc(1, 1, 1)), FIRST),
        (pd.Timestamp(datetime.max.replace(tzinfo=UTC)), LAST),
    ],
    ids=str,
)
def test_times_are_microseconds_since_1970_in_utc(when: datetime, micros: int) -> None:
    assert to_micros(when) == micros
    assert type(to_micros(when)) is int


@pytest.mark.parametrize(
    "when",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
        pd.Timestamp(datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))),
    ],
    ids=["before year 1", "after year 9999", "before year 1, of pandas"],
)
def test_a_time_that_leaves_the_years_1_to_9999_in_utc_is_refused(when: datetime) -> None:
    with pytest.raises(InvalidInputError, match="ts_start is outside the years 1 to 9999 in UTC"):
        to_micros(when, "ts_start")


@pytest.mark.usefixtures("new_york")
def test_a_naive_time_that_leaves_the_years_in_utc_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="outside the years 1 to 9999 in UTC"):
        to_micros(local(9999, 12, 31, 23))


def test_nanoseconds_are_refused_rather_than_cut_off() -> None:
    when = pd.Timestamp("2024-01-01T00:00:00.000000001", tz="UTC")
    with pytest.raises(InvalidInputError, match=r"ts_end has nanoseconds.*round it to 'us'"):
        to_micros(when, "ts_end")
    assert from_micros(to_micros(when.round("us"), "ts_end")) == utc(2024, 1, 1)


@pytest.mark.parametrize(
    "when",
    [None, 0, 1.5, "2024-01-01", date(2024, 1, 1), np.datetime64("2024-01-01"), pd.NaT],
    ids=lambda when: type(when).__name__,
)
def test_what_is_no_time_is_refused(when: Any) -> None:
    with pytest.raises(InvalidInputError, match="timestamp must be a datetime, not"):
        to_micros(when, "timestamp")


def test_now_is_now_by_the_clock_of_this_machine() -> None:
    before, now, after = datetime.now(UTC), from_micros(now_micros()), datetime.now(UTC)
    assert before <= now <= after


@pytest.mark.parametrize(
    ("duration", "micros"),
    [
        (1, 1_000_000),
        (0.25, 250_000),
        (0.000_001, 1),
        (np.float64(2), 2_000_000),
        (timedelta(microseconds=1), 1),
        (timedelta(minutes=1), 60_000_000),
        (pd.Timedelta("1min"), 60_000_000),
        (HUNDRED_YEARS, 36_500 * 24 * HOUR),
    ],
    ids=repr,
)
def test_durations_are_timedeltas_or_seconds(duration: Any, micros: int) -> None:
    assert to_duration(duration) == micros
    assert type(to_duration(duration)) is int


@given(st.timedeltas(timedelta(microseconds=1), HUNDRED_YEARS))
def test_durations_are_exact(duration: timedelta) -> None:
    assert timedelta(microseconds=to_duration(duration)) == duration


@pytest.mark.parametrize(
    "duration",
    [0, -1, 1e-9, float("nan"), float("inf"), timedelta(0), timedelta(-1), HUNDRED_YEARS * 2, 10**400],
    ids=lambda duration: str(duration)[:9],
)
def test_durations_are_positive_and_end_within_a_hundred_years(duration: Any) -> None:
    with pytest.raises(
        InvalidInputError, match="lease must be at least a microsecond and at most a hundred years"
    ):
        to_duration(duration)


@pytest.mark.parametrize("duration", [None, True, "60", np.timedelta64(1, "s")], ids=repr)
def test_what_is_no_duration_is_refused(duration: Any) -> None:
    with pytest.raises(InvalidInputError, match="patience must be a timedelta or a number of seconds"):
        to_duration(duration, "patience")


@pytest.mark.parametrize("stored", [10**18, -(10**18), "abc"])
def test_a_stored_time_that_is_none_is_named_as_damage(stored: Any) -> None:
    with pytest.raises(CorruptStorageError, match="no number of microseconds"):
        from_micros(stored)
