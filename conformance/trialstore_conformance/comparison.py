"""Compares what a storage shows through its public API with what the model says."""

from __future__ import annotations

from collections.abc import Mapping

from trialstore import Storage, TrialData
from trialstore.times import from_micros, to_micros
from trialstore_conformance import history
from trialstore_conformance.lab import Lab, is_now
from trialstore_conformance.model import ModelExperiment, ModelTrial
from trialstore_conformance.strategies import exact


def compare_experiment(storage: Storage, name: str, model: ModelExperiment, now: int) -> None:
    """Compare one experiment with its model."""
    experiment = storage.get_experiment_by_id(name)
    assert experiment is not None
    assert not model.trials or experiment.trial_id == max(model.trials) + 1
    stored = storage.experiments[name].trials
    assert list(stored) == list(model.trials)
    for trial_id, data in stored.items():
        compare_trial(data, model.trials[trial_id])
        rows = experiment.load_telemetry(trial_id)
        found = [(to_micros(ts), metric, exact(value)) for ts, metric, value in rows]
        assert found == model.trials[trial_id].current_telemetry()
    assert experiment.load()[0] == model.loaded()
    assert [trial.trial_id for trial in experiment.pending_trials(from_micros(now))] == model.pending(now)
    history.check_all(Lab(storage.session.backend, name))


def compare_trial(data: TrialData, expected: ModelTrial) -> None:
    """Compare one trial with its model."""
    start = expected.due if expected.ts_start is None else expected.ts_start
    assert (data.status, data.trial_runner_id) == (expected.status, expected.runner)
    assert same_moment(to_micros(data.ts_start), start)
    assert same_moment(None if data.ts_end is None else to_micros(data.ts_end), expected.ts_end)
    assert exact(data.tunable_config.config_dict) == exact(expected.params)
    assert exact(data.metadata_dict) == exact(expected.metadata)
    assert exact(data.results_dict) == exact(expected.metrics)


def same_moment(stored: int | None, expected: int | None) -> bool:
    """Tell whether two times are equal, or both are now, by the clocks of engine and model."""
    return stored == expected or (is_now(stored) and is_now(expected))


def compare_configs(storage: Storage, models: Mapping[str, ModelExperiment]) -> None:
    """Check that equal parameters share one id in the whole storage, and different ones do not."""
    ids: dict[str, set[int]] = {}
    for name, model in models.items():
        for trial_id, data in storage.experiments[name].trials.items():
            key = repr(sorted(exact(model.trials[trial_id].params).items()))
            ids.setdefault(key, set()).add(data.tunable_config_id)
    assert all(len(found) == 1 for found in ids.values()), f"equal parameters got several ids: {ids}"
    assert len(set.union(set(), *ids.values())) == len(ids), f"different parameters share an id: {ids}"
