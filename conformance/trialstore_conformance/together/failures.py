"""Answers that are lost and calls that fail in passing, below the public API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trialstore import Experiment, Storage
from trialstore.errors import StorageUnavailableError
from trialstore.status import Status
from trialstore.times import from_micros
from trialstore_conformance import history
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.faults import (
    WRITES,
    Fault,
    FaultInjectingBackend,
    Plan,
    every,
    fail_each_write_once,
    lose_each_answer_once,
    no_faults,
)
from trialstore_conformance.lab import FAR, NOON, Lab

WHEN = from_micros(NOON)
PLANS: dict[str, Callable[[], Plan]] = {
    "each answer is lost once": lose_each_answer_once,
    "each write fails once": fail_each_write_once,
    "every second answer is lost": lambda: every(2, Fault.LOST_ANSWER),
    "every third write fails": lambda: every(3, Fault.REFUSED),
}


class FailuresConformance(ConformanceBase):
    """No operation of the API doubles, loses or fails because of a failure that passes."""

    @sentence("C-905", "C-908")
    @pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
    def test_a_day_of_failures_ends_like_a_calm_one(self, door: Door, plan: Callable[[], Plan]) -> None:
        backend = FaultInjectingBackend(door.unopened(), plan())
        with Storage(backend) as storage:
            storm = _day(storage, "stormy")
            assert sum(backend.faults.values()) >= 5, "the plan has spoilt nothing"
            backend.plan = no_faults
            assert storm == _day(storage, "calm")
            assert _picture(storage, "stormy") == _picture(storage, "calm")
            history.check_all(Lab(backend, "stormy"))

    @sentence("C-905")
    def test_every_kind_of_write_may_lose_its_answer(self, door: Door) -> None:
        backend = FaultInjectingBackend(door.unopened(), lose_each_answer_once())
        with Storage(backend) as storage:
            _day(storage, "e")
            storage.delete_experiment("e")
            assert list(storage.experiments) == []
            assert backend.faults.keys() >= WRITES
            assert all(backend.faults[name] for name in WRITES)

    @sentence("C-905")
    def test_a_failure_that_does_not_pass_is_an_error_of_its_own(self, door: Door) -> None:
        backend = FaultInjectingBackend(door.unopened(), every(1, Fault.REFUSED))
        with Storage(backend, retry_for=0.05) as storage, pytest.raises(StorageUnavailableError):
            storage.experiment(experiment_id="e").new_trial({"x": 1})


def _day(storage: Storage, experiment_id: str) -> list[Any]:
    """Do everything that can be done, and return what the calls returned."""
    with storage.experiment(
        experiment_id=experiment_id, opt_targets={"score": "min"}, max_attempts=1
    ) as experiment:
        added = experiment.new_trials([{"x": i} for i in range(6)], WHEN)
        added[5].add_new_config_data({"note": "added later"})
        added[4].set_trial_runner(8)
        claimed = experiment.claim_trials(7, limit=3, lease=60, timestamp=WHEN)
        claimed[0].heartbeat(60)
        claimed[0].update_telemetry(Status.RUNNING, WHEN, [(WHEN, "cpu", 0.5), (WHEN, "memory", 3)])
        claimed[0].update(Status.SUCCEEDED, WHEN, {"score": 1.5})
        claimed[1].release()
        expired = experiment.claim_trials(9, limit=1, timestamp=from_micros(FAR))
        added[5].update(Status.FAILED, WHEN)
        return [[repr(trial).partition(":")[2] for trial in trials] for trials in (added, claimed, expired)]


def _picture(storage: Storage, experiment_id: str) -> list[Any]:
    """Return everything that is stored of an experiment, without what differs by chance or by its name."""
    experiment = storage.get_experiment_by_id(experiment_id)
    assert isinstance(experiment, Experiment)
    lab = Lab(storage.session.backend, experiment_id)
    trials = [
        (t.trial_id, t.tunable_config_id, t.status, t.attempt, t.expirations, t.trial_runner_id, t.completion)
        for t in lab.find()
    ]
    rows = [(row.trial_id, row.attempt, row.status, row.reported, row.reason) for row in lab.history()]
    telemetry = [experiment.load_telemetry(trial_id) for trial_id in lab.ids()]
    return [experiment.load(), trials, rows, telemetry, lab.next_trial_id]
