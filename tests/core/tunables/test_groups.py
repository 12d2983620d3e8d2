from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialstore.errors import ConfigError, InvalidInputError, UnknownTunableError
from trialstore.tunables import TunableGroups
from trialstore.values import Scalar


def one_tunable(group: str, name: str, **more: Any) -> TunableGroups:
    config = {"type": "int", "range": [0, 9], "default": 1, **more}
    return TunableGroups({group: {"cost": 1, "params": {name: config}}})


@pytest.mark.contract(38)
def test_values_and_pairs_come_in_the_order_of_definition(tunables: TunableGroups) -> None:
    assert list(tunables.get_param_values().items()) == [("threads", 8), ("engine", "btree"), ("fill", 0.5)]
    assert [(tunable.name, group.name) for tunable, group in tunables] == [
        ("threads", "server"),
        ("engine", "server"),
        ("fill", "table"),
    ]
    assert tunables.get_covariant_group_names() == ["server", "table"]
    assert len(tunables) == 3


@pytest.mark.contract(38)
def test_assign_coerces_keeps_the_others_and_returns_itself(tunables: TunableGroups) -> None:
    assert tunables.assign({"threads": "16"}) is tunables
    assert tunables.assign({"fill": 1}).get_param_values() == {"threads": 16, "engine": "btree", "fill": 1.0}
    assert not tunables.is_defaults()


@pytest.mark.contract(38)
def test_assigning_nothing_restores_the_defaults(tunables: TunableGroups) -> None:
    assert tunables.assign({"threads": 16, "fill": 0}).assign({}).is_defaults()
    assert tunables.get_param_values() == {"threads": 8, "engine": "btree", "fill": 0.5}


@pytest.mark.contract(38)
def test_an_unknown_name_is_a_key_error_that_knows_similar_ones(tunables: TunableGroups) -> None:
    with pytest.raises(KeyError) as caught:
        tunables.assign({"thread": 1})
    assert str(caught.value) == "there is no tunable 'thread'; did you mean 'threads'?"
    with pytest.raises(UnknownTunableError, match=r"^there is no tunable 'xyz'$"):
        _ = tunables["xyz"]


@pytest.mark.contract(38)
@pytest.mark.parametrize("refused", [{"engine": "heap"}, {"fill": 2}, {"fill": None}, {"unknown": 1}])
def test_assign_is_all_or_nothing(tunables: TunableGroups, refused: dict[str, Any]) -> None:
    with pytest.raises((InvalidInputError, UnknownTunableError)):
        tunables.assign({"threads": 16} | refused)
    assert tunables.is_defaults()
    assert not tunables.is_updated()


@pytest.mark.parametrize("refused", [None, [("threads", 1)], "threads"])
def test_values_must_be_a_mapping(tunables: TunableGroups, refused: Any) -> None:
    with pytest.raises(InvalidInputError, match="must be a mapping"):
        tunables.assign(refused)


def test_check_coerces_and_changes_nothing(tunables: TunableGroups) -> None:
    assert tunables.check({"fill": "0.25", "threads": -1.0}) == {"fill": 0.25, "threads": -1}
    assert tunables.check({}) == {}
    assert tunables.is_defaults()
    assert not tunables.is_updated()
    with pytest.raises(
        InvalidInputError, match="tunable 'threads' cannot be 65; it takes int from 1 to 64, or -1"
    ):
        tunables.check({"threads": 65})


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "threads": st.integers(-10, 80),
            "engine": st.sampled_from(["btree", "lsm", "heap"]),
            "fill": st.floats(-0.5, 1.5),
        },
    )
)
def test_assign_accepts_exactly_what_check_accepts(values: dict[str, Any]) -> None:
    threads = {"type": "int", "range": [1, 64], "default": 8, "special": [-1]}
    engine = {"type": "categorical", "values": ["btree", "lsm"], "default": "btree"}
    fill = {"type": "float", "range": [0, 1], "default": 0.5}
    tunables = TunableGroups(
        {"g": {"cost": 1, "params": {"threads": threads, "engine": engine, "fill": fill}}}
    )
    defaults = tunables.get_param_values()
    fits = (
        (values.get("threads", 1) in {-1, *range(1, 65)})
        and values.get("engine") != "heap"
        and 0 <= values.get("fill", 0) <= 1
    )
    if fits:
        assert tunables.check(values) == values
        assert tunables.assign(values).get_param_values() == {**defaults, **values}
    else:
        with pytest.raises(InvalidInputError):
            tunables.check(values)
        with pytest.raises(InvalidInputError):
            tunables.assign(values)
        assert tunables.get_param_values() == defaults


@pytest.mark.contract(38)
def test_groups_remember_updates_until_they_are_reset(tunables: TunableGroups) -> None:
    assert TunableGroups(tunables.definition()).is_updated()
    assert not tunables.is_updated()
    tunables["fill"] = 0.25
    assert tunables.is_updated()
    assert (tunables.is_updated(["server"]), tunables.is_updated(["table"])) == (False, True)
    assert tunables.reset(["server"]).is_updated()
    assert tunables.reset() is tunables
    assert not tunables.is_updated()


@pytest.mark.contract(38)
def test_defaults_can_be_restored_group_by_group(tunables: TunableGroups) -> None:
    tunables.assign({"threads": 16, "fill": 0.25})
    assert tunables.restore_defaults(["table"]) is tunables
    assert tunables.get_param_values() == {"threads": 16, "engine": "btree", "fill": 0.5}


@pytest.mark.contract(38)
def test_values_of_some_groups_can_be_added_to_a_dict(tunables: TunableGroups) -> None:
    assert list(tunables.get_param_values(["table", "server"])) == ["fill", "threads", "engine"]
    into: dict[str, Scalar] = {"other": 1, "fill": 0}
    assert tunables.get_param_values(["table"], into) is into
    assert into == {"other": 1, "fill": 0.5}


