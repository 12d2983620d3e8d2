"""From a frame of keys and values back to a dict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialstore.errors import InvalidInputError
from trialstore.values import Scalar, plain_scalar

if TYPE_CHECKING:
    import pandas as pd

_KEYS = ("parameter", "metric")


def kv_df_to_dict(dataframe: pd.DataFrame) -> dict[str, Scalar]:
    """Return the dict that a frame with the columns (``parameter`` or ``metric``, ``value``) stands for.

    Raises
    ------
    InvalidInputError
        If it has other columns, a value that is no scalar, or a key twice.
    """
    columns = dataframe.columns.tolist()
    if len(columns) != 2 or columns[0] not in _KEYS or columns[1] != "value":
        raise InvalidInputError(f"the columns must be 'parameter' or 'metric', and 'value', not {columns}")
    result: dict[str, Scalar] = {}
    for key, value in zip(dataframe[columns[0]], dataframe["value"], strict=True):
        if key in result:
            raise InvalidInputError(f"{columns[0]} {key!r} stands there twice")
        result[key] = plain_scalar(value, f"the value of {columns[0]} {key!r}")
    return result
