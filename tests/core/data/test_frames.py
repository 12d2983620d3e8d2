"""Columns keep exact values, in the narrowest type that does."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialstore.data._frames import ABSENT, Columns, column, integers, key_value_frame, objects, texts, times
from trialstore_conformance.strategies import exact, metadata, moments, scalar_dicts, scalars

STR = pd.Series([], dtype="str").dtype
"""What this version of pandas understands by ``str``."""
BIG = 2**63 - 1


@pytest.mark.contract(29)
@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, BIG, -(2**63)], "int64"),
        ([1, ABSENT, BIG], "Int64"),
        ([0.1 + 0.2, math.nan, -0.0], "float64"),
        ([0.1 + 0.2, ABSENT, math.inf], "float64"),
        ([True, False], "bool"),
        ([True, ABSENT], "boolean"),
        (["007", "nan", ""], STR),
        (["007", ABSENT, "None"], STR),
        ([1, 1.0], "object"),
        ([1, True], "object"),
        ([1, "1"], "object"),
        ([1, None], "object"),
        ([None, None], "object"),
        ([1, None, ABSENT], "object"),
        ([1.5, True, ABSENT], "object"),
        ([None, ABSENT], "object"),
        (["a", None], "object"),
        ([[1, 2], [3, 4]], "object"),
        ([[1], {"a": [2]}, "b"], "object"),
        ([], "object"),
    ],
    ids=lambda given: str(
        ["absent" if value is ABSENT else value for value in given] if isinstance(given, list) else given
    ),
)
def test_the_type_of_a_column_is_that_of_all_its_values(values: list[Any], dtype: Any) -> None:
    made = column(values)
    assert made.dtype == dtype
    present = [(a, b) for a, b in zip(made.tolist(), values, strict=True) if b is not ABSENT]
    assert exact([a for a, _ in present]) == exact([b for _, b in present])


@pytest.mark.contract(29)
@pytest.mark.parametrize("present", [1, 1.5, True, "a"], ids=repr)
def test_what_a_row_lacks_is_missing_in_pandas_sense_but_a_none_is_a_none(present: Any) -> None:
    assert column([present, ABSENT, present]).isna().tolist() == [False, True, False]
    mixed = column([present, ABSENT, None]).tolist()
    assert exact(mixed) == exact([present, math.nan, None])


def test_the_largest_integer_survives_beside_an_absent_one() -> None:
    made = column([BIG, ABSENT, BIG - 1])
    assert [int(made[0]), made[1], int(made[2])] == [BIG, pd.NA, BIG - 1]


@pytest.mark.contract(29)
@settings(deadline=None)  # pandas may take its time
@given(st.lists(scalars() | st.just(ABSENT), max_size=6))
def test_every_value_survives_in_a_column(values: list[Any]) -> None:
    made = column(values).tolist()
    assert len(made) == len(values)
    for shown, value in zip(made, values, strict=True):
        if value is ABSENT:
            assert pd.isna(shown)
        else:
            assert exact(shown) == exact(value)


@settings(deadline=None)  # pandas may take its time
@given(st.lists(metadata(), max_size=4))
def test_rows_become_columns_sorted_by_name_with_gaps_where_a_row_lacks_one(
    rows: list[dict[str, Any]],
) -> None:
    columns = Columns()
    columns.extend(rows[:2])
    columns.extend(rows[2:])
    frame = columns.frame("config.")
    assert frame.columns.tolist() == sorted({f"config.{name}" for row in rows for name in row})
    assert frame.index.tolist() == list(range(len(rows)))
    for number, row in enumerate(rows):
        shown = {name.removeprefix("config."): frame[name].tolist()[number] for name in frame.columns}
        assert exact({name: shown[name] for name in row}) == exact(row)
        assert all(pd.isna(shown[name]) for name in shown.keys() - row.keys())


@settings(deadline=None)  # pandas may take its time
@given(scalar_dicts())
def test_a_frame_of_keys_and_values_is_sorted_by_key(values: dict[str, Any]) -> None:
    frame = key_value_frame("parameter", values)
    assert frame.columns.tolist() == ["parameter", "value"]
    assert frame["parameter"].dtype == STR
    assert exact(dict(zip(frame["parameter"], frame["value"].tolist(), strict=True))) == exact(values)
    assert frame["parameter"].tolist() == sorted(values)


@settings(deadline=None)  # pandas may take its time
@given(st.lists(moments() | st.none(), max_size=4))
def test_times_are_utc_with_microseconds_and_nat_where_there_is_none(micros: list[int | None]) -> None:
    made = times(micros)
    assert made.dtype == pd.DatetimeTZDtype("us", "UTC")
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for shown, expected in zip(made, micros, strict=True):
        assert (
            pd.isna(shown)
            if expected is None
            else (shown.to_pydatetime() - epoch) // timedelta(microseconds=1) == expected
        )


def test_columns_of_one_kind_have_its_type_also_without_rows() -> None:
    assert texts(iter(["a"])).dtype == texts([]).dtype == STR
    assert integers([1]).dtype == integers([]).dtype == np.dtype("int64")
    assert objects([1, None]).tolist() == [1, None]
    assert objects([]).dtype == np.dtype(object)
