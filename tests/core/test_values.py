"""Which values can be stored, and the plain Python form that they get."""

from __future__ import annotations

import enum
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from trialstore.errors import InvalidInputError
from trialstore.status import Status
from trialstore.values import (
    MAX_DEPTH,
    plain_int,
    plain_metadata,
    plain_name,
    plain_scalar,
    plain_scalars,
    plain_text,
)
from trialstore_conformance.strategies import exact, metadata, scalar_dicts


class Shouting(str):  # the values of subclasses must not depend on what they override
    __slots__ = ()

    def __str__(self) -> str:
        return self.upper()


class Zero(int):
    def __int__(self) -> int:
        return 0


class Half(float):
    def __float__(self) -> float:
        return 0.5


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def nested(depth: int, innermost: Any = 1) -> Any:
    value = innermost
    for level in range(depth):
        value = [value] if level % 2 else {"k": value}
    return value


def test_plain_values_stay_what_they_are() -> None:
    for value in (
        None,
        True,
        False,
        0,
        1,
        -(2**63),
        2**63 - 1,
        0.0,
        -0.0,
        1e-308,
        1.0,
        "",
        "1",
        "\U0001f9ea",
    ):
        assert exact(plain_scalar(value, "value")) == exact(value)
    for value in (float("nan"), float("inf"), float("-inf")):
        assert exact(plain_scalar(value, "value")) == exact(value)


@pytest.mark.parametrize(
    ("given_value", "plain"),
    [
        (np.bool_(True), True),
        (np.int8(-1), -1),
        (np.int64(2**63 - 1), 2**63 - 1),
        (np.uint64(2**63 - 1), 2**63 - 1),
        (np.float16(1.5), 1.5),
        (np.float32(0.1), 0.10000000149011612),
        (np.float64(-0.0), -0.0),
        (np.float64("nan"), float("nan")),
        (np.str_("1"), "1"),
        (pd.NA, None),
        (pd.Series([7])[0], 7),
        (Shouting("quiet"), "quiet"),
        (Zero(5), 5),
        (Half(0.25), 0.25),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
    ],
    ids=lambda value: f"{type(value).__name__} {value!r}",
)
def test_scalars_of_other_types_become_the_builtin_that_they_stand_for(given_value: Any, plain: Any) -> None:
    assert exact(plain_scalar(given_value, "value")) == exact(plain)
    assert exact(plain_scalars({"v": given_value}, "values")) == exact({"v": plain})
    assert exact(plain_metadata({"v": [{"w": given_value}]}, "values")) == exact({"v": [{"w": plain}]})


@pytest.mark.parametrize(
    "value",
    [
        b"bytes",
        bytearray(b"bytes"),
        1j,
        Decimal(1),
        Fraction(1, 2),
        date(2024, 1, 1),
        datetime(2024, 1, 1, tzinfo=UTC),
        (1, 2),
        {1},
        frozenset({"a"}),
        MappingProxyType({"a": 1}),
        object(),
        Status.PENDING,
        np.longdouble(1),
        np.complex64(1),
        np.datetime64("2024-01-01"),
        np.datetime64("2024-01-01", "ns"),  # its item() is an int
        np.timedelta64(1, "s"),
        np.timedelta64(1, "ns"),
        np.bytes_(b"a"),
        np.array(1),
        np.array([1]),
        pd.NaT,
        pd.Timestamp("2024-01-01"),
        pd.Timedelta("1s"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_types_are_refused_alone_and_nested(value: Any) -> None:
    for refused in (lambda: plain_scalar(value, "it"), lambda: plain_metadata({"v": [value]}, "config")):
        with pytest.raises(InvalidInputError, match=f"must be None, a bool.*not {type(value).__name__}"):
            refused()


@pytest.mark.parametrize("value", [[1], {"a": 1}])
def test_lists_and_dicts_are_for_metadata_only(value: Any) -> None:
    assert plain_metadata({"v": value}, "config") == {"v": value}
    with pytest.raises(InvalidInputError, match=r"metrics\['v'\] must be None"):
        plain_scalars({"v": value}, "metrics")


@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, np.uint64(2**63), pytest.param(10**5000, id="of 5001 digits")]
)
def test_integers_of_more_than_64_bits_are_refused(value: Any) -> None:
    with pytest.raises(InvalidInputError, match="integer of more than 64 bits"):
        plain_scalar(value, "value")


@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "a\udfff", np.str_("a\0b")], ids=ascii)
def test_strings_that_engines_cannot_hold_are_refused_wherever_they_stand(text: str) -> None:
    for refused in (
        lambda: plain_text(text, "it"),
        lambda: plain_name(text, "it"),
        lambda: plain_scalars({"v": text}, "it"),
        lambda: plain_scalars({text: 1}, "it"),
        lambda: plain_metadata({"v": {text: 1}}, "it"),
    ):
        with pytest.raises(InvalidInputError, match="NUL or a lone surrogate") as caught:
            refused()
        assert str(caught.value).isascii()


