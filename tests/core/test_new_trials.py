"""Adding trials."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trialstore import Experiment, Status, Storage, TunableGroups
from trialstore.errors import InvalidInputError
from trialstore.values import Value

SOON = datetime.now(UTC) + timedelta(days=1)


@pytest.mark.contract(12)
def test_ids_are_consecutive_from_the_first(storage: Storage) -> None:
    with storage.experiment(experiment_id="e", trial_id=10) as experiment:
        ids = [experiment.new_trial({"x": i}).trial_id for i in range(3)]
        ids += [trial.trial_id for trial in experiment.new_trials([{"x": i} for i in range(3)])]
        assert ids == [10, 11, 12, 13, 14, 15]
        assert experiment.trial_id == 16


@pytest.mark.contract(13)
def test_a_new_trial_is_pending_without_runner(plain: Experiment) -> None:
    before = datetime.now(UTC)
    trial = plain.new_trial({"x": 1}, config={"repeat_i": 1})
    assert repr(trial) == "plain:1:1:None"
    assert (trial.status, trial.trial_runner_id, trial.attempt, trial.ts_end) == (
        Status.PENDING,
        None,
        0,
        None,
    )
    assert before <= trial.ts_start <= datetime.now(UTC)
    assert trial.config() == {"repeat_i": 1, "experiment_id": "plain", "trial_id": 1}


@pytest.mark.contract(13)
def test_it_may_start_in_the_future_and_naive_is_local(plain: Experiment) -> None:
    naive = datetime(2031, 7, 1, 12, 30, 15, 123456)  # noqa: DTZ001
    assert plain.new_trial({}, ts_start=naive).ts_start == naive.astimezone(UTC)
    assert plain.new_trial({}, ts_start=SOON).ts_start == SOON


@pytest.mark.contract(13)
def test_it_keeps_copies_of_what_it_was_given(experiment: Experiment, tunables: TunableGroups) -> None:
    nested: list[Value] = [1]
    config: dict[str, Value] = {"nested": nested}
    trial = experiment.new_trial(tunables, config=config)
    tunables.assign({"size": 7})
    nested.append(2)
    trial.tunable_values["size"] = 9
    trial.config()["nested"].append(3)
    assert trial.tunable_values["size"] == 100
    assert trial.tunables["size"] == 100
    assert trial.config()["nested"] == [1]


@pytest.mark.contract(19)
def test_a_dict_is_completed_and_coerced_by_the_tunables(experiment: Experiment) -> None:
    trial = experiment.new_trial({"size": "7"})
    assert trial.tunable_values == {"size": 7, "policy": "lru", "share": 0.5}
    assert trial.tunables["size"] == 7
    assert experiment.load_tunable_config(trial.tunable_config_id) == trial.tunable_values


@pytest.mark.contract(19)
def test_equal_values_share_one_config_in_the_whole_storage(storage: Storage, experiment: Experiment) -> None:
    first = experiment.new_trial({"size": 7})
    with storage.experiment(experiment_id="other", tunables=experiment.tunables) as other:
        assert other.new_trial({"size": 7.0}).tunable_config_id == first.tunable_config_id
        assert other.new_trial({"size": 8}).tunable_config_id != first.tunable_config_id


@pytest.mark.contract(19)
def test_values_of_different_types_are_different_configs(plain: Experiment) -> None:
    values = [1, 1.0, True, "1", None, 0.0, -0.0, math.nan, "nan", 2**63 - 1, -(2**63), 1e-308]
    trials = plain.new_trials([{"x": value} for value in values])
    assert len({trial.tunable_config_id for trial in trials}) == len(values)
    again = plain.new_trial({"x": -math.nan})
    assert again.tunable_config_id == trials[values.index("nan") - 1].tunable_config_id


def test_many_may_have_one_start_and_metadata_or_each_its_own(plain: Experiment) -> None:
    first, second = plain.new_trials([{}, {}], SOON, {"location": "here"})
    assert first.ts_start == second.ts_start == SOON
    assert second.config()["location"] == "here"
    third, fourth = plain.new_trials([{}, {}], [None, SOON], [{"repeat_i": 1}, None])
    assert third.ts_start < SOON == fourth.ts_start
    assert third.config()["repeat_i"] == 1
    assert "repeat_i" not in fourth.config()


def test_none_at_all_is_legal(plain: Experiment) -> None:
    assert plain.new_trials([]) == []


class TestHostileInput:
    @pytest.mark.parametrize(
        ("tunables", "options"),
        [
            ("text", {}),
            (["size"], {}),
            (None, {}),
            ({"": 1}, {}),
            ({"x" * 513: 1}, {}),
            ({7: 1}, {}),
            ({"x": 2**63}, {}),
            ({"x": "\0"}, {}),
            ({"x": "\udc80"}, {}),
            ({"x": Exception}, {}),
            ({"x": [1]}, {}),
            ({"x": 1j}, {}),
            ({}, {"config": {"a": {1: 2}}}),
            ({}, {"config": {"a": (1,)}}),
            ({}, {"config": {"a": b""}}),
            ({}, {"config": {"a": "x" * 9_000_000}}),
            ({}, {"config": "text"}),
            ({}, {"ts_start": "now"}),
        ],
        ids=lambda given: repr(given)[:40],
    )
    def test_is_refused_and_changes_nothing(
        self, plain: Experiment, tunables: Any, options: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidInputError):
            plain.new_trials([{"fine": 1}, tunables], **options)
        assert plain.get_trial_by_id(1) is None
        assert plain.new_trial({}).trial_id == 1

    @pytest.mark.parametrize(
        "values", [{"size": 1.5}, {"size": 2000}, {"policy": "random"}, {"share": "much"}, {"nope": 1}]
    )
    def test_that_does_not_fit_the_tunables_is_refused(
        self, experiment: Experiment, values: dict[str, Any]
    ) -> None:
        (name,) = values
        with pytest.raises((ValueError, KeyError), match=name):
            experiment.new_trial(values)
        assert experiment.get_trial_by_id(1) is None

    def test_one_bad_element_spoils_the_batch(self, experiment: Experiment) -> None:
        with pytest.raises(ValueError, match="size"):
            experiment.new_trials([{"size": 1}, {"size": "big"}])
        assert experiment.get_trial_by_id(1) is None

    @pytest.mark.parametrize("options", [{"ts_start": [None]}, {"config": [{}, {}, {}]}])
    def test_sequences_of_another_length_are_refused(
        self, plain: Experiment, options: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidInputError, match="for 2 trials"):
            plain.new_trials([{}, {}], **options)

    def test_one_assignment_is_not_a_list(self, plain: Experiment, tunables: TunableGroups) -> None:
        assignments: list[Any] = [{"x": 1}, tunables, "x", 5]
        for one in assignments:
            with pytest.raises(InvalidInputError, match="takes a list"):
                plain.new_trials(one)


def test_an_empty_assignment_is_the_defaults(experiment: Experiment) -> None:
    assert experiment.tunables is not None
    experiment.tunables.assign({"size": 7})
    assert experiment.new_trial({"policy": "fifo"}).tunable_values == {
        "size": 7,
        "policy": "fifo",
        "share": 0.5,
    }
    assert experiment.new_trial({}).tunable_values == {"size": 100, "policy": "lru", "share": 0.5}
