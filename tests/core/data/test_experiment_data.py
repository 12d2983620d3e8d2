"""Experiments, as those see them who read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trialstore import Experiment, Status, Storage, Trial, TunableGroups
from trialstore.data import ExperimentData
from trialstore.errors import ExperimentNotFoundError

Run = Callable[..., Trial]


@pytest.mark.contract(26)
def test_the_repr_has_the_id_and_the_description(storage: Storage) -> None:
    with storage.experiment(experiment_id="my_id", description="some 'description'"):
        assert repr(storage.experiments["my_id"]) == "Experiment :: my_id: \"some 'description'\""
    with storage.experiment(experiment_id="bare"):
        assert repr(storage.experiments["bare"]) == "Experiment :: bare: None"


@pytest.mark.contract(26)
def test_it_shows_what_the_experiment_was_begun_with(storage: Storage, tunables: TunableGroups) -> None:
    targets = {"throughput": "max", "latency": "min", "cost": "min"}
    with storage.experiment(
        experiment_id="e",
        root_env_config="env.jsonc",
        description="about",
        tunables=tunables,
        opt_targets=targets,
    ):
        data = storage.experiments["e"]
    assert (data.experiment_id, data.description) == ("e", "about")
    assert data.root_env_config[0] == "env.jsonc"
    assert len(data.root_env_config) == 3
    assert list(data.objectives.items()) == list(targets.items())


def test_without_facts_there_are_none(data: ExperimentData) -> None:
    assert data.description is None
    assert data.root_env_config[0] is None
    assert data.objectives == {}


@pytest.mark.contract(27)
def test_trials_configs_and_groups_come_by_id_ascending(run: Run, data: ExperimentData) -> None:
    for x in (3, 1, 3, 2, 1):
        run({"x": x})
    assert list(data.trials) == [1, 2, 3, 4, 5]
    ids = sorted({trial.tunable_config_id for trial in data.trials.values()})
    assert list(data.tunable_configs) == list(data.tunable_config_trial_groups) == ids
    assert len(ids) == len(data.tunable_configs) == 3
    assert [config.config_dict["x"] for config in data.tunable_configs.values()] == [3, 1, 2]
    groups = data.tunable_config_trial_groups
    assert [list(group.trials) for group in groups.values()] == [[1, 3], [2, 5], [4]]
    assert {key: group.tunable_config_id for key, group in groups.items()} == dict(zip(ids, ids, strict=True))


@pytest.mark.contract(27)
def test_an_experiment_shows_only_its_own_trials_and_configs(
    storage: Storage, run: Run, data: ExperimentData
) -> None:
    run({"x": 1})
    other = storage.experiment(experiment_id="other").new_trial({"x": 2})
    assert list(data.trials) == [1]
    assert other.tunable_config_id not in data.tunable_configs
    assert other.tunable_config_id not in data.tunable_config_trial_groups


@pytest.mark.contract(28)
def test_without_trials_there_is_no_default(data: ExperimentData) -> None:
    assert data.default_tunable_config_id is None


@pytest.mark.contract(28)
@pytest.mark.parametrize("said", [True, 1, "1", "true", "True", "YES", "on", " on "], ids=repr)
def test_the_default_is_the_config_of_the_first_trial_that_says_so(
    run: Run, data: ExperimentData, said: Any
) -> None:
    run({"x": 1}, config={"is_defaults": False})
    default = run({"x": 2}, config={"is_defaults": said})
    run({"x": 3}, config={"is_defaults": True})
    assert data.default_tunable_config_id == default.tunable_config_id


@pytest.mark.contract(28)
@pytest.mark.parametrize("said", [False, 0, 2, None, "", "0", "false", "no", "off", [True]], ids=repr)
def test_if_no_trial_says_so_it_is_the_config_of_the_first(run: Run, data: ExperimentData, said: Any) -> None:
    first = run({"x": 2})
    run({"x": 1}, config={"is_defaults": said})
    assert data.default_tunable_config_id == first.tunable_config_id


def test_trials_are_counted_by_status(plain: Experiment, run: Run, data: ExperimentData) -> None:
    assert data.trial_counts == {}
    plain.new_trials([{}, {}])
    run({})
    assert list(data.trial_counts.items()) == [(Status.PENDING, 2), (Status.SUCCEEDED, 1)]


@pytest.mark.contract(27)
def test_two_are_equal_if_they_are_the_same_experiment(storage: Storage, data: ExperimentData) -> None:
    storage.experiment(experiment_id="other").new_trial({})
    again, other = storage.experiments["plain"], storage.experiments["other"]
    assert data == again
    assert hash(data) == hash(again)
    assert data != other
    assert data != "plain"
    assert len({data, again, other}) == 2


def test_a_namesake_of_a_deleted_experiment_is_another(
    storage: Storage, data: ExperimentData, run: Run
) -> None:
    run({})
    trial, group = data.trials[1], data.trials[1].tunable_config_trial_group
    storage.delete_experiment("plain")
    storage.experiment(experiment_id="plain", description="reborn").new_trial({})
    reborn = storage.experiments["plain"]
    assert reborn != data
    assert reborn.trials[1] != trial
    assert reborn.trials[1].tunable_config_trial_group != group
    assert data.description is None
    with pytest.raises(ExperimentNotFoundError, match="has been deleted"):
        len(data.trials)
