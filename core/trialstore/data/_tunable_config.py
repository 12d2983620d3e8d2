"""One tunable config, for those who read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from trialstore.values import Scalar

if TYPE_CHECKING:
    import pandas as pd


class TunableConfigData:
    """One assignment of values to parameters, a snapshot.

    Two are equal if their ids are; a config never changes.
    """

    __slots__ = ("__weakref__", "_tunable_config_id", "_values")

    def __init__(self, tunable_config_id: int, values: Mapping[str, Scalar]) -> None:
        self._tunable_config_id = tunable_config_id
        self._values = values

    def __repr__(self) -> str:
        return f"TunableConfig :: {self._tunable_config_id}: {self._values}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TunableConfigData):
            return NotImplemented
        return self._tunable_config_id == other._tunable_config_id

    def __hash__(self) -> int:
        return hash(self._tunable_config_id)

    @property
    def tunable_config_id(self) -> int:
        """Its id, unique within the storage."""
        return self._tunable_config_id

    @property
    def config_dict(self) -> dict[str, Scalar]:
        """A copy of its values by parameter."""
        return dict(self._values)

    @property
    def config_df(self) -> pd.DataFrame:
        """Its values as a frame with the columns ``parameter`` (str) and ``value``, sorted by parameter."""
        from trialstore.data._frames import key_value_frame

        return key_value_frame("parameter", self._values)
