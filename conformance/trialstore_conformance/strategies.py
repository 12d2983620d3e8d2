"""Values that real code gets wrong: as lists to go through one by one, and as Hypothesis strategies."""

from __future__ import annotations

import math
import sys
from typing import Any

from hypothesis import strategies as st

NUMBERS = (
    0,
    1,
    1.0,
    True,
    False,
    -0.0,
    0.1 + 0.2,
    2**31,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    5e-324,
    sys.float_info.min,
    sys.float_info.max,
    1e-308,
    1e22,
    math.inf,
    -math.inf,
    math.nan,
    None,
)
"""Numbers that lose their type, sign, digits or existence somewhere."""

TEXTS = (
    "",
    "1",
    "1.0",
    "007",
    "true",
    "null",
    "None",
    "nan",
    " ",
    "trailing ",
    "\t\r\n",
    "~",
    "~nan",
    "~~inf",
    "$secret",
    "$$NOW",
    "a.b",
    "$a.b",
    '{"$gt": ""}',
    "${HOME}",
    "%s %(x)s %%",
    "%",
    "_",
    "*",
    ":name",
    "?",
    "'; DROP TABLE trials; --",
    '"quoted" \\ back\\slash',
    "_id",
    "e\u0301 and \u00e9",
    "\u212b \u00c5 A\u030a",
    "\ufb01 \u1e9e \u00df \u0130 \u0131",
    "\u200b\ufeff\u202e\u2028",
    "\U0001f9ea \U0010ffff \ufffd",
    "\x01\x1f\x7f\x85",
)
"""Strings that mean something to an engine, an encoder or a template, or that normalise into others."""

TWINS = (
    ("name", "NAME"),
    ("name", "name "),
    ("name", " name"),
    ("\u00e9", "e\u0301"),
    ("e", "\u00e9"),
    ("\u00df", "ss"),
    ("\u0131", "i"),
    ("\ufb01", "fi"),
    ("a\u200bb", "ab"),
    ("\u212b", "\u00c5"),
    ("10", "010"),
    ("\U0001f600", "\U0001f601"),
)
"""Pairs of different names that some collation takes for one."""

LONGEST_NAMES = ("x" * 512, "\u00e9" * 512, "\U0001f9ea" * 512)
"""Names of 512 code points: 512, 1,024 and 2,048 bytes."""

NESTED: dict[str, Any] = {
    "empty list": [],
    "empty dict": {},
    "list": [1, 1.0, True, "1", None, [math.inf, [-0.0]]],
    "dict": {"$gt": "", "a.b": {"~": "~nan"}, "": {"deep": [{"er": {}}]}},
}
"""Metadata with lists and dicts in each other."""

MOMENTS = (
    -62_135_596_800_000_000,  # the first of the year 1
    -1,
    0,
    1,
    999,
    1_700_000_000_123_457,
    253_402_300_799_999_999,  # the last of the year 9999
)
"""Times in microseconds that a date type, a float or a coarser clock cannot keep."""

_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def texts(max_size: int = 30) -> st.SearchStrategy[str]:
    """Return a strategy for strings that can be stored."""
    return st.sampled_from(TEXTS) | st.text(_characters, max_size=max_size)


def names() -> st.SearchStrategy[str]:
    """Return a strategy for names and ids."""
    twins = st.sampled_from([name for pair in TWINS for name in pair])
    hostile = st.sampled_from([text for text in TEXTS if text] + list(LONGEST_NAMES))
    return st.sampled_from(["a", "b", "c"]) | twins | hostile | st.text(_characters, min_size=1, max_size=20)


def scalars() -> st.SearchStrategy[Any]:
    """Return a strategy for values of parameters, metrics and telemetry."""
    integers = st.integers(-(2**63), 2**63 - 1)
    return st.sampled_from(NUMBERS) | integers | st.floats() | texts()


def scalar_dicts(max_size: int = 4) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for parameters and metrics."""
    return st.dictionaries(names(), scalars(), max_size=max_size)


def metadata() -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for a trial's metadata, nested too."""
    nested = st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts(10), inner, max_size=3),
        max_leaves=6,
    )
    return st.dictionaries(names(), nested, max_size=3)


def moments() -> st.SearchStrategy[int]:
    """Return a strategy for times in microseconds."""
    return st.sampled_from(MOMENTS) | st.integers(MOMENTS[0], MOMENTS[-1])


def exact(value: Any) -> Any:
    """Return a form of a value in which everything that must survive compares: types, signs of zero, NaN, order of lists."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    return type(value).__name__, repr(value)
