"""Creating, resuming and entering experiments."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from trialstore import Experiment, Storage, TunableGroups
from trialstore.errors import ExperimentMismatchWarning, ExperimentNotFoundError, UsageError


@pytest.mark.contract(4, 11)
def test_a_handle_shows_what_it_was_made_with(storage: Storage, tunables: TunableGroups) -> None:
    experiment = storage.experiment(
        experiment_id="e",
        trial_id=5,
        root_env_config="env.jsonc",
        description="why",
        tunables=tunables,
        opt_targets={"latency": "min", "score": "max"},
        max_attempts=3,
    )
    with experiment:
        assert repr(experiment) == experiment.experiment_id == "e"
        assert experiment.trial_id == 5
        assert experiment.root_env_config == "env.jsonc"
        assert experiment.description == "why"
        assert experiment.tunables == tunables
        assert list(experiment.opt_targets.items()) == [("latency", "min"), ("score", "max")]
        assert experiment.max_attempts == 3


@pytest.mark.contract(4)
def test_its_arguments_are_keywords_only(storage: Storage) -> None:
    begin: Any = storage.experiment
    with pytest.raises(TypeError):
        begin("e")


@pytest.mark.contract(8)
def test_entering_twice_is_an_error_and_entering_again_after_leaving_is_not(storage: Storage) -> None:
    experiment = storage.experiment(experiment_id="e")
    with experiment, pytest.raises(UsageError, match="entered already"):
        experiment.__enter__()
    with experiment as again:
        assert again is experiment


@pytest.mark.contract(8)
def test_leaving_swallows_no_exception(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), storage.experiment(experiment_id="e"):
        raise ZeroDivisionError


@pytest.mark.contract(8)
def test_the_first_write_enters_it_if_nobody_did(storage: Storage) -> None:
    assert storage.experiment(experiment_id="e").new_trial({"x": 1}).trial_id == 1
    assert list(storage.experiments) == ["e"]


def test_a_read_does_not_create_it(storage: Storage) -> None:
    with pytest.raises(ExperimentNotFoundError, match="never begun"):
        storage.experiment(experiment_id="e").load()
    assert storage.experiments == {}


def test_a_read_finds_it_without_entering(storage: Storage, plain: Experiment) -> None:
    plain.new_trial({"x": 1})
    handle = storage.experiment(experiment_id="plain", trial_id=9)
    assert handle.get_trial_by_id(1) is not None
    assert handle.trial_id == 2


@pytest.mark.contract(9)
def test_resuming_continues_after_the_highest_trial(storage: Storage) -> None:
    with storage.experiment(experiment_id="e", trial_id=5) as experiment:
        experiment.new_trials([{"x": 1}, {"x": 2}])
    with storage.experiment(experiment_id="e", trial_id=1) as resumed:
        assert resumed.trial_id == 7
        assert resumed.new_trial({"x": 3}).trial_id == 7


@pytest.mark.contract(9)
def test_the_first_id_stays_while_there_are_no_trials(storage: Storage) -> None:
    with storage.experiment(experiment_id="e", trial_id=5):
        pass
    with storage.experiment(experiment_id="e", trial_id=8) as resumed:
        assert resumed.trial_id == 8
        assert resumed.new_trial({}).trial_id == 8


@pytest.mark.contract(9)
def test_what_is_stored_wins_and_the_differences_are_named_in_one_warning(
    storage: Storage, tunables: TunableGroups
) -> None:
    first: dict[str, Any] = {
        "root_env_config": "a.jsonc",
        "description": "first",
        "opt_targets": {"m": "min"},
        "max_attempts": 2,
    }
    with storage.experiment(experiment_id="e", tunables=tunables, **first):
        pass
    changed = TunableGroups(
        {"cache": {"cost": 1, "params": {"size": {"type": "int", "range": [0, 9], "default": 1}}}}
    )
    second: dict[str, Any] = {
        "root_env_config": "b.jsonc",
        "description": "second",
        "opt_targets": {"m": "max"},
        "max_attempts": 5,
    }
    handle = storage.experiment(experiment_id="e", tunables=changed, **second)
    with pytest.warns(ExperimentMismatchWarning) as caught:
        resumed = handle.__enter__()
    assert (resumed.root_env_config, resumed.description) == ("a.jsonc", "first")
    assert (resumed.opt_targets, resumed.max_attempts) == ({"m": "min"}, 2)
    assert resumed.tunables is changed
    message = str(caught.pop().message)
    assert not caught.list
    for part in (
        "description is 'first', not 'second'",
        "root_env_config",
        "objectives",
        "max_attempts",
        "size",
        "policy",
    ):
        assert part in message


def test_resuming_with_nothing_else_given_warns_of_nothing(storage: Storage, experiment: Experiment) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with storage.experiment(experiment_id="e") as resumed:
            assert resumed.opt_targets == {"latency": "min"}


def test_other_costs_and_descriptions_of_tunables_are_no_difference(
    storage: Storage, experiment: Experiment, tunables: TunableGroups
) -> None:
    definition = tunables.definition()
    definition["cache"]["cost"] += 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with storage.experiment(experiment_id="e", tunables=TunableGroups(definition)) as resumed:
            assert resumed.new_trial({"size": 7}).tunable_values["size"] == 7


def test_tunables_given_where_none_are_stored_are_named(
    storage: Storage, plain: Experiment, tunables: TunableGroups
) -> None:
    with pytest.warns(ExperimentMismatchWarning, match="it has no tunables"):
        resumed = storage.get_experiment_by_id("plain", tunables=tunables)
    assert resumed is not None
    assert resumed.tunables is tunables


@pytest.mark.contract(9)
def test_the_stored_tunables_let_it_be_resumed_by_id_alone(
    storage: Storage, experiment: Experiment, tunables: TunableGroups
) -> None:
    by_id = storage.get_experiment_by_id("e")
    assert by_id is not None
    assert by_id.tunables is not None
    assert by_id.tunables == tunables
    assert [t.name for t, _ in by_id.tunables] == ["size", "policy", "share"]
    assert by_id.new_trial({"size": "7"}).tunable_values == {"size": 7, "policy": "lru", "share": 0.5}
    with storage.experiment(experiment_id="e") as resumed:
        assert resumed.tunables == tunables


@pytest.mark.contract(5)
def test_getting_it_by_id_finds_the_next_trial_on_entering(storage: Storage, plain: Experiment) -> None:
    by_id = storage.get_experiment_by_id("plain")
    plain.new_trials([{}, {}])
    assert by_id is not None
    with by_id:
        assert by_id.trial_id == 3
    assert storage.get_experiment_by_id("other") is None


def test_getting_it_by_id_warns_of_other_objectives(storage: Storage, experiment: Experiment) -> None:
    with pytest.warns(ExperimentMismatchWarning, match="objectives"):
        storage.get_experiment_by_id("e", opt_targets={"other": "max"})


@pytest.mark.contract(10)
def test_it_may_have_no_objectives(storage: Storage) -> None:
    with storage.experiment(experiment_id="e", opt_targets={}) as experiment:
        assert experiment.opt_targets == {}
    assert storage.experiments["e"].objectives == {}


@pytest.mark.contract(12)
def test_two_handles_may_add_to_one_experiment(storage: Storage) -> None:
    with storage.experiment(experiment_id="e") as one, storage.experiment(experiment_id="e") as two:
        ids = [handle.new_trial({"x": 1}).trial_id for handle in (one, two, two, one)]
    assert ids == [1, 2, 3, 4]
    assert (one.trial_id, two.trial_id) == (5, 4)


@pytest.mark.parametrize(
    "name", ["Exp", "exp", "exp ", " exp", "\u00e9xp", "e\u0301xp", "$secret", "a.b", "{'$gt': ''}"]
)
def test_ids_that_merely_look_alike_are_different_experiments(storage: Storage, name: str) -> None:
    others = {"Exp", "exp", "exp ", " exp", "\u00e9xp", "e\u0301xp", "EXP"} - {name}
    for other in others:
        with storage.experiment(experiment_id=other, description="other"):
            pass
    with storage.experiment(experiment_id=name, description="it"):
        pass
    assert storage.experiments[name].description == "it"
    assert list(storage.experiments) == sorted({*others, name})


@pytest.mark.parametrize("text", ["~/data", "~~x", "~nan"])
def test_a_definition_with_strings_that_begin_with_a_tilde_survives(storage: Storage, text: str) -> None:
    param = {"type": "categorical", "values": [text, "/srv"], "default": text, "description": text}
    tunables = TunableGroups({"group": {"cost": 1, "params": {"dir": param}}})
    with storage.experiment(experiment_id="e", tunables=tunables) as experiment:
        experiment.new_trial({})
    resumed = storage.get_experiment_by_id("e")
    assert resumed is not None
    assert resumed.tunables is not None
    assert resumed.tunables.definition() == tunables.definition()
    (trial,) = resumed.claim_trials(1)
    assert trial.tunables["dir"] == text
