"""The values that a tunable may take, and how other values become one of them."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialstore.values import Scalar


class Domain(Protocol):
    """A set of values."""

    def coerce(self, value: Scalar) -> Scalar:
        """Return the value of the domain that `value` stands for, or raise ValueError or OverflowError."""
        ...

    def as_config(self) -> dict[str, Any]:
        """Return the domain as part of a tunable's definition."""
        ...

    def __str__(self) -> str:
        """Return what the domain allows, as an object for "takes"."""
        ...


@dataclass(frozen=True, slots=True)
class NumericDomain:
    """The numbers of one type within a closed range, and special values."""

    kind: type[int | float]
    low: int | float
    high: int | float
    special: tuple[Scalar, ...]

    @classmethod
    def of(cls, config: dict[str, Any]) -> NumericDomain:
        """Return the domain of a definition that fits the schema, or raise ValueError or OverflowError."""
        kind = int if config["type"] == "int" else float
        low, high = (kind(bound) for bound in config["range"])
        if low >= high:
            raise ValueError(f"its range must go from low to high, not from {low} to {high}")
        special = tuple(_special(kind, value) for value in config.get("special", ()))
        _require_distinct(special)
        return cls(kind, low, high, special)

    def coerce(self, value: Scalar) -> Scalar:
        """Return the number or special value that `value` stands for."""
        if value is None or isinstance(value, str):
            if value in self.special:
                return value
        elif type(value) is self.kind and self.low <= value <= self.high:
            return value
        number = _number(self.kind, value)
        if not (self.low <= number <= self.high or number in self.special):
            raise ValueError(f"{number} is out of range")
        return number

    def cardinality(self, bins: int | None) -> int | None:
        """Return how many numbers `quantized` gives."""
        if self.kind is float:
            return bins
        count = int(self.high - self.low) + 1
        return count if bins is None else min(bins, count)

    def quantized(self, bins: int | None) -> Sequence[float] | None:
        """Return that many evenly spaced numbers from low to high; without bins every int, or None for floats."""
        count = self.cardinality(bins)
        if count is None:
            return None
        if self.kind is float:
            return [self.low * (1 - i / (count - 1)) + self.high * (i / (count - 1)) for i in range(count)]
        low, span = int(self.low), int(self.high - self.low)
        if count > span:
            return range(low, low + count)
        return [low + (2 * i * span + count - 1) // (2 * count - 2) for i in range(count)]

    def as_config(self) -> dict[str, Any]:
        """Return the range and, if there are any, the special values."""
        bounds = {"range": [self.low, self.high]}
        return {**bounds, "special": [*self.special]} if self.special else bounds

    def __str__(self) -> str:
        numbers = f"{self.kind.__name__} from {self.low} to {self.high}"
        return f"{numbers}, or {_listed(self.special)}" if self.special else numbers


@dataclass(frozen=True, slots=True)
class CategoricalDomain:
    """Some strings, and possibly None."""

    categories: tuple[str | None, ...]

    @classmethod
    def of(cls, config: dict[str, Any]) -> CategoricalDomain:
        """Return the domain of a definition that fits the schema, or raise ValueError."""
        categories = tuple(_category(value) for value in config["values"])
        _require_distinct(categories)
        return cls(categories)

    def coerce(self, value: Scalar) -> Scalar:
        """Return the category that `value`, or its text, is."""
        category = _category(value)
        if category not in self.categories:
            raise ValueError(f"{category!r} is no category")
        return category

    def as_config(self) -> dict[str, Any]:
        """Return the categories."""
        return {"values": [*self.categories]}

    def __str__(self) -> str:
        return f"one of {_listed(self.categories)}"


def _special(kind: type[int | float], value: Scalar) -> Scalar:
    return value if value is None or isinstance(value, str) else _number(kind, value)


def _number(kind: type[int | float], value: Scalar) -> int | float:
    if value is None:
        raise ValueError("None is no number")
    number = kind(value)
    if number != value and not isinstance(value, str):
        raise ValueError(f"{value} would lose precision as {kind.__name__}")
    return number


def _category(value: Scalar) -> str | None:
    return None if value is None else str(value)


def _require_distinct(values: Sequence[Scalar]) -> None:
    """Raise ValueError if two values, which the schema saw as different, stand for the same."""
    if len(set(values)) != len(values):
        raise ValueError(f"two of its values are the same: {_listed(values)}")


def _listed(values: Sequence[Scalar]) -> str:
    shown = [reprlib.repr(value) for value in values[:10]]
    return ", ".join([*shown, "..."] if len(values) > 10 else shown)