@pytest.mark.contract(38)
def test_tunables_are_found_by_name_or_by_a_tunable_of_that_name(tunables: TunableGroups) -> None:
    fill, group = tunables.get_tunable("fill")
    assert (fill.name, group.name) == ("fill", "table")
    assert tunables[fill] == tunables["fill"] == 0.5
    assert "fill" in tunables
    assert fill in tunables
    assert "table" not in tunables
    tunables[fill] = 0.75
    assert tunables["fill"] == 0.75


def test_a_tunable_of_the_groups_is_live(tunables: TunableGroups) -> None:
    tunables.get_tunable("fill")[0].value = 0.75
    assert tunables.get_param_values()["fill"] == 0.75


@pytest.mark.contract(38)
@pytest.mark.parametrize(
    "copied", [TunableGroups.copy, copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))]
)
def test_a_copy_is_equal_and_independent(tunables: TunableGroups, copied: Any) -> None:
    tunables.assign({"threads": 16}).reset()
    twin = copied(tunables)
    assert twin == tunables
    assert twin.definition() == tunables.definition()
    twin["threads"] = 32
    assert twin.get_tunable("threads")[1].get_tunable("threads").value == 32
    assert (tunables["threads"], tunables.is_updated()) == (16, False)


@pytest.mark.contract(38)
def test_groups_are_equal_by_values_and_updates_in_any_order(tunables: TunableGroups) -> None:
    definition = tunables.definition()
    assert tunables == TunableGroups(dict(reversed(definition.items()))).reset()
    assert tunables != tunables.copy().assign({"fill": 0.25}).reset()
    assert tunables != TunableGroups(definition)
    assert tunables != tunables.subgroup(["table"])
    assert tunables != definition


@pytest.mark.contract(38)
def test_a_subgroup_shares_its_values(tunables: TunableGroups) -> None:
    table = tunables.subgroup(["table"])
    assert list(table.get_param_values()) == ["fill"]
    table["fill"] = 0.75
    assert tunables["fill"] == 0.75
    assert not tunables.subgroup([])
    with pytest.raises(UnknownTunableError, match="no group of tunables 'tables'; did you mean 'table'"):
        tunables.subgroup(["tables"])


@pytest.mark.contract(38)
def test_merge_takes_in_the_groups_of_another_and_shares_them(tunables: TunableGroups) -> None:
    disk = one_tunable("disk", "queue")
    assert tunables.merge(disk) is tunables
    assert tunables.get_covariant_group_names() == ["server", "table", "disk"]
    disk["queue"] = 5
    assert tunables["queue"] == 5


@pytest.mark.contract(38)
def test_merging_a_group_that_is_there_keeps_its_values(tunables: TunableGroups) -> None:
    other = tunables.copy().assign({"fill": 0.75})
    assert tunables.merge(other)["fill"] == 0.5


@pytest.mark.contract(38)
def test_a_merge_that_contradicts_changes_nothing(tunables: TunableGroups) -> None:
    before = tunables.definition()
    with pytest.raises(ConfigError, match="tunable 'fill' stands in two groups: 'table', 'disk'"):
        tunables.merge(one_tunable("disk", "fill"))
    with pytest.raises(ConfigError, match="group 'table' is defined in two ways"):
        tunables.merge(one_tunable("table", "fill"))
    assert tunables.definition() == before
    assert tunables["fill"] == 0.5


def test_the_repr_shows_the_values_of_the_first_ten(tunables: TunableGroups) -> None:
    assert repr(tunables) == "{ server::threads=8, server::engine='btree', table::fill=0.5 }"
    many = TunableGroups()
    for number in range(12):
        many.merge(one_tunable(f"g{number}", f"p{number}"))
    assert repr(many).endswith("g9::p9=1, and 2 more }")


def test_no_tunables_are_false_and_have_no_definition() -> None:
    assert not TunableGroups()
    assert TunableGroups().definition() == {}
    assert TunableGroups().assign({}).is_defaults()


def test_a_definition_gives_equal_groups_with_default_values(tunables: TunableGroups) -> None:
    definition = tunables.copy().assign({"threads": 16}).definition()
    assert TunableGroups(definition).reset() == tunables
    definition["table"]["params"]["fill"]["range"][1] = 5
    assert tunables.get_tunable("fill")[0].range == (0, 1)


@pytest.mark.parametrize(
    ("old", "new", "differences"),
    [
        (one_tunable("g", "n"), one_tunable("g", "n"), []),
        (one_tunable("g", "n"), one_tunable("g", "n", description="x", meta={"unit": "MB"}), []),
        (one_tunable("g", "n"), one_tunable("g", "n", range=[0, 7], default=2), ["'n' (range, default)"]),
        (one_tunable("g", "n"), one_tunable("g", "n", log=True), ["'n' (log)"]),
        (one_tunable("g", "n", log=True), one_tunable("g", "n"), ["'n' (log)"]),
        (one_tunable("g", "n"), one_tunable("g", "n", type="float"), ["'n' (type)"]),
        (one_tunable("g", "n"), one_tunable("h", "n"), ["'n' (group)"]),
        (one_tunable("g", "n"), one_tunable("g", "m"), ["'n' (removed)", "'m' (added)"]),
        (TunableGroups(), one_tunable("g", "n"), ["'n' (added)"]),
    ],
)
def test_differences_name_the_tunables_that_are_defined_otherwise(
    old: TunableGroups, new: TunableGroups, differences: list[str]
) -> None:
    assert old.differences(new) == differences


def test_values_make_no_difference(tunables: TunableGroups) -> None:
    assert tunables.differences(tunables.copy().assign({"fill": 0.75})) == []
