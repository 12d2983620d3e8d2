from __future__ import annotations

import json
import math
import subprocess
import sys
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from trialstore.errors import ConfigError, InvalidInputError
from trialstore.tunables import CovariantGroup, TunableGroups

INT = {"type": "int", "range": [0, 100], "default": 50}
FLOAT = {"type": "float", "range": [0, 1], "default": 0.5}
CATEGORICAL = {"type": "categorical", "values": ["a", "b"], "default": "a"}


def groups_of(config: Any) -> TunableGroups:
    return TunableGroups({"group": {"cost": 1, "params": {"p": config}}})


@pytest.mark.contract(37)
@pytest.mark.parametrize(
    "config",
    [
        INT | {"quantization_bins": 5, "log": False},
        INT | {"special": [-1, 0], "special_weights": [1, 0], "range_weight": 2},
        INT | {"distribution": {"type": "uniform"}},
        INT | {"distribution": {"type": "uniform", "params": {}}},
        FLOAT | {"distribution": {"type": "normal", "params": {"mu": 0, "sigma": 1}}},
        FLOAT | {"distribution": {"type": "beta", "params": {"alpha": 1, "beta": 2.5}}},
        FLOAT | {"meta": {"unit": "%", "flags": [1, None, "x"], "none": None}, "description": "text"},
        CATEGORICAL | {"values_weights": [0, 0.5]},
        CATEGORICAL | {"values": [1, True, 2.5], "default": True},
    ],
)
def test_a_definition_survives_being_stored(config: Any) -> None:
    original = groups_of(config)
    stored = json.loads(json.dumps(original.definition()))
    assert stored["group"]["params"]["p"].keys() == config.keys()
    restored = TunableGroups(stored)
    assert restored == original
    assert restored.definition() == original.definition()
    assert restored.differences(original) == []


