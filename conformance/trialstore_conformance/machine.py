"""What the state machine works on: storages and their model, side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant

from trialstore import Experiment, Storage, Trial
from trialstore.backend import Capability
from trialstore.claimed_trial import ClaimedTrial
from trialstore.errors import TrialstoreError
from trialstore_conformance.comparison import compare_configs, compare_experiment
from trialstore_conformance.door import Door
from trialstore_conformance.lab import NOON, SECOND
from trialstore_conformance.model import Hold, ModelExperiment, ModelTrial

STEPS_TO_COMPARE = 7


class Claimed(NamedTuple):
    """A claimed handle, with what it stands for in the model."""

    name: str
    model: ModelTrial
    trial: ClaimedTrial
    hold: Hold


class Reader(NamedTuple):
    """A handle that polls, and the trials that it has returned."""

    experiment: Experiment
    seen: set[int]


class Machine(RuleBasedStateMachine):
    """Several storage objects and the model, which are to agree; its rules are in `StorageMachine`."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self.door = door
        self.model: dict[str, ModelExperiment] = {}
        self.deleted: list[str] = []
        self.steps = 0
        self.numbers = count()
        self.claimed: list[Claimed] = []
        self.readers: dict[str, Reader] = {}
        self.storages = [door.storage()]
        self.capabilities = self.storages[0].capabilities
        if Capability.MULTI_PROCESS in self.capabilities:
            self.storages.append(door.storage())

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
        if sys.exc_info()[0] is None:
            self.compare()
        for name in self.model:
            self.storages[0].delete_experiment(name)
        for storage in self.storages:
            storage.close()

    def forget(self, name: str) -> None:
        """Drop every handle of an experiment."""
        self.claimed = [claim for claim in self.claimed if claim.name != name]
        self.readers.pop(name, None)

    def storage(self, pick: int) -> Storage:
        """Return one of the storage objects."""
        return self.storages[pick % len(self.storages)]

    def an_experiment(self, pick: int) -> tuple[str, Experiment]:
        """Return one of the experiments, with a new handle."""
        name = sorted(self.model)[pick % len(self.model)]
        return name, self.experiment_of(name, pick)

    def experiment_of(self, name: str, pick: int) -> Experiment:
        """Return a new handle of an experiment."""
        experiment = self.storage(pick).get_experiment_by_id(name)
        assert experiment is not None
        return experiment

    def has_trials(self) -> bool:
        """Tell whether there is any trial."""
        return any(experiment.trials for experiment in self.model.values())

    def a_trial(self, pick: int) -> tuple[ModelTrial, Trial]:
        """Return one of the trials, with a new handle."""
        keys = [(name, trial_id) for name in sorted(self.model) for trial_id in self.model[name].trials]
        name, trial_id = keys[pick % len(keys)]
        trial = self.experiment_of(name, pick).get_trial_by_id(trial_id)
        assert trial is not None
        return self.model[name].trials[trial_id], trial

    def a_claim(self, pick: int) -> Claimed:
        """Return one of the claimed handles, which may have lost its trial; 0 is the latest."""
        return self.claimed[-1 - pick % len(self.claimed)]

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
