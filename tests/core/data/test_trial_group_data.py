"""Repetitions of one tunable config, as those see them who read them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from trialstore import Experiment, Storage, Trial
from trialstore.data import ExperimentData, TunableConfigTrialGroupData
from trialstore.errors import TrialNotFoundError

Run = Callable[..., Trial]


@pytest.fixture
def group(run: Run, data: ExperimentData) -> TunableConfigTrialGroupData:
    """The second of two groups: trials 2, 3 and 5."""
    for score, x in enumerate((1, 2, 2, 1, 2)):
        run({"x": x}, {"score": score})
    return data.trials[2].tunable_config_trial_group


@pytest.mark.contract(26)
def test_the_repr_has_the_experiment_and_the_config(group: TunableConfigTrialGroupData) -> None:
    assert repr(group) == f"TunableConfigTrialGroup :: plain cid:{group.tunable_config_id}"


@pytest.mark.contract(27)
def test_its_id_is_the_smallest_id_of_its_trials(group: TunableConfigTrialGroupData) -> None:
    assert group.tunable_config_trial_group_id == 2
    assert group.experiment_id == "plain"
    assert group.tunable_config.config_dict == {"x": 2}
    assert list(group.trials) == [2, 3, 5]
    assert [trial.results_dict["score"] for trial in group.trials.values()] == [1, 2, 4]


@pytest.mark.contract(27)
def test_trials_of_other_groups_are_not_in_it(group: TunableConfigTrialGroupData) -> None:
    assert 4 not in group.trials
    with pytest.raises(TrialNotFoundError, match=r"TunableConfigTrialGroup :: plain cid:\d+ has no trial 4"):
        group.trials[4]


def test_its_trials_and_results_are_read_at_each_access(
    plain: Experiment, group: TunableConfigTrialGroupData
) -> None:
    plain.new_trial({"x": 2})
    assert list(group.trials) == group.results_df["trial_id"].tolist() == [2, 3, 5, 6]


def test_its_results_are_its_rows_of_all_results(
    data: ExperimentData, group: TunableConfigTrialGroupData
) -> None:
    everything = data.results_df
    own = everything[everything["tunable_config_id"] == group.tunable_config_id].reset_index(drop=True)
    pd.testing.assert_frame_equal(group.results_df, own)
    assert group.results_df["tunable_config_trial_group_id"].tolist() == [2, 2, 2]
    assert group.results_df["result.score"].tolist() == [1, 2, 4]


@pytest.mark.contract(27)
def test_two_are_equal_if_experiment_and_config_are(
    storage: Storage, data: ExperimentData, group: TunableConfigTrialGroupData
) -> None:
    same = data.tunable_config_trial_groups[group.tunable_config_id]
    storage.experiment(experiment_id="other").new_trial({"x": 2})
    elsewhere = storage.experiments["other"].trials[1].tunable_config_trial_group
    assert group == same
    assert hash(group) == hash(same)
    assert elsewhere.tunable_config == group.tunable_config
    assert group != elsewhere
    assert group != data.trials[1].tunable_config_trial_group
    assert group != group.tunable_config
