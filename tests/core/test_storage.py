"""What a storage does beside handing out experiments."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

import trialstore
from trialstore import Experiment, Storage, Trial
from trialstore.backend import Capability
from trialstore.errors import (
    ExperimentNotFoundError,
    InvalidInputError,
    ReadOnlyError,
    StorageClosedError,
    StorageNotFoundError,
    UnsupportedError,
    UsageError,
)
from trialstore_memory import MemoryBackend


@pytest.mark.contract(1)
def test_update_schema_may_be_repeated_and_returns_the_storage(storage: Storage) -> None:
    assert storage.update_schema() is storage
    assert storage.update_schema().experiments == {}


@pytest.mark.contract(1)
def test_a_schema_is_created_at_the_first_use_if_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "lazy.db"
    config = {
        "class": "sql",
        "config": {"drivername": "sqlite", "database": str(file), "lazy_schema_create": True},
    }
    storage = trialstore.from_config(config)
    assert not file.exists()
    assert len(storage.experiments) == 0
    assert file.exists()


@pytest.mark.contract(1)
def test_a_schema_is_created_on_construction_by_default(tmp_path: Path) -> None:
    file = tmp_path / "eager.db"
    trialstore.open(f"sqlite:///{file}").close()
    assert file.exists()


@pytest.mark.contract(2)
def test_a_storage_shows_as_its_backend_and_database(tmp_path: Path) -> None:
    file = tmp_path / "trials.db"
    assert repr(trialstore.open("sqlite://")) == "sqlite::memory:"
    assert repr(trialstore.open(f"sqlite:///{file}")) == f"sqlite:{file}"
    assert repr(trialstore.open("memory://scratch")) == "memory:scratch"


def test_the_classes_of_experiments_and_trials_are_reachable_from_it() -> None:
    assert Storage.Experiment is Experiment
    assert Storage.Trial is Trial


@pytest.mark.contract(7)
def test_a_closed_storage_says_so(storage: Storage) -> None:
    with storage as same:
        assert same is storage
    storage.close()
    with pytest.raises(StorageClosedError, match="has been closed"):
        storage.experiments["e"]
    with pytest.raises(StorageClosedError):
        storage.update_schema()


def test_a_lazy_storage_can_be_closed_unused() -> None:
    storage = Storage(MemoryBackend({}), lazy_schema_create=True)
    storage.close()
    with pytest.raises(StorageClosedError):
        len(storage.experiments)


@pytest.mark.contract(6)
def test_a_pickled_storage_reconnects(tmp_path: Path) -> None:
    with trialstore.open(f"sqlite:///{tmp_path / 'trials.db'}") as storage:
        with storage.experiment(experiment_id="e") as experiment:
            trial = experiment.new_trial({"x": 1})
        handles = (storage, experiment, trial, storage.experiments["e"], storage.experiments["e"].trials[1])
        again, experiment, trial, data, trial_data = pickle.loads(pickle.dumps(handles))
    assert again.experiments == {"e": data}
    assert experiment.new_trial({"x": 2}).trial_id == 2
    assert trial.set_trial_runner(7) == 7
    assert data.trials[1].trial_runner_id == 7
    assert trial_data.tunable_config.config_dict == {"x": 1}


@pytest.mark.contract(6)
@pytest.mark.parametrize("url", ["memory://", "sqlite://"])
def test_a_storage_in_this_process_refuses_to_be_pickled(url: str) -> None:
    with (
        trialstore.open(url) as storage,
        pytest.raises(UnsupportedError, match="lives in one process and cannot be pickled"),
    ):
        pickle.dumps(storage)


def test_a_storage_made_from_a_backend_object_says_why_it_cannot_be_pickled(tmp_path: Path) -> None:
    with trialstore.open(f"sqlite:///{tmp_path / 'trials.db'}") as storage:
        direct = Storage(storage.session.backend, lazy_schema_create=True)
        with pytest.raises(UsageError, match=r"make it with trialstore\.from_config"):
            pickle.dumps(direct)


def test_reading_only_refuses_every_write_and_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'trials.db'}"
    with trialstore.open(url) as storage, storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial({"x": 1})
    with trialstore.open(url, create=False, read_only=True) as reader:
        stored = reader.get_experiment_by_id("e")
        assert stored is not None
        trial = stored.get_trial_by_id(1)
        assert trial is not None
        for write in (
            lambda: stored.new_trial({"x": 2}),
            lambda: trial.set_trial_runner(1),
            lambda: reader.delete_experiment("e"),
            lambda: reader.experiment(experiment_id="new").__enter__(),
            reader.update_schema,
        ):
            with pytest.raises(ReadOnlyError, match="opened for reading only"):
                write()
        assert [trial.trial_id for trial in reader.experiments["e"].trials.values()] == [1]


def test_nothing_is_created_where_that_is_not_wanted(tmp_path: Path) -> None:
    file = tmp_path / "typo.db"
    for read_only in (False, True):
        with pytest.raises(StorageNotFoundError):
            trialstore.open(f"sqlite:///{file}", create=False, read_only=read_only)
    assert not file.exists()


def test_capabilities_are_those_of_the_backend() -> None:
    assert Storage(MemoryBackend({})).capabilities == {Capability.ATOMIC_CALLS}


@pytest.mark.parametrize("retry_for", ["60", None, True, -1, float("nan"), float("inf")])
def test_patience_is_a_number_of_seconds(retry_for: Any) -> None:
    with pytest.raises(InvalidInputError, match="retry_for"):
        Storage(MemoryBackend({}), retry_for=retry_for)


def test_mappings_can_be_pickled(tmp_path: Path) -> None:
    with trialstore.open(f"sqlite:///{tmp_path / 'trials.db'}") as storage:
        storage.experiment(experiment_id="e").new_trial({"x": 1})
        data = storage.experiments["e"]
        group = data.tunable_config_trial_groups[1]
        for mapping in (storage.experiments, data.trials, data.tunable_configs, group.trials):
            again = pickle.loads(pickle.dumps(mapping))
            assert repr(again) == repr(mapping)
            with pytest.raises(KeyError):
                again["nope"]


class TestDeletingAnExperiment:
    def test_removes_it_with_its_trials(self, storage: Storage, plain: Experiment) -> None:
        plain.new_trial({"x": 1})
        storage.delete_experiment("plain")
        assert storage.experiments == {}
        assert storage.get_experiment_by_id("plain") is None

    def test_leaves_a_clear_error_to_old_handles(self, storage: Storage, plain: Experiment) -> None:
        trial = plain.new_trial({"x": 1})
        data = storage.experiments["plain"]
        storage.delete_experiment("plain")
        with storage.experiment(experiment_id="plain"):  # a namesake, which must not be touched
            for use in (
                lambda: plain.new_trial({"x": 2}),
                lambda: trial.set_trial_runner(1),
                plain.load,
                lambda: len(data.trials),
            ):
                with pytest.raises(ExperimentNotFoundError, match="deleted"):
                    use()
            assert storage.experiments["plain"].trials == {}

    def test_ends_a_handle_that_is_entered_again(self, storage: Storage) -> None:
        handle = storage.experiment(experiment_id="e")
        with handle:
            pass
        storage.delete_experiment("e")
        with pytest.raises(
            ExperimentNotFoundError, match=r"'e' is not in .*storage\.experiment\(\) makes a handle"
        ):
            handle.__enter__()

    def test_keeps_tunable_configs_and_their_ids(self, storage: Storage, plain: Experiment) -> None:
        config_id = plain.new_trial({"x": 1}).tunable_config_id
        storage.delete_experiment("plain")
        with storage.experiment(experiment_id="other") as other:
            assert other.new_trial({"x": 1}).tunable_config_id == config_id

    def test_of_an_unknown_one_is_an_error(self, storage: Storage) -> None:
        with pytest.raises(ExperimentNotFoundError, match="no experiment 'nope'"):
            storage.delete_experiment("nope")


class TestHostileArguments:
    @pytest.mark.parametrize(
        "arguments",
        [
            {"experiment_id": ""},
            {"experiment_id": "x" * 513},
            {"experiment_id": "a\0b"},
            {"experiment_id": "\ud800"},
            {"experiment_id": 7},
            {"experiment_id": "e", "trial_id": -1},
            {"experiment_id": "e", "trial_id": 1.5},
            {"experiment_id": "e", "trial_id": 2**60},
            {"experiment_id": "e", "description": 5},
            {"experiment_id": "e", "root_env_config": "\0"},
            {"experiment_id": "e", "opt_targets": {"m": "down"}},
            {"experiment_id": "e", "opt_targets": {"": "min"}},
            {"experiment_id": "e", "opt_targets": ["m"]},
            {"experiment_id": "e", "opt_targets": {"m": ["min"]}},
            {"experiment_id": "e", "tunables": {"x": 1}},
            {"experiment_id": "e", "max_attempts": 0},
        ],
        ids=str,
    )
    def test_are_refused_and_change_nothing(self, storage: Storage, arguments: dict[str, Any]) -> None:
        with pytest.raises(InvalidInputError):
            storage.experiment(**arguments)
        assert storage.experiments == {}

    def test_an_unknown_experiment_is_a_key_error(self, storage: Storage) -> None:
        with pytest.raises(KeyError, match="there is no experiment 'nope'"):
            storage.experiments["nope"]
        assert storage.get_experiment_by_id("nope") is None
