"""The values that can be stored, and their exact plain-Python form.

Tunables, metrics and telemetry hold scalars; a trial's metadata may also nest lists and dicts of
them. NumPy and pandas scalars become the Python scalar that they stand for. Everything that is
refused is refused here, before any backend sees it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, TypeAlias

from trialstore.errors import InvalidInputError

Scalar: TypeAlias = bool | int | float | str | None
Value: TypeAlias = "Scalar | list[Value] | dict[str, Value]"

MAX_NAME_LENGTH = 512
"""In code points, of ids and of the names of parameters, metrics and metadata."""
MAX_DEPTH = 32
"""Of nested lists and dicts in a trial's metadata."""

_MIN_INT, _MAX_INT = -(2**63), 2**63 - 1
_NOTHING = object()


def plain_name(name: Any, what: str) -> str:
    """Return `name` as an exact `str`, or raise `InvalidInputError` if it is no legal name or id."""
    if is_plain(name) and type(name) is str and 0 < len(name) <= MAX_NAME_LENGTH:
        return name
    if not isinstance(name, str):
        raise InvalidInputError(f"{what} must be a string, not {_shown(name)}")
    if not name:
        raise InvalidInputError(f"{what} must not be empty")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidInputError(
            f"{what} has {len(name)} characters, more than {MAX_NAME_LENGTH}: {_shown(name)}"
        )
    return plain_text(name, what)


def plain_text(text: Any, what: str) -> str:
    """Return `text` as an exact `str` that every engine can hold, or raise `InvalidInputError`."""
    if not isinstance(text, str):
        raise InvalidInputError(f"{what} must be a string, not {_shown(text)}")
    if "\0" in text or _has_surrogates(text):
        raise InvalidInputError(
            f"{what} has a NUL or a lone surrogate, which cannot be stored: {_shown(text)}"
        )
    return str.__str__(text)


def plain_int(number: Any, what: str, *, minimum: int = _MIN_INT, maximum: int = _MAX_INT) -> int:
    """Return `number` as an exact `int` within the bounds, or raise `InvalidInputError`."""
    plain = plain_scalar(number, what)
    if type(plain) is not int:
        raise InvalidInputError(f"{what} must be an integer, not {_shown(number)}")
    if not minimum <= plain <= maximum:
        raise InvalidInputError(f"{what} must be between {minimum} and {maximum}, not {plain}")
    return plain


def plain_scalar(value: Any, what: str) -> Scalar:
    """Return the plain Python scalar that `value` stands for, or raise `InvalidInputError`."""
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        return plain_text(value, what)
    if isinstance(value, int):
        return _plain_wide_int(value, what)
    if isinstance(value, float):
        return float.__float__(value)
    foreign = _foreign_scalar(value)
    if foreign is _NOTHING:
        raise InvalidInputError(
            f"{what} must be None, a bool, an int, a float or a string, not {_shown(value)}"
        )
    return plain_scalar(foreign, what)


def plain_scalars(values: Any, what: str) -> dict[str, Scalar]:
    """Return a mapping of names to scalars in plain form, or raise `InvalidInputError`."""
    items, naming = _items(values, what), f"a name in {what}"
    return {
        plain_name(name, naming): value if is_plain(value) else plain_scalar(value, f"{what}[{name!r}]")
        for name, value in items
    }


def plain_metadata(values: Any, what: str) -> dict[str, Value]:
    """Return a mapping of names to scalars, lists and dicts in plain form, or raise `InvalidInputError`."""
    items, naming = _items(values, what), f"a name in {what}"
    return {
        plain_name(name, naming): value if is_plain(value) else _plain_value(value, f"{what}[{name!r}]", 1)
        for name, value in items
    }


def is_plain(value: Any) -> bool:
    """Tell at a glance that a value is a plain scalar as it stands, as nearly all are."""
    kind = type(value)
    if kind is str:
        return value.isascii() and "\0" not in value
    return kind is float or kind is bool or (kind is int and _MIN_INT <= value <= _MAX_INT)


def _plain_value(value: Any, what: str, depth: int) -> Value:
    if not isinstance(value, (list, dict)):
        return plain_scalar(value, what)
    if depth > MAX_DEPTH:
        raise InvalidInputError(f"{what.partition('[')[0]} nests lists and dicts deeper than {MAX_DEPTH}")
    if isinstance(value, list):
        return [_plain_value(item, f"{what}[{i}]", depth + 1) for i, item in enumerate(value)]
    return {
        plain_text(k, f"a key in {what}"): _plain_value(v, f"{what}[{k!r}]", depth + 1)
        for k, v in value.items()
    }


def _has_surrogates(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _items(values: Any, what: str) -> Any:
    if not isinstance(values, Mapping):
        raise InvalidInputError(f"{what} must be a mapping of names to values, not {_shown(values)}")
    return values.items()


def _plain_wide_int(value: int, what: str) -> int:
    plain = int.__int__(value)
    if not _MIN_INT <= plain <= _MAX_INT:
        raise InvalidInputError(f"{what} is an integer of more than 64 bits: {_shown(value)}")
    return plain


def _foreign_scalar(value: Any) -> Any:
    """Return the Python object that a NumPy or pandas scalar holds, without importing either."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if pandas is not None and value is pandas.NA:
        return None
    if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind in "biuf":
        item = value.item()
        return item if isinstance(item, (bool, int, float)) else _NOTHING  # a longdouble stays what it is
    return _NOTHING


def _shown(value: Any) -> str:
    """Return a short description of a refused value that is safe to print."""
    try:
        text = ascii(value)
    except Exception:  # noqa: BLE001 - a broken repr or an integer of thousands of digits must not hide the real error
        text = "a value that cannot be shown"
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