@pytest.mark.parametrize(
    "name", ["a", " ", "x" * 512, "\U0001f9ea" * 512, "a.b", "$a", "~nan", np.str_("a")], ids=lambda n: n[:9]
)
def test_names_have_up_to_512_characters_of_any_kind(name: str) -> None:
    assert exact(plain_name(name, "name")) == ("str", repr(str(name)))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "must not be empty"),
        ("x" * 513, "has 513 characters, more than 512"),
        (1, "must be a string, not int 1"),
        (None, "must be a string"),
        (b"name", "must be a string"),
    ],
    ids=["empty", "long", "int", "None", "bytes"],
)
def test_other_names_are_refused_and_the_message_says_why(name: Any, why: str) -> None:
    with pytest.raises(InvalidInputError, match=f"the id {why}"):
        plain_name(name, "the id")
    for plain in (plain_scalars, plain_metadata):
        with pytest.raises(InvalidInputError, match=f"a name in config {why}"):
            plain({name: 1}, "config")


def test_keys_inside_metadata_are_strings_and_may_be_empty() -> None:
    assert plain_metadata({"v": {"": 1}}, "config") == {"v": {"": 1}}
    with pytest.raises(InvalidInputError, match=r"a key in config\['v'\] must be a string, not int 1"):
        plain_metadata({"v": {1: 1}}, "config")


@pytest.mark.parametrize("values", [None, [], [("a", 1)], "a", 1])
def test_values_come_in_a_mapping(values: Any) -> None:
    for plain in (plain_scalars, plain_metadata):
        with pytest.raises(InvalidInputError, match="config must be a mapping of names to values"):
            plain(values, "config")


def test_any_mapping_will_do() -> None:
    for plain in (plain_scalars, plain_metadata):
        assert plain(MappingProxyType({"a": 1}), "values") == {"a": 1}


def test_metadata_nest_32_levels_deep_and_no_deeper() -> None:
    assert plain_metadata({"v": nested(MAX_DEPTH)}, "config") == {"v": nested(32)}
    empties: list[Any] = [{}, []]
    for empty in empties:
        assert plain_metadata({"v": nested(31, empty)}, "config") == {"v": nested(31, empty)}
        with pytest.raises(InvalidInputError, match="config nests lists and dicts deeper than 32"):
            plain_metadata({"v": nested(32, empty)}, "config")


def test_what_contains_itself_is_refused() -> None:
    cyclic_list: list[Any] = []
    cyclic_list.append(cyclic_list)
    cyclic_dict: dict[str, Any] = {}
    cyclic_dict["self"] = cyclic_dict
    for cyclic in (cyclic_list, cyclic_dict):
        with pytest.raises(InvalidInputError, match="deeper than 32"):
            plain_metadata({"v": cyclic}, "config")


def test_the_message_names_the_place_of_a_refused_value() -> None:
    with pytest.raises(InvalidInputError, match=r"config\['a'\]\[1\]\['b'\] must be None"):
        plain_metadata({"a": [0, {"b": b""}]}, "config")


def test_the_message_stays_short_and_survives_what_cannot_be_shown() -> None:
    with pytest.raises(InvalidInputError) as caught:
        plain_scalar(b"x" * 10_000, "value")
    assert len(str(caught.value)) < 200
    with pytest.raises(InvalidInputError, match="Unshowable a value that cannot be shown"):
        plain_scalar(Unshowable(), "value")


def test_metadata_are_copied_deeply() -> None:
    inner = [1]
    plain = plain_metadata({"v": {"list": inner}}, "config")
    inner.append(2)
    assert plain == {"v": {"list": [1]}}


@pytest.mark.parametrize("number", [0, 5, np.int64(5), Level.HIGH, 9])
def test_integers_may_come_from_numpy_and_be_bounded(number: Any) -> None:
    assert exact(plain_int(number, "limit", minimum=0, maximum=9)) == exact(int(number))


@pytest.mark.parametrize("number", [-1, 10, np.int64(10)])
def test_integers_out_of_bounds_are_refused(number: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"limit must be between 0 and 9, not {number}"):
        plain_int(number, "limit", minimum=0, maximum=9)


@pytest.mark.parametrize("number", [None, True, np.bool_(True), 1.0, "1"])
def test_what_only_equals_an_integer_is_none(number: Any) -> None:
    with pytest.raises(InvalidInputError, match="limit must be an integer"):
        plain_int(number, "limit")


@given(metadata())
def test_what_is_plain_passes_unchanged(values: dict[str, Any]) -> None:
    assert exact(plain_metadata(values, "config")) == exact(values)


@given(scalar_dicts())
def test_plain_scalars_pass_unchanged(values: dict[str, Any]) -> None:
    assert exact(plain_scalars(values, "metrics")) == exact(values)


def test_checking_values_imports_neither_numpy_nor_pandas() -> None:
    script = """
import sys
from trialstore.errors import InvalidInputError
from trialstore.values import plain_scalar
try:
    plain_scalar(object(), "value")
except InvalidInputError:
    print({"numpy", "pandas"} & sys.modules.keys())
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
