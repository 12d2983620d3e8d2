"""From frames of keys and values back to dicts."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings

from trialstore import kv_df_to_dict
from trialstore.data._frames import key_value_frame
from trialstore.errors import InvalidInputError
from trialstore_conformance.strategies import exact, scalar_dicts

pytestmark = pytest.mark.contract(30)


@pytest.mark.parametrize("key", ["parameter", "metric"])
def test_a_frame_of_keys_and_values_becomes_a_dict(key: str) -> None:
    frame = pd.DataFrame({key: ["b", "a"], "value": pd.Series([1, "x"], dtype=object)})
    assert kv_df_to_dict(frame) == {"b": 1, "a": "x"}


@settings(deadline=None)  # pandas may take its time
@given(scalar_dicts())
def test_frames_of_data_objects_come_back_with_values_and_types(values: dict[str, Any]) -> None:
    assert exact(kv_df_to_dict(key_value_frame("metric", values))) == exact(values)


def test_scalars_of_pandas_become_plain() -> None:
    frame = pd.DataFrame({"metric": ["a", "b"], "value": pd.array([1, None], dtype="Int64")})
    assert exact(kv_df_to_dict(frame)) == exact({"a": 1, "b": None})


@pytest.mark.parametrize(
    "columns",
    [
        [],
        ["parameter"],
        ["value", "parameter"],
        ["name", "value"],
        ["parameter", "values"],
        ["parameter", "value", "x"],
    ],
    ids=str,
)
def test_other_columns_are_refused(columns: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="the columns must be 'parameter' or 'metric', and 'value'"):
        kv_df_to_dict(pd.DataFrame(columns=columns))


def test_a_key_that_stands_there_twice_is_refused() -> None:
    frame = pd.DataFrame({"parameter": ["a", "a"], "value": [1, 1]})
    with pytest.raises(InvalidInputError, match="parameter 'a' stands there twice"):
        kv_df_to_dict(frame)


@pytest.mark.parametrize(
    "value", [[1], {"a": 1}, pd.Timestamp("2024-01-01"), object()], ids=lambda v: type(v).__name__
)
def test_a_value_that_is_no_scalar_is_refused(value: Any) -> None:
    frame = pd.DataFrame({"metric": ["a"], "value": pd.Series([value], dtype=object)})
    with pytest.raises(InvalidInputError, match="the value of metric 'a' must be None, a bool"):
        kv_df_to_dict(frame)
