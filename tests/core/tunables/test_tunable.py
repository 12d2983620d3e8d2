from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialstore.errors import ConfigError, InvalidInputError
from trialstore.tunables import Tunable


def integer(**more: Any) -> Tunable:
    return Tunable("threads", {"type": "int", "range": [0, 100], "default": 50, **more})


def floating(**more: Any) -> Tunable:
    return Tunable("fill", {"type": "float", "range": [0, 1], "default": 0.5, **more})


def categorical(**more: Any) -> Tunable:
    return Tunable("engine", {"type": "categorical", "values": ["a", "b"], "default": "a", **more})


def typed(value: object) -> tuple[type, object]:
    return type(value), value


@pytest.mark.contract(38)
@pytest.mark.parametrize(
    ("tunable", "given_value", "stored"),
    [
        (integer(), 7, 7),
        (integer(), "7", 7),
        (integer(), " 7 ", 7),
        (integer(), 7.0, 7),
        (integer(), True, 1),
        (integer(), np.int64(7), 7),
        (integer(), np.float32(7), 7),
        (integer(), 0, 0),
        (integer(), 100, 100),
        (integer(special=[-1]), "-1", -1),
        (integer(special=[-1, "auto"]), "auto", "auto"),
        (integer(special=[-1, None]), None, None),
        (integer(special=["7"]), "7", "7"),
        (floating(), 1, 1.0),
        (floating(), "0.25", 0.25),
        (floating(), "1e-3", 0.001),
        (floating(), np.float64(0.25), 0.25),
        (floating(special=[-1]), -1, -1.0),
        (floating(special=["off"]), "off", "off"),
        (categorical(), "b", "b"),
        (categorical(), np.str_("b"), "b"),
        (categorical(values=[1, True, 2.5, "x"], default="x"), 1, "1"),
        (categorical(values=[1, True, 2.5, "x"], default="x"), True, "True"),
        (categorical(values=[1, True, 2.5, "x"], default="x"), np.float64(2.5), "2.5"),
        (categorical(values=["a", None]), None, None),
    ],
)
def test_a_value_becomes_one_of_the_tunables_type(tunable: Tunable, given_value: Any, stored: Any) -> None:
    assert tunable.is_valid(given_value)
    tunable.value = given_value
    assert typed(tunable.value) == typed(stored)


