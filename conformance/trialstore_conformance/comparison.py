"""Compares what a storage shows through its public API with what the model says."""

from __future__ import annotations

from collections.abc import Mapping

from trialstore import Storage, TrialData, codec
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
    loaded, half, when = model.loaded(), len(model.trials) // 2, from_micros(now)
    assert experiment.load()[0] == loaded
    assert experiment.load(half)[0] == [trial_id for trial_id in loaded if trial_id > half]
    assert [trial.trial_id for trial in experiment.pending_trials(when)] == model.pending(now)
    assigned = experiment.pending_trials(when, running=True, trial_runner_assigned=True)
    assert [trial.trial_id for trial in assigned] == model.assigned(now)
    lab = Lab(storage.session.backend, name)
    compare_past(lab, model)
    history.check_all(lab)


def compare_trial(data: TrialData, expected: ModelTrial) -> None:
    """Compare one trial with its model."""
    start = expected.due if expected.ts_start is None else expected.ts_start
    assert (data.status, data.trial_runner_id) == (expected.status, expected.runner)
    assert same_moment(to_micros(data.ts_start), start)
    assert same_moment(None if data.ts_end is None else to_micros(data.ts_end), expected.ts_end)
    assert exact(data.tunable_config.config_dict) == exact(expected.params)
    assert exact(data.metadata_dict) == exact(expected.metadata)
    assert exact(data.results_dict) == exact(expected.metrics)


def compare_past(lab: Lab, model: ModelExperiment) -> None:
    """Compare what the public API shows of the past only to those who look closely: attempts, and what was in them."""
    rows = lab.history()
    telemetry = lab.telemetry_rows(list(model.trials), all_attempts=True)
    for record in lab.find():
        trial_id, trial = record.trial_id, model.trials[record.trial_id]
        own = [row for row in rows if row.trial_id == trial_id]
        assert (record.attempt, record.expirations) == (trial.attempt, trial.expirations)
        assert (record.lease_expires is None) == (trial.lease_ends is None)
        assert [(row.attempt, row.status) for row in own if not row.reported] == trial.history
        assert sorted(row.attempt for row in own if row.reported) == trial.reports
        stored = [row for row in telemetry if row.trial_id == trial_id]
        found = [(row.attempt, row.ts, row.metric, exact(codec.decode_scalar(row.value))) for row in stored]
        assert found == trial.all_telemetry()


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
