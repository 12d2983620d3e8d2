"""Lazy mappings look like dicts, and read only what they are asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trialstore import Experiment, Storage
from trialstore.data import ExperimentData, LazyMapping
from trialstore.errors import (
    ExperimentNotFoundError,
    NotFoundError,
    TrialNotFoundError,
    TunableConfigNotFoundError,
)

IDS = ["B", "a", "a ", "\u00e9", "\uffff", "\U0001f600"]
"""Ids in the order of their code points, which is neither a dictionary's nor that of UTF-16."""


@pytest.fixture
def experiments(storage: Storage) -> Storage:
    """A storage with an experiment for each of the ids, begun in another order."""
    for experiment_id in sorted(IDS, key=ascii, reverse=True):
        storage.experiment(experiment_id=experiment_id, description=f"<{experiment_id}>").new_trial({})
    return storage


@pytest.mark.contract(3)
def test_experiments_come_in_the_order_of_their_ids_by_code_point(experiments: Storage) -> None:
    assert list(experiments.experiments) == IDS
    assert list(experiments.experiments.keys()) == IDS
    assert [data.experiment_id for data in experiments.experiments.values()] == IDS
    assert [experiment_id for experiment_id, _ in experiments.experiments.items()] == IDS
    assert len(experiments.experiments) == len(IDS)


@pytest.mark.contract(3)
def test_the_repr_is_that_of_a_dict(experiments: Storage) -> None:
    shown = ", ".join(f"{name!r}: Experiment :: {name}: {f'<{name}>'!r}" for name in IDS)
    assert repr(experiments.experiments) == "{" + shown + "}"


@pytest.mark.contract(3)
def test_an_empty_storage_has_an_empty_mapping(storage: Storage) -> None:
    assert repr(storage.experiments) == "{}"
    assert not storage.experiments
    assert storage.experiments == {}
    assert storage.experiments.get("e") is None


@pytest.mark.parametrize(
    "key",
    ["", "A", "a  ", "e\u0301", "x" * 600, "a\0", "\ud800", None, 1, b"a", ["a"], object()],
    ids=lambda key: ascii(key)[:12],
)
def test_a_key_that_is_not_there_is_a_key_error_of_whatever_kind_it_is(
    experiments: Storage, key: Any
) -> None:
    assert key not in experiments.experiments
    assert experiments.experiments.get(key) is None
    with pytest.raises(ExperimentNotFoundError, match="there is no experiment"):
        experiments.experiments[key]


@pytest.mark.parametrize("key", [0, 2, -1, 2**63, 2**80, "1", 1.0, True, None, np.float64(1), (1,)], ids=repr)
def test_a_trial_that_is_not_there_is_a_key_error_too(
    plain: Experiment, data: ExperimentData, key: Any
) -> None:
    plain.new_trial({})
    mappings: list[tuple[LazyMapping[int, Any], type[NotFoundError]]] = [
        (data.trials, TrialNotFoundError),
        (data.tunable_configs, TunableConfigNotFoundError),
        (data.tunable_config_trial_groups, TunableConfigNotFoundError),
    ]
    for mapping, error in mappings:
        assert key not in mapping
        with pytest.raises(error, match="plain"):
            mapping[key]


def test_keys_may_come_from_a_frame(plain: Experiment, storage: Storage, data: ExperimentData) -> None:
    plain.new_trial({})
    trial_ids: Any = data.results_df["trial_id"].to_numpy()
    assert data.trials[trial_ids[0]] == data.trials[1]
    assert storage.experiments[np.str_("plain")] == data


def test_mappings_compare_like_dicts(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trials([{}, {}])
    assert data.trials == {trial_id: data.trials[trial_id] for trial_id in (1, 2)}
    assert data.trials != {1: data.trials[1]}


def test_a_mapping_shows_what_is_stored_at_each_access(plain: Experiment, data: ExperimentData) -> None:
    trials = data.trials
    assert list(trials) == []
    plain.new_trials([{}, {}])
    assert list(trials) == [1, 2]


@pytest.mark.contract(3)
def test_one_key_costs_one_small_query(watched: ExperimentData, reads: list[tuple[str, int]]) -> None:
    watched.trials[50]
    assert reads == [("trials", 1), ("configs", 1)]
    reads.clear()
    assert 1000 not in watched.trials
    assert reads == [("trials", 0)]


@pytest.mark.contract(3, 27)
def test_one_experiment_is_found_without_reading_the_others(
    watched_storage: Storage, watched: ExperimentData, reads: list[tuple[str, int]]
) -> None:
    assert watched_storage.experiments["e"] == watched
    assert "b" not in watched_storage.experiments
    assert reads == [("experiments", 1), ("experiments", 0)]


@pytest.mark.contract(27)
def test_one_config_and_one_group_are_found_without_reading_all_trials(
    watched: ExperimentData, reads: list[tuple[str, int]]
) -> None:
    watched.tunable_configs[4]
    assert reads == [("trials", 1), ("configs", 1)]
    reads.clear()
    watched.tunable_config_trial_groups[4]
    assert reads == [("trials", 1), ("configs", 1)]


@pytest.mark.contract(27)
def test_all_values_cost_a_constant_number_of_queries(
    watched: ExperimentData, reads: list[tuple[str, int]]
) -> None:
    for mapping in (watched.trials, watched.tunable_configs, watched.tunable_config_trial_groups):
        for read_all in (mapping.values, mapping.items, mapping.__repr__):
            reads.clear()
            read_all()
            assert reads == [("trials", 100), ("configs", 10)]


@pytest.mark.contract(27)
def test_looking_at_a_snapshot_costs_no_query(watched: ExperimentData, reads: list[tuple[str, int]]) -> None:
    trial = watched.trials[50]
    reads.clear()
    _ = watched.description, watched.objectives, watched.root_env_config, repr(watched)
    _ = trial.status, trial.ts_start, trial.ts_end, trial.results_dict, trial.metadata_df, repr(trial)
    _ = trial.tunable_config.config_dict, trial.tunable_config.config_df, trial.trial_runner_id
    assert reads == []
