"""Builds pandas frames column by column, with exact values.

A column is `int64` if all its values are int (`Int64` if some rows lack one), `float64` for floats (a row without one
is NaN), `bool` (or `boolean`), and `str`. A mixture of types, or a None, gives `object` with the values as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from trialstore.times import Micros

Column: TypeAlias = "pd.Series[Any]"


class _Absent:
    """What a row has in a column that it lacks."""


ABSENT = _Absent()
_NAT = np.iinfo(np.int64).min


class Columns:
    """Collects rows of named values into columns."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = {}
        self._rows = 0

    def extend(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows; the names that one lacks are absent in it."""
        for name in set(chain.from_iterable(rows)):
            column = self._values.setdefault(name, [])
            column.extend([ABSENT] * (self._rows - len(column)))
            column.extend([row.get(name, ABSENT) for row in rows])
        self._rows += len(rows)

    def frame(self, prefix: str) -> pd.DataFrame:
        """Return the columns, sorted by name, each name behind `prefix`."""
        columns = {prefix + name: column(self._filled(name)) for name in sorted(self._values)}
        return pd.DataFrame(columns, index=pd.RangeIndex(self._rows))

    def _filled(self, name: str) -> list[Any]:
        values = self._values[name]
        return values + [ABSENT] * (self._rows - len(values))


def column(values: Sequence[Any]) -> Column:
    """Return values, some of which may be `ABSENT`, as a column of the dtype that keeps them exactly."""
    kinds = set(map(type, values))
    if _Absent not in kinds:
        return _full_column(values, kinds)
    kinds.discard(_Absent)
    mask = np.fromiter((value is ABSENT for value in values), dtype=bool, count=len(values))
    return _partial_column(values, kinds, mask)


def texts(values: Iterable[str]) -> Column:
    """Return a column of strings."""
    return pd.Series(list(values), dtype="str")


def objects(values: Sequence[Any]) -> Column:
    """Return a column that holds the values themselves."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return pd.Series(array, dtype=object)


def integers(values: Iterable[int]) -> Column:
    """Return a column of integers."""
    return pd.Series(np.fromiter(values, dtype="int64"))


def flags(values: Iterable[bool]) -> Column:
    """Return a column of booleans."""
    return pd.Series(np.fromiter(values, dtype="bool"))


def times(values: Iterable[Micros | None]) -> Column:
    """Return a column of UTC times with microseconds; None is NaT."""
    array = np.fromiter((_NAT if value is None else value for value in values), dtype="int64")
    return pd.Series(pd.DatetimeIndex(array.view("M8[us]")).tz_localize("UTC"))


def key_value_frame(key: str, values: Mapping[str, Any]) -> pd.DataFrame:
    """Return a frame with the columns `key` and ``value``, sorted by key."""
    items = sorted(values.items())
    return pd.DataFrame(
        {key: texts(name for name, _ in items), "value": column([value for _, value in items])}
    )


def _full_column(values: Sequence[Any], kinds: set[type]) -> Column:
    if kinds == {str}:
        return texts(values)
    if kinds in ({int}, {float}, {bool}):
        return pd.Series(np.array(values, dtype={int: "int64", float: "float64", bool: "bool"}[kinds.pop()]))
    return objects(values)


def _partial_column(
    values: Sequence[Any], kinds: set[type], mask: np.ndarray[Any, np.dtype[np.bool_]]
) -> Column:
    if kinds == {int}:
        return pd.Series(pd.arrays.IntegerArray(np.array(_filled(values, 0), dtype="int64"), mask))
    if kinds == {bool}:
        return pd.Series(pd.arrays.BooleanArray(np.array(_filled(values, filling=False), dtype="bool"), mask))
    filled = _filled(values, np.nan)
    if kinds == {str}:
        return pd.Series(filled, dtype="str")
    return pd.Series(np.array(filled, dtype="float64")) if kinds == {float} else objects(filled)


def _filled(values: Sequence[Any], filling: Any) -> list[Any]:
    return [filling if value is ABSENT else value for value in values]