@pytest.mark.contract(38)
@pytest.mark.parametrize(
    ("tunable", "refused", "allowed"),
    [
        (integer(), -1, "int from 0 to 100"),
        (integer(), 101, "int from 0 to 100"),
        (integer(), 1.5, "int from 0 to 100"),
        (integer(), "1.0", "int from 0 to 100"),
        (integer(), "many", "int from 0 to 100"),
        (integer(), "", "int from 0 to 100"),
        (integer(), "9" * 5000, "int from 0 to 100"),
        (integer(), None, "int from 0 to 100"),
        (integer(), math.nan, "int from 0 to 100"),
        (integer(), math.inf, "int from 0 to 100"),
        (integer(special=[-1, "auto"]), "Auto", "int from 0 to 100, or -1, 'auto'"),
        (floating(), 1.5, "float from 0.0 to 1.0"),
        (floating(), "nan", "float from 0.0 to 1.0"),
        (floating(), "inf", "float from 0.0 to 1.0"),
        (floating(), math.nan, "float from 0.0 to 1.0"),
        (floating(), -math.inf, "float from 0.0 to 1.0"),
        (floating(range=[0, 1e300]), 2**53 + 1, "float from 0.0 to 1e+300"),
        (categorical(), "c", "one of 'a', 'b'"),
        (categorical(), "A", "one of 'a', 'b'"),
        (categorical(), None, "one of 'a', 'b'"),
        (categorical(values=list(range(12)), default=0), "x", "'8', '9', ..."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_what_would(
    tunable: Tunable, refused: Any, allowed: str
) -> None:
    assert not tunable.is_valid(refused)
    with pytest.raises(InvalidInputError) as caught:
        tunable.value = refused
    assert str(caught.value).startswith(f"tunable {tunable.name!r} cannot be ")
    assert str(caught.value).endswith(allowed)
    assert tunable.is_default()


@pytest.mark.parametrize("refused", [[1], {"a": 1}, object(), 2**63, "\0", np.timedelta64(1, "s")])
def test_what_cannot_be_stored_is_no_value_of_any_tunable(refused: Any) -> None:
    for tunable in (integer(), floating(), categorical()):
        with pytest.raises(InvalidInputError, match=f"^tunable {tunable.name!r}"):
            tunable.value = refused


def test_a_negative_zero_is_stored_as_it_is() -> None:
    tunable = floating(default=0)
    tunable.value = -0.0
    assert str(tunable.value) == "-0.0"


@given(st.floats(0, 1) | st.sampled_from(["off", -1.0]))
def test_a_stored_value_stands_for_itself(value: float | str) -> None:
    tunable = floating(special=["off", -1])
    tunable.value = value
    assert typed(tunable.value) == typed(value)


@given(st.integers(-(2**63), 2**63 - 1))
def test_the_text_of_any_integer_stands_for_it(value: int) -> None:
    tunable = integer(range=[-(2**63), 2**63 - 1])
    tunable.value = str(value)
    assert tunable.value == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_any_finite_float_stands_for_it(value: float) -> None:
    tunable = floating(range=[-1.7976931348623157e308, 1.7976931348623157e308])
    tunable.value = str(value)
    assert repr(tunable.value) == repr(value)


@pytest.mark.parametrize(
    ("given_default", "default"), [(7.0, 7), ("7", 7), (-1, -1), ("auto", "auto"), (None, None)]
)
def test_the_default_is_coerced_like_any_value_and_may_be_special(given_default: Any, default: Any) -> None:
    tunable = integer(default=given_default, special=[-1, "auto", None])
    assert typed(tunable.default) == typed(tunable.value) == typed(default)


def test_update_tells_whether_the_value_is_another() -> None:
    tunable = integer()
    assert not tunable.update("50")
    assert tunable.update(51)
    assert not tunable.is_default()


def test_in_range_means_numbers_without_special_values_beside_the_range() -> None:
    tunable = integer(special=[-1])
    assert [tunable.in_range(value) for value in (0, 99.5, 100, -1, 101, "5", None)] == [
        True,
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert not categorical().in_range("a")


def test_a_numerical_tunable_shows_its_definition() -> None:
    tunable = integer(
        description="how many",
        meta={"unit": "MB"},
        special=[-1],
        special_weights=[0.25],
        range_weight=0.75,
        log=True,
        quantization_bins=11,
        distribution={"type": "normal", "params": {"mu": 50, "sigma": 10}},
    )
    assert (tunable.name, tunable.type, tunable.dtype) == ("threads", "int", int)
    assert (tunable.is_numerical, tunable.is_categorical) == (True, False)
    assert (tunable.description, tunable.meta) == ("how many", {"unit": "MB"})
    assert (tunable.range, tunable.span, tunable.numerical_value) == ((0, 100), 100, 50)
    assert (tunable.special, tunable.weights, tunable.range_weight) == ([-1], [0.25], 0.75)
    assert (tunable.is_log, tunable.quantization_bins, tunable.cardinality) == (True, 11, 11)
    assert (tunable.distribution, tunable.distribution_params) == ("normal", {"mu": 50, "sigma": 10})


def test_what_a_definition_does_not_say_is_none_or_empty() -> None:
    tunable = floating()
    assert (tunable.description, tunable.meta, tunable.special) == (None, {}, [])
    assert (tunable.weights, tunable.range_weight, tunable.is_log) == (None, None, None)
    assert (tunable.distribution, tunable.distribution_params) == (None, {})
    assert (tunable.quantization_bins, tunable.values, tunable.cardinality) == (None, None, None)
    assert (tunable.range, tunable.dtype, type(tunable.range[0])) == ((0.0, 1.0), float, float)


def test_a_categorical_tunable_shows_its_definition() -> None:
    tunable = categorical(values_weights=[1, 2])
    assert (tunable.type, tunable.dtype) == ("categorical", str)
    assert (tunable.is_numerical, tunable.is_categorical) == (False, True)
    assert (tunable.categories, tunable.values, tunable.cardinality) == (["a", "b"], ["a", "b"], 2)
    assert (tunable.category, tunable.weights, tunable.special) == ("a", [1, 2], [])


def test_the_category_may_be_none() -> None:
    assert categorical(values=["a", None], default=None).category is None


@pytest.mark.parametrize("property_name", ["range", "span", "quantized_values", "numerical_value"])
def test_a_categorical_tunable_has_no_numbers(property_name: str) -> None:
    with pytest.raises(InvalidInputError, match="engine"):
        getattr(categorical(), property_name)


@pytest.mark.parametrize("property_name", ["categories", "category"])
def test_a_numerical_tunable_has_no_categories(property_name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"threads.*type int"):
        getattr(integer(), property_name)


def test_a_special_value_may_be_no_number() -> None:
    tunable = integer(special=["auto"], default="auto")
    assert tunable.is_special
    with pytest.raises(InvalidInputError, match="'auto', which is no number"):
        _ = tunable.numerical_value
    tunable.value = 3
    assert not tunable.is_special


@pytest.mark.parametrize(
    ("tunable", "values"),
    [
        (integer(range=[1, 4], default=1), [1, 2, 3, 4]),
        (integer(quantization_bins=3), [0, 50, 100]),
        (integer(quantization_bins=4), [0, 33, 67, 100]),
        (integer(range=[1, 4], default=1, quantization_bins=9), [1, 2, 3, 4]),
        (floating(quantization_bins=3), [0.0, 0.5, 1.0]),
        (floating(range=[-1e308, 1e308], quantization_bins=3), [-1e308, 0.0, 1e308]),
    ],
)
def test_quantized_values_are_evenly_spaced_and_include_both_ends(
    tunable: Tunable, values: list[float]
) -> None:
    assert list(tunable.quantized_values or ()) == list(tunable.values or ()) == values
    assert tunable.cardinality == len(values)


def test_the_integers_of_the_widest_range_are_counted_without_listing_them() -> None:
    tunable = integer(range=[-(2**63), 2**63 - 1])
    assert tunable.cardinality == 2**64
    assert tunable.quantized_values is not None


def test_tunables_are_equal_by_name_type_and_value() -> None:
    assert integer() == integer(range=[0, 200], meta={"a": 1})
    assert integer() != integer(default=51)
    assert integer() != Tunable("other", {"type": "int", "range": [0, 100], "default": 50})
    assert floating(default=1) != Tunable("fill", {"type": "int", "range": [0, 2], "default": 1})
    assert integer() != "threads"


def test_tunables_are_sorted_by_name() -> None:
    assert [t.name for t in sorted([integer(), floating(), categorical()])] == ["engine", "fill", "threads"]
    with pytest.raises(TypeError):
        _ = integer() < "zzz"


@pytest.mark.parametrize(
    "copied", [Tunable.copy, copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))]
)
def test_a_copy_is_equal_and_independent(copied: Any) -> None:
    original = integer()
    original.value = 7
    twin = copied(original)
    assert twin == original
    twin.value = 8
    assert (original.value, twin.value, twin.default) == (7, 8, 50)


def test_the_repr_shows_type_domain_default_and_value() -> None:
    tunable = integer()
    tunable.value = 7
    assert repr(tunable) == "threads[int]((0, 100):50)=7"
    assert repr(categorical()) == "engine[categorical](['a', 'b']:'a')='a'"


def test_what_a_tunable_hands_out_does_not_lead_back_into_it() -> None:
    tunable = integer(meta={"unit": "MB"}, special=[-1], special_weights=[1], range_weight=1)
    tunable.meta["unit"] = "GB"
    tunable.special.append(-2)
    tunable.weights.append(3)  # type: ignore[union-attr]
    assert (tunable.meta, tunable.special, tunable.weights) == ({"unit": "MB"}, [-1], [1])


def test_later_changes_of_the_given_definition_do_not_reach_the_tunable() -> None:
    bounds = [0, 100]
    tunable = integer(range=bounds, default=np.int64(50))
    bounds[1] = 10
    assert (tunable.range, typed(tunable.default)) == ((0, 100), (int, 50))


@pytest.mark.parametrize("name", ["", "a!b", "\0", "x" * 513, 5])
def test_a_name_that_cannot_be_stored_or_has_an_exclamation_mark_is_refused(name: Any) -> None:
    with pytest.raises(InvalidInputError):
        Tunable(name, {"type": "int", "range": [0, 1], "default": 0})


def test_the_error_of_a_definition_says_where_and_what() -> None:
    with pytest.raises(
        ConfigError, match=r"tunable: at \$\.threads\.range\[1\]: 'x' is not of type 'number'"
    ):
        integer(range=[0, "x"])
