from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from trialstore.errors import InvalidInputError, UnknownTunableError
from trialstore.tunables import CovariantGroup

CONFIG: dict[str, Any] = {
    "cost": 10,
    "description": "needs a restart",
    "params": {
        "threads": {"type": "int", "range": [1, 64], "default": 8},
        "engine": {"type": "categorical", "values": ["btree", "lsm"], "default": "btree"},
    },
}


@pytest.fixture
def group() -> CovariantGroup:
    return CovariantGroup("server", CONFIG)


def test_a_group_shows_its_definition_and_its_tunables_in_order(group: CovariantGroup) -> None:
    assert (group.name, group.cost, group.description) == ("server", 10, "needs a restart")
    assert group.get_names() == ["threads", "engine"]
    assert [tunable.name for tunable in group.get_tunables()] == ["threads", "engine"]
    assert list(group) == group.get_tunables()
    assert group.get_tunable_values_dict() == {"threads": 8, "engine": "btree"}
    assert len(group) == 2
    assert group.definition() == CONFIG
    assert repr(group) == "server: {'threads': 8, 'engine': 'btree'}"


def test_a_new_group_counts_as_updated_until_it_is_reset(group: CovariantGroup) -> None:
    assert (group.is_updated(), group.get_current_cost(), group.is_defaults()) == (True, 10, True)
    group.reset_is_updated()
    assert (group.is_updated(), group.get_current_cost()) == (False, 0)


def test_only_another_value_makes_a_group_updated(group: CovariantGroup) -> None:
    group.reset_is_updated()
    group["threads"] = "8"
    assert not group.is_updated()
    group["threads"] = "9"
    assert (group["threads"], group.is_updated(), group.is_defaults()) == (9, True, False)


def test_a_refused_value_changes_nothing(group: CovariantGroup) -> None:
    group.reset_is_updated()
    with pytest.raises(InvalidInputError):
        group["threads"] = 65
    assert (group["threads"], group.is_updated()) == (8, False)


def test_restoring_defaults_is_an_update_if_it_changes_a_value(group: CovariantGroup) -> None:
    group.reset_is_updated()
    group.restore_defaults()
    assert not group.is_updated()
    group["threads"] = 9
    group.reset_is_updated()
    group.restore_defaults()
    assert (group["threads"], group.is_updated()) == (8, True)


def test_tunables_are_found_by_name_or_by_a_tunable_of_that_name(group: CovariantGroup) -> None:
    threads = group.get_tunable("threads")
    assert group[threads] == 8
    assert "threads" in group
    assert threads in group
    assert "fill" not in group
    with pytest.raises(UnknownTunableError, match="group 'server' has no tunable 'fill'"):
        _ = group["fill"]


def test_a_tunable_on_the_right_stands_for_its_value(group: CovariantGroup) -> None:
    other = group.copy().get_tunable("threads")
    other.value = 9
    group["threads"] = other
    assert group["threads"] == 9


@pytest.mark.parametrize(
    "copied", [CovariantGroup.copy, copy.copy, copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))]
)
def test_a_copy_is_equal_and_independent(group: CovariantGroup, copied: Any) -> None:
    group["threads"] = 9
    group.reset_is_updated()
    twin = copied(group)
    assert twin == group
    assert twin.description == group.description
    twin["threads"] = 10
    assert (group["threads"], group.is_updated()) == (9, False)


def test_groups_are_equal_if_names_costs_values_and_updatedness_are(group: CovariantGroup) -> None:
    assert group == CovariantGroup("server", CONFIG)
    assert group != CovariantGroup("other", CONFIG)
    assert group != CovariantGroup("server", CONFIG | {"cost": 11})
    assert group != "server"
    reset = group.copy()
    reset.reset_is_updated()
    assert group != reset
    changed = group.copy()
    changed["threads"] = 9
    assert group != changed


def test_equal_defaults_are_about_definitions_and_not_about_values_or_notes(group: CovariantGroup) -> None:
    other = CovariantGroup("server", CONFIG | {"description": "other words"})
    other["threads"] = 9
    assert group.equals_defaults(other)
    wider = CONFIG["params"]["threads"] | {"range": [1, 128]}
    assert not group.equals_defaults(
        CovariantGroup("server", CONFIG | {"params": CONFIG["params"] | {"threads": wider}})
    )
    assert not group.equals_defaults(
        CovariantGroup("server", CONFIG | {"params": {"threads": CONFIG["params"]["threads"]}})
    )


def test_a_changed_definition_that_was_handed_out_does_not_reach_the_group(group: CovariantGroup) -> None:
    group.definition()["params"]["engine"]["values"].append("heap")
    assert group.definition() == CONFIG