@pytest.mark.contract(37)
@pytest.mark.parametrize(
    ("config", "place", "expected"),
    [
        ({"type": "bool", "default": True}, "$.group.params.p.type", "'bool' is not one of"),
        ({"default": 1}, "$.group.params.p", "'type' is a required property"),
        ({"type": "int", "range": [0, 1]}, "$.group.params.p", "'default' is a required property"),
        ({"type": "int", "default": 1}, "$.group.params.p", "'range' is a required property"),
        ({"type": "categorical", "default": 1}, "$.group.params.p", "'values' is a required property"),
        (5, "$.group.params.p", "5 is not of type 'object'"),
        (INT | {"range": [0, 1.5]}, "$.group.params.p.range[1]", "1.5 is not of type 'integer'"),
        (INT | {"range": [0]}, "$.group.params.p.range", "is too short"),
        (INT | {"range": [0, 1, 2]}, "$.group.params.p.range", "is too long"),
        (FLOAT | {"range": [0, math.inf]}, "$.group.params.p.range[1]", "inf is not of type 'number'"),
        (FLOAT | {"default": math.nan}, "$.group.params.p.default", "nan is not of type"),
        (FLOAT | {"special": [math.nan]}, "$.group.params.p.special[0]", "nan is not of type"),
        (INT | {"quantization_bins": 1}, "$.group.params.p.quantization_bins", "less than the minimum of 2"),
        (INT | {"log": 1}, "$.group.params.p.log", "1 is not of type 'boolean'"),
        (INT | {"values": [1]}, "$.group.params.p", "'values' was unexpected"),
        (INT | {"colour": "red"}, "$.group.params.p", "'colour' was unexpected"),
        (CATEGORICAL | {"range": [0, 1]}, "$.group.params.p", "'range' was unexpected"),
        (CATEGORICAL | {"special": [1]}, "$.group.params.p", "'special' was unexpected"),
        (CATEGORICAL | {"values": []}, "$.group.params.p.values", "should be non-empty"),
        (CATEGORICAL | {"values": ["a", "a"]}, "$.group.params.p.values", "non-unique"),
        (CATEGORICAL | {"values_weights": [1, -1]}, "$.group.params.p.values_weights[1]", "minimum of 0"),
        (
            INT | {"distribution": {"type": "zipf"}},
            "$.group.params.p.distribution.type",
            "'zipf' is not one of",
        ),
        (INT | {"distribution": {"type": "beta"}}, "$.group.params.p.distribution", "'params' is a required"),
        (INT | {"meta": {"deep": {}}}, "$.group.params.p.meta.deep", "is not of type"),
    ],
)
def test_a_definition_that_does_not_fit_the_schema_is_refused_with_its_place(
    config: Any, place: str, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        groups_of(config)
    assert f"at {place}: " in str(caught.value)
    assert expected in str(caught.value)


@pytest.mark.contract(37)
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (INT | {"range": [100, 0]}, "from low to high, not from 100 to 0"),
        (INT | {"range": [50, 50]}, "from low to high"),
        (INT | {"default": 101}, "the default of tunable 'p' cannot be 101; it takes int from 0 to 100"),
        (INT | {"default": 1.5}, "cannot be 1.5"),
        (INT | {"default": None}, "cannot be None"),
        (
            CATEGORICAL | {"default": "c"},
            "the default of tunable 'p' cannot be 'c'; it takes one of 'a', 'b'",
        ),
        (CATEGORICAL | {"values": [1, "1"]}, "two of its values are the same: '1', '1'"),
        (FLOAT | {"special": [1, True]}, "two of its values are the same: 1.0, 1.0"),
        (INT | {"special": [0.5]}, "0.5 would lose precision as int"),
        (INT | {"special": [-1], "special_weights": [1]}, "need each other"),
        (INT | {"special": [-1], "range_weight": 1}, "need each other"),
        (
            INT | {"special": [-1], "special_weights": [1, 2], "range_weight": 1},
            "one weight for each of special",
        ),
        (INT | {"special_weights": [1], "range_weight": 1}, "one weight for each of special"),
        (CATEGORICAL | {"values_weights": [1]}, "one weight for each of values"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(config: Any, expected: str) -> None:
    with pytest.raises(ConfigError, match="tunable 'p'") as caught:
        groups_of(config)
    assert expected in str(caught.value)


@pytest.mark.contract(37)
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"group": {"params": {"p": INT}}}, "at $.group: 'cost' is a required property"),
        (
            {"group": {"cost": "high", "params": {"p": INT}}},
            "at $.group.cost: 'high' is not of type 'number'",
        ),
        ({"group": {"cost": 1, "params": {}}}, "at $.group.params: {} should be non-empty"),
        ({"group": {"cost": 1, "params": {"a!b": INT}}}, "'a!b' does not match"),
        ({"group": {"cost": 1, "params": {"p": INT}, "more": 1}}, "'more' was unexpected"),
        ({"$group": {"cost": 1, "params": {"p": INT}}}, "'$group'"),
        ({"group": {"cost": 1, "params": {"x" * 513: INT}}}, "more than 512"),
        (
            {"a": {"cost": 1, "params": {"p": INT}}, "b": {"cost": 1, "params": {"p": INT}}},
            "two groups: 'a', 'b'",
        ),
        ([], "must be a mapping"),
        ({"group": {"cost": 1, "params": {"p": INT | {"range": (0, 100)}}}}, "not tuple (0, 100)"),
        ({"group": {"cost": 1, "params": {"p": INT | {"default": 2**63}}}}, "more than 64 bits"),
    ],
)
def test_groups_that_are_not_well_formed_are_refused(config: Any, expected: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        TunableGroups(config)
    assert expected in str(caught.value)


def test_a_long_value_does_not_bury_the_message_of_the_error() -> None:
    with pytest.raises(ConfigError) as caught:
        groups_of("x" * 10_000)
    assert len(str(caught.value)) < 400
    assert "is not of type 'object'" in str(caught.value)


def test_a_schema_may_be_named_for_editors_and_is_no_group() -> None:
    tunables = TunableGroups({"$schema": "tunables.schema.json", "group": {"cost": 1, "params": {"p": INT}}})
    assert tunables.get_covariant_group_names() == ["group"]


def test_a_group_alone_is_checked_too() -> None:
    with pytest.raises(ConfigError, match=r"group of tunables 'g': at \$: 'cost' is a required property"):
        CovariantGroup("g", {"params": {"p": INT}})
    with pytest.raises(InvalidInputError, match="must not be empty"):
        CovariantGroup("", {"cost": 1, "params": {"p": INT}})


def test_the_schema_is_a_valid_one_that_any_validator_can_use() -> None:
    schema = json.loads(resources.files("trialstore.tunables").joinpath("tunables.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid({"group": {"cost": 1, "params": {"i": INT, "f": FLOAT, "c": CATEGORICAL}}})
    assert not validator.is_valid({"group": {"cost": 1, "params": {"i": INT | {"range": [0]}}}})


def test_importing_tunables_loads_neither_jsonschema_nor_json5() -> None:
    program = "import sys, trialstore.tunables; print({'jsonschema', 'json5', 'numpy'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
