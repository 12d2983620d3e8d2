"""Tunable configs, as those see them who read them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trialstore import Storage, Trial
from trialstore.data import ExperimentData
from trialstore_conformance.strategies import NUMBERS, TEXTS, exact

Run = Callable[..., Trial]

HOSTILE = {f"p{i}": value for i, value in enumerate([*NUMBERS, *TEXTS])}


@pytest.mark.contract(26)
def test_the_repr_has_its_id_and_its_values(run: Run, data: ExperimentData) -> None:
    config_id = run({"b": 1, "a": "x"}).tunable_config_id
    assert repr(data.tunable_configs[config_id]) == f"TunableConfig :: {config_id}: {{'a': 'x', 'b': 1}}"


@pytest.mark.contract(30)
def test_values_come_back_with_their_types(run: Run, data: ExperimentData) -> None:
    config_id = run(HOSTILE).tunable_config_id
    config = data.tunable_configs[config_id]
    assert config.tunable_config_id == config_id
    assert exact(config.config_dict) == exact(HOSTILE)
    assert config.config_df.columns.tolist() == ["parameter", "value"]
    assert config.config_df["parameter"].tolist() == sorted(HOSTILE)
    assert exact(config.config_df["value"].tolist()) == exact([HOSTILE[name] for name in sorted(HOSTILE)])


def test_its_dict_is_a_copy(run: Run, data: ExperimentData) -> None:
    run({"x": 1})
    config = data.trials[1].tunable_config
    config.config_dict["x"] = 2
    assert config.config_dict == {"x": 1}


@pytest.mark.contract(27)
def test_two_are_equal_if_their_ids_are(storage: Storage, run: Run, data: ExperimentData) -> None:
    run({"x": 1})
    run({"x": 1.0})
    storage.experiment(experiment_id="other").new_trial({"x": 1})
    one, another = data.tunable_configs.values()
    elsewhere = storage.experiments["other"].trials[1].tunable_config
    assert one == elsewhere
    assert hash(one) == hash(elsewhere)
    assert one != another
    assert one != one.tunable_config_id
    assert len({one, another, elsewhere}) == 2
