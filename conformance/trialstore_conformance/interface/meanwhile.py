"""What a call sees of those that other threads make meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event, Semaphore
from typing import NoReturn

import pytest

from trialstore.backend import Backend, Capability
from trialstore.errors import ExperimentNotFoundError
from trialstore.records import TrialRecord
from trialstore.status import Status
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import ALL_PARTS, FAR, NOON, Lab

BATCH = 6
PATIENCE_SECONDS = 30
PENDING, READY = frozenset({Status.PENDING}), frozenset({Status.READY})


class MeanwhileConformance(ConformanceBase):
    """Snapshots, calls that are seen whole, refusals, and deletions under way."""

    @sentence("C-409", "C-901")
    def test_a_find_returns_the_trials_of_one_moment(self, patient_lab: Lab) -> None:
        trials = patient_lab.add_many(40)
        # The first, the last, the second, …: who reads them one by one passes one before it ends, and not the next one.
        order = [trial for pair in zip(trials[:20], reversed(trials[20:]), strict=True) for trial in pair]
        steps = [partial(patient_lab.complete, trial, score=1) for trial in order]
        ids = [trial.trial_id for trial in order]
        _watch(steps, lambda: _check_one_moment(patient_lab.find(parts=ALL_PARTS), ids))

    @sentence("C-315", "C-901")
    def test_a_call_is_seen_whole_where_calls_are_atomic(self, patient_lab: Lab) -> None:
        is_atomic = Capability.ATOMIC_CALLS in patient_lab.backend.capabilities

        def check() -> None:
            found = patient_lab.find()
            claimed = [trial for trial in found if trial.status.is_running()]
            assert not is_atomic or (len(found) % BATCH, len(claimed) % BATCH) == (0, 0)

        _watch([partial(patient_lab.add_many, BATCH), partial(patient_lab.claim, limit=BATCH)] * 8, check)
        assert len(patient_lab.ids(statuses=frozenset({Status.RUNNING}))) == 8 * BATCH

    @sentence("C-509", "C-508")
    def test_a_refusal_returns_what_it_was_refused_for(self, patient_lab: Lab) -> None:
        trial = patient_lab.add_one()

        def flip(_: int) -> None:
            for _ in range(10):
                outcome = patient_lab.change(trial, from_statuses=PENDING, status=Status.READY)
                assert outcome.applied or outcome.record.status is Status.READY
                if outcome.applied:
                    assert patient_lab.change(trial, from_statuses=READY, status=Status.PENDING).applied

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(flip, range(3)))

    @sentence("C-801", "C-805", "C-901")
    def test_calls_that_meet_a_deletion_succeed_or_miss_their_experiment(
        self, patient_backend: Backend
    ) -> None:
        for number in range(4):
            name = f"doomed {number}"
            _delete_amid_calls(Lab(patient_backend, name))
            reborn = Lab(patient_backend, name)
            assert (reborn.ids(), reborn.history(), reborn.next_trial_id) == ([], [], None)


def _delete_amid_calls(lab: Lab) -> None:
    """Delete an experiment that threads use, and check that they learn of it and of no other error."""
    trial = lab.add_one(due=FAR)
    calls: Sequence[Callable[[], object]] = (
        lambda: lab.add_many(3),
        lambda: lab.claim(limit=2),
        lambda: lab.change(trial, status=Status.PENDING),
        lambda: lab.report(trial, (NOON, "m", 1)),
        lambda: (lab.find(parts=ALL_PARTS), lab.history(), lab.telemetry(1)),
    )
    made = Semaphore(0)

    def repeat(call: Callable[[], object]) -> NoReturn:
        while True:
            call()
            made.release()

    with ThreadPoolExecutor(len(calls)) as pool:
        repeated = [pool.submit(repeat, call) for call in calls]
        assert all(made.acquire(timeout=PATIENCE_SECONDS) for _ in range(10))
        lab.backend.delete_experiment(lab.uid)
        for future in repeated:
            with pytest.raises(ExperimentNotFoundError):
                future.result()


def _watch(steps: Sequence[Callable[[], object]], look: Callable[[], None]) -> None:
    """Look again and again while another thread takes steps, each of them during a look if it can be."""
    looking = Event()

    def take_steps() -> None:
        for step in steps:
            looking.wait()
            step()

    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(take_steps)
        while not taken.done():
            looking.set()
            look()
            looking.clear()
        taken.result()
    look()


def _check_one_moment(trials: Sequence[TrialRecord], order: Sequence[int]) -> None:
    """Check that of trials that end in an order none is seen to have ended before those that did, and that each is whole."""
    by_id = {trial.trial_id: trial for trial in trials}
    ended = [by_id[trial_id].status.is_completed() for trial_id in order]
    assert ended == sorted(ended, reverse=True), "a trial was seen to have ended, and one before it not yet"
    assert ended == [by_id[trial_id].completion is not None for trial_id in order]
    assert ended == [by_id[trial_id].metrics is not None for trial_id in order]
