"""What a trial shows, and its metadata and runner."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from trialstore import Experiment, Status, Storage, Trial
from trialstore.errors import InvalidInputError, StaleTrialError, UsageError
from trialstore.values import Value

NOW = datetime(2030, 1, 1, tzinfo=UTC)
NESTED: dict[str, Value] = {
    "text": "007",
    "flag": True,
    "count": 1,
    "ratio": 1.0,
    "none": None,
    "deep": {"a": [{"b": [1, "x", None]}]},
}


def restored(experiment: Experiment, trial_id: int = 1) -> Trial:
    trial = experiment.get_trial_by_id(trial_id)
    assert trial is not None
    return trial


@pytest.mark.contract(20)
def test_it_shows_its_ids(experiment: Experiment) -> None:
    trial = experiment.new_trial({})
    assert repr(trial) == "e:1:1:None"
    trial.set_trial_runner(7)
    assert repr(trial) == repr(restored(experiment)) == "e:1:1:7"
    assert trial.opt_targets == {"latency": "min"}


@pytest.mark.contract(20)
def test_its_config_is_overridden_by_the_global_one_and_then_by_its_ids(plain: Experiment) -> None:
    trial = plain.new_trial({}, config={"a": 1, "b": 2, "trial_id": 99})
    assert trial.config({"b": 3, "c": 4, "experiment_id": "x"}) == {
        "a": 1,
        "b": 3,
        "c": 4,
        "experiment_id": "plain",
        "trial_id": 1,
    }
    trial.set_trial_runner(5)
    assert trial.config()["trial_runner_id"] == 5


def test_a_global_config_must_be_a_mapping(plain: Experiment) -> None:
    hostile: Any = 5
    with pytest.raises(InvalidInputError, match="global_config must be a mapping"):
        plain.new_trial({}).config(hostile)


@pytest.mark.contract(20)
def test_a_restored_trial_has_the_original_types(plain: Experiment) -> None:
    plain.new_trial({}, config=NESTED)
    config = restored(plain).config()
    assert {name: config[name] for name in NESTED} == NESTED
    assert repr({name: config[name] for name in sorted(NESTED)}) == repr(
        {name: NESTED[name] for name in sorted(NESTED)}
    )


@pytest.mark.contract(17)
def test_a_restored_trial_has_the_tunables_that_were_stored(experiment: Experiment) -> None:
    experiment.new_trial({"size": 7, "policy": "fifo"})
    assert experiment.tunables is not None
    expected = experiment.tunables.copy().assign({"size": 7, "policy": "fifo"}).reset()
    assert restored(experiment).tunables == expected
    trial = restored(experiment)
    assert not trial.tunables.is_updated()
    assert trial.tunables is trial.tunables
    assert restored(experiment).tunable_values == {"size": 7, "policy": "fifo", "share": 0.5}


def test_without_tunables_there_are_only_values(plain: Experiment) -> None:
    plain.new_trial({"x": 1})
    with pytest.raises(UsageError, match=r"use trial\.tunable_values"):
        restored(plain).tunables  # noqa: B018 - reading it is the test
    assert restored(plain).tunable_values == {"x": 1}


class TestAddingMetadata:
    @pytest.mark.contract(21)
    def test_adds_entries(self, plain: Experiment) -> None:
        trial = plain.new_trial({}, config={"a": 1})
        trial.add_new_config_data({"b": [2], "c": None})
        assert trial.config() == restored(plain).config() == {**trial.config(), "a": 1, "b": [2], "c": None}

    @pytest.mark.contract(21)
    def test_is_all_or_nothing(self, plain: Experiment) -> None:
        trial = plain.new_trial({}, config={"a": 1})
        hostile: list[dict[str, Any]] = [
            {"b": 2, "a": 3},
            {"b": 2, "c": object()},
            {"b": 2, "": 3},
            {"b": "x" * 9_000_000},
        ]
        for bad in hostile:
            with pytest.raises(InvalidInputError):
                trial.add_new_config_data(bad)
        assert "b" not in trial.config()
        assert "b" not in restored(plain).config()

    @pytest.mark.contract(21)
    def test_is_checked_against_the_storage(self, plain: Experiment) -> None:
        first = plain.new_trial({})
        second = restored(plain)
        first.add_new_config_data({"a": 1})
        with pytest.raises(InvalidInputError, match="has metadata 'a' already; nothing was added"):
            second.add_new_config_data({"a": 2, "b": 3})
        second.add_new_config_data({"b": 3})
        assert restored(plain).config() == {**second.config(), "a": 1, "b": 3}

    def test_is_refused_to_a_handle_whose_trial_was_claimed(self, plain: Experiment) -> None:
        trial = plain.new_trial({})
        plain.claim_trials(1)
        with pytest.raises(StaleTrialError):
            trial.add_new_config_data({"a": 1})

    def test_is_refused_to_a_claimed_handle_that_gave_its_trial_back(self, plain: Experiment) -> None:
        plain.new_trial({})
        (trial,) = plain.claim_trials(1)
        trial.add_new_config_data({"a": 1})
        trial.release()
        with pytest.raises(StaleTrialError, match="given back"):
            trial.add_new_config_data({"b": 1})


class TestSettingTheRunner:
    @pytest.mark.contract(22)
    def test_assigns_one_and_reassigns_while_pending(self, storage: Storage, plain: Experiment) -> None:
        trial = plain.new_trial({})
        assert trial.set_trial_runner(1) == 1
        assert trial.set_trial_runner(2) == trial.trial_runner_id == 2
        assert storage.experiments["plain"].trials[1].trial_runner_id == 2

    @pytest.mark.contract(22)
    def test_keeps_the_old_one_once_it_runs(
        self, plain: Experiment, caplog: pytest.LogCaptureFixture
    ) -> None:
        trial = plain.new_trial({})
        trial.set_trial_runner(1)
        trial.update(Status.RUNNING, NOW)
        with caplog.at_level(logging.WARNING):
            assert trial.set_trial_runner(2) == 1
        assert "stays with runner 1" in caplog.text
        assert trial.trial_runner_id == restored(plain).trial_runner_id == 1

    @pytest.mark.contract(22)
    @pytest.mark.parametrize("status", [Status.READY, Status.RUNNING, Status.FAILED])
    def test_assigns_one_later_too_if_there_was_none(self, plain: Experiment, status: Status) -> None:
        trial = plain.new_trial({})
        trial.update(status, NOW)
        assert trial.set_trial_runner(3) == restored(plain).trial_runner_id == 3

    @pytest.mark.contract(22)
    def test_sees_what_others_did_meanwhile(self, plain: Experiment) -> None:
        first = plain.new_trial({})
        second = restored(plain)
        first.set_trial_runner(1)
        assert second.set_trial_runner(2) == 2
        first.update(Status.RUNNING, NOW)
        assert second.set_trial_runner(3) == 2

    def test_does_not_make_a_stale_handle_current(self, plain: Experiment) -> None:
        stale = plain.new_trial({})
        (claimed,) = plain.claim_trials(1)
        claimed.release()
        assert stale.set_trial_runner(4) == 4
        with pytest.raises(StaleTrialError):
            stale.update(Status.RUNNING, NOW)

    @pytest.mark.parametrize("runner", [None, "1", 1.0, True, 2**63])
    def test_takes_integers_only(self, plain: Experiment, runner: Any) -> None:
        trial = plain.new_trial({})
        with pytest.raises(InvalidInputError, match="trial_runner_id"):
            trial.set_trial_runner(runner)
        assert restored(plain).trial_runner_id is None
