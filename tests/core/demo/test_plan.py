"""What the demo runs."""

from __future__ import annotations

from random import Random

import pytest

from trialstore.demo.plan import REPEATS, demo_tunables, make_plan
from trialstore.demo.random_search import draw_values
from trialstore.tunables import TunableGroups


def test_the_same_seed_makes_the_same_plan_and_another_seed_another() -> None:
    tunables = demo_tunables()
    plan = make_plan(tunables, seconds=5, seed=1)
    assert plan == make_plan(tunables, seconds=5, seed=1)
    assert plan[1].values != make_plan(tunables, seconds=5, seed=2)[1].values


def test_a_longer_plan_holds_a_shorter_one() -> None:
    short, long = (make_plan(demo_tunables(), seconds=seconds, seed=1) for seconds in (5, 20))
    assert len(short) < len(long)
    assert all(trial in long for trial in short)


def test_every_configuration_is_repeated_and_the_first_is_the_defaults() -> None:
    plan = make_plan(demo_tunables(), seconds=10, seed=1)
    defaults = [trial for trial in plan if trial.metadata["is_defaults"]]
    assert [trial.repeat_i for trial in defaults] == list(range(1, REPEATS + 1))
    assert all(trial.values == demo_tunables().get_param_values() for trial in defaults)
    assert len({(trial.config_i, trial.repeat_i) for trial in plan}) == len(plan)


@pytest.mark.parametrize("seconds", [0.001, 1])
def test_the_shortest_plan_still_compares_two_configurations(seconds: float) -> None:
    assert {trial.config_i for trial in make_plan(demo_tunables(), seconds=seconds, seed=1)} == {0, 1}


def test_a_plan_knows_its_own_trials_whatever_else_their_metadata_say() -> None:
    first, second, *_ = make_plan(demo_tunables(), seconds=5, seed=1)
    assert first.is_trial({**first.metadata, "note": ["mine"]})
    assert not first.is_trial(second.metadata)
    assert not first.is_trial({})


def test_whatever_is_drawn_can_be_assigned() -> None:
    tunables = demo_tunables()
    drawn = [draw_values(tunables, Random(seed)) for seed in range(200)]
    for values in drawn:
        assert tunables.copy().assign(values).get_param_values() == values
    assert {values["mmap_size"] == 0 for values in drawn} == {True, False}
    assert len({values["cache_size"] for values in drawn}) > 100


def test_weights_scales_and_types_are_those_of_the_definition() -> None:
    params = {
        "never": {"type": "categorical", "default": "a", "values": ["a", "b"], "values_weights": [1, 0]},
        "decades": {"type": "float", "default": 1, "range": [1, 10_000], "log": True},
        "even": {"type": "int", "default": 0, "range": [0, 10], "special": [-1]},
    }
    tunables = TunableGroups({"group": {"cost": 1, "params": params}})
    drawn = [draw_values(tunables, Random(seed)) for seed in range(300)]
    assert {values["never"] for values in drawn} == {"a"}
    assert {type(values["even"]) for values in drawn} == {int}
    assert -1 not in {values["even"] for values in drawn}
    below = sum(float(str(values["decades"])) < 100 for values in drawn)
    assert 100 < below < 200
