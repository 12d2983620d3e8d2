"""A Hypothesis state machine: any sequence of calls to the public API leads to what the model says."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from trialstore import Experiment, Storage, Trial
from trialstore.backend import Capability
from trialstore.claimed_trial import ClaimedTrial
from trialstore.errors import TrialstoreError
from trialstore.status import Status
from trialstore.times import from_micros
from trialstore_conformance import strategies
from trialstore_conformance.comparison import compare_configs, compare_experiment
from trialstore_conformance.door import Door
from trialstore_conformance.lab import FAR, HOUR, NOON, SECOND
from trialstore_conformance.model import Hold, ModelExperiment, ModelTrial

_LOG = logging.getLogger("trialstore")
Rows: TypeAlias = list[tuple[int, str, Any]]
MOST_EXPERIMENTS = 4
"""More would spread the calls so thin that nothing happens twice to one trial."""
STEPS_TO_COMPARE = 7
PICKS = st.integers(0, 2**16)
RUNNERS = st.integers(0, 3)
SOON = st.integers(0, 5).map(lambda seconds: NOON + seconds * SECOND)
LEASES = st.none() | st.just(HOUR)
HOT_ROWS = st.tuples(st.just(NOON), st.sampled_from("mM"), strategies.scalars())
"""Rows whose keys are met again and again."""
ROWS = st.lists(
    HOT_ROWS | st.tuples(strategies.moments(), strategies.names(), strategies.scalars()), max_size=4
)


def timed(rows: Rows) -> list[tuple[datetime, str, Any]]:
    """Return telemetry rows as the public API takes them."""
    return [(from_micros(ts), metric, value) for ts, metric, value in rows]


class StorageMachine(RuleBasedStateMachine):
    """Does the same to a storage and to the model, and compares."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self.log_level = _LOG.level
        _LOG.setLevel(logging.ERROR)  # refused updates are half of what happens here
        self.door = door
        self.model: dict[str, ModelExperiment] = {}
        self.steps = 0
        self.claimed: list[tuple[str, ModelTrial, ClaimedTrial, Hold]] = []
        self.storages = [door.storage()]
        self.capabilities = self.storages[0].capabilities
        if Capability.MULTI_PROCESS in self.capabilities:
            self.storages.append(door.storage())

    @initialize(name=strategies.names(), count=st.integers(1, 4), pick=PICKS)
    def begin_with_trials(self, name: str, count: int, pick: int) -> None:
        """Begin where something can happen at once."""
        self.begin(name, None, pick)
        self.add(pick, [{"x": 1}] * count, {}, NOON, 1)

    @precondition(lambda self: len(self.model) < MOST_EXPERIMENTS)
    @rule(name=strategies.names(), max_attempts=st.sampled_from([None, 1, 2]), pick=PICKS)
    def begin(self, name: str, max_attempts: int | None, pick: int) -> None:
        """Create an experiment, unless there is one of that name."""
        if name not in self.model:
            self.model[name] = ModelExperiment(max_attempts)
            with self.storage(pick).experiment(experiment_id=name, max_attempts=max_attempts):
                pass

    @precondition(lambda self: self.model)
    @rule(
        pick=PICKS,
        params=st.lists(strategies.scalar_dicts(), min_size=1, max_size=3),
        metadata=strategies.metadata(),
        due=SOON | strategies.moments(),
        first_id=st.integers(0, 3),
    )
    def add(
        self, pick: int, params: list[dict[str, Any]], metadata: dict[str, Any], due: int, first_id: int
    ) -> None:
        """Add trials."""
        name, _ = self.an_experiment(pick)
        experiment = self.storage(pick).experiment(experiment_id=name, trial_id=first_id)
        ids = self.model[name].add([ModelTrial(each, metadata, due) for each in params], first_id)
        trials = experiment.new_trials(params, from_micros(due), metadata)
        assert [trial.trial_id for trial in trials] == ids

    @precondition(lambda self: self.has_trials())
    @rule(
        pick=PICKS,
        status=st.sampled_from(Status),
        ts=SOON | strategies.moments(),
        metrics=strategies.scalar_dicts(),
    )
    def update(self, pick: int, status: Status, ts: int, metrics: dict[str, Any]) -> None:
        """Update a trial through a handle that was read just now."""
        model, trial = self.a_trial(pick)
        given = metrics if status.is_completed() else None
        self.same(
            lambda: model.update(status, ts, given), lambda: trial.update(status, from_micros(ts), given)
        )

    @precondition(lambda self: self.has_trials())
    @rule(pick=PICKS, new=strategies.metadata())
    def add_metadata(self, pick: int, new: dict[str, Any]) -> None:
        """Add metadata to a trial."""
        model, trial = self.a_trial(pick)
        self.same(lambda: model.add_metadata(new), lambda: trial.add_new_config_data(new))

    @precondition(lambda self: self.has_trials())
    @rule(pick=PICKS, runner=RUNNERS)
    def assign(self, pick: int, runner: int) -> None:
        """Assign a trial to a runner."""
        model, trial = self.a_trial(pick)
        assert trial.set_trial_runner(runner) == model.assign(runner)

    @precondition(lambda self: self.model)
    @rule(pick=PICKS, runner=RUNNERS, limit=st.integers(1, 3), now=SOON, lease=LEASES)
    def claim(self, pick: int, runner: int, limit: int, now: int, lease: int | None) -> None:
        """Claim trials."""
        name, _ = self.an_experiment(pick)
        self.claim_from(name, self.storage(pick), runner=runner, limit=limit, now=now, lease=lease)

    def claim_from(
        self, name: str, storage: Storage, *, runner: int, limit: int, now: int, lease: int | None
    ) -> None:
        """Claim on both sides, and keep the handles."""
        experiment = storage.experiment(experiment_id=name)
        expected = self.model[name].claim(runner, limit, now, lease)
        seconds = None if lease is None else lease / SECOND
        claimed = experiment.claim_trials(runner, limit, seconds, from_micros(now))
        assert [trial.trial_id for trial in claimed] == expected
        for trial in claimed:
            model = self.model[name].trials[trial.trial_id]
            self.claimed.append((name, model, trial, Hold(model.attempt, runner)))

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS, runner=RUNNERS, lease=LEASES)
    def take_over(self, pick: int, runner: int, lease: int | None) -> None:
        """Claim trials, much later, from an experiment in which trials were claimed before."""
        name = self.claimed[pick % len(self.claimed)][0]
        self.claim_from(name, self.storage(pick), runner=runner, limit=3, now=FAR, lease=lease)

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS, status=st.sampled_from(Status), ts=SOON, metrics=strategies.scalar_dicts())
    def update_claimed(self, pick: int, status: Status, ts: int, metrics: dict[str, Any]) -> None:
        """Update through a claimed handle, which may have lost its trial."""
        _, model, trial, hold = self.claimed[pick % len(self.claimed)]
        given = metrics if status.is_completed() else None
        self.same(
            lambda: model.update_claimed(hold, status, ts, given),
            lambda: trial.update(status, from_micros(ts), given),
        )

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS, heartbeat=st.booleans())
    def release_or_prolong(self, pick: int, heartbeat: bool) -> None:
        """Give a claimed trial back, or extend its lease."""
        _, model, trial, hold = self.claimed[pick % len(self.claimed)]
        if heartbeat:
            self.same(lambda: model.heartbeat(hold, HOUR), lambda: trial.heartbeat(3600))
        else:
            self.same(lambda: model.release(hold), trial.release)

    @precondition(lambda self: self.has_trials())
    @rule(pick=PICKS, rows=ROWS)
    def report(self, pick: int, rows: Rows) -> None:
        """Report telemetry through a handle that was read just now."""
        model, trial = self.a_trial(pick)
        model.report(rows)
        trial.update_telemetry(Status.RUNNING, from_micros(NOON), timed(rows))

    @precondition(lambda self: self.claimed)
    @rule(pick=PICKS, rows=ROWS)
    def report_claimed(self, pick: int, rows: Rows) -> None:
        """Report telemetry through a claimed handle, which may have lost its trial."""
        _, model, trial, hold = self.claimed[pick % len(self.claimed)]
        self.same(
            lambda: model.report_claimed(hold, rows),
            lambda: trial.update_telemetry(Status.RUNNING, from_micros(NOON), timed(rows)),
        )

    @precondition(lambda self: len(self.model) > 1)
    @rule(pick=PICKS)
    def delete(self, pick: int) -> None:
        """Delete an experiment."""
        name, _ = self.an_experiment(pick)
        del self.model[name]
        self.claimed = [claim for claim in self.claimed if claim[0] != name]
        self.storage(pick).delete_experiment(name)

    @precondition(lambda self: Capability.PERSISTENT in self.capabilities)
    @rule(pick=PICKS)
    def reopen(self, pick: int) -> None:
        """Close a storage object, and open another one."""
        self.claimed = []
        number = pick % len(self.storages)
        self.storages[number].close()
        self.storages[number] = self.door.storage()

    @invariant()
    def compare_now_and_then(self) -> None:
        """Compare after every few steps: after each it would take most of the time."""
        self.steps += 1
        if self.steps % STEPS_TO_COMPARE == 0:
            self.compare()

    def compare(self) -> None:
        """Compare everything that the storage holds with the model."""
        storage, now = self.storage(self.steps), NOON + self.steps % 6 * SECOND
        assert list(storage.experiments) == sorted(self.model)
        for name, model in self.model.items():
            compare_experiment(storage, name, model, now)
        compare_configs(storage, self.model)

    def teardown(self) -> None:
        """Compare at the end, and leave an empty storage to the next run."""
        _LOG.setLevel(self.log_level)
        if sys.exc_info()[0] is None:
            self.compare()
        for name in self.model:
            self.storages[0].delete_experiment(name)
        for storage in self.storages:
            storage.close()

    def storage(self, pick: int) -> Storage:
        """Return one of the storage objects."""
        return self.storages[pick % len(self.storages)]

    def an_experiment(self, pick: int) -> tuple[str, Experiment]:
        """Return one of the experiments, with a new handle."""
        name = sorted(self.model)[pick % len(self.model)]
        experiment = self.storage(pick).get_experiment_by_id(name)
        assert experiment is not None
        return name, experiment

    def has_trials(self) -> bool:
        """Tell whether there is any trial."""
        return any(experiment.trials for experiment in self.model.values())

    def a_trial(self, pick: int) -> tuple[ModelTrial, Trial]:
        """Return one of the trials, with a new handle."""
        keys = [(name, trial_id) for name in sorted(self.model) for trial_id in self.model[name].trials]
        name, trial_id = keys[pick % len(keys)]
        experiment = self.storage(pick).get_experiment_by_id(name)
        assert experiment is not None
        trial = experiment.get_trial_by_id(trial_id)
        assert trial is not None
        return self.model[name].trials[trial_id], trial

    @staticmethod
    def same(in_model: Callable[[], object], in_storage: Callable[[], object]) -> None:
        """Do the same on both sides; if the model refuses, the storage must refuse with the same error."""
        try:
            in_model()
        except TrialstoreError as refusal:
            with pytest.raises(type(refusal)):
                in_storage()
        else:
            in_storage()
