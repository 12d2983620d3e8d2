"""The fault-injecting backend does what its plans say."""

from __future__ import annotations

import pytest

from trialstore import TransientError
from trialstore.records import ExperimentQuery, ExperimentRecord
from trialstore_conformance import (
    Fault,
    FaultInjectingBackend,
    every,
    fail_each_write_once,
    lose_each_answer_once,
    no_faults,
)
from trialstore_conformance.faults import Plan
from trialstore_memory import MemoryBackend

RECORD = ExperimentRecord(experiment_id="e", uid="1")


def spoilt(plan: Plan) -> FaultInjectingBackend:
    return FaultInjectingBackend(MemoryBackend({}), plan)


def found(backend: FaultInjectingBackend) -> list[ExperimentRecord]:
    return backend.find_experiments(ExperimentQuery())


def test_a_call_whose_answer_is_lost_has_been_performed() -> None:
    backend = spoilt(lose_each_answer_once())
    with pytest.raises(TransientError, match="answer of put_experiment"):
        backend.put_experiment(RECORD)
    assert found(backend) == [RECORD]
    assert backend.put_experiment(RECORD) == RECORD


def test_a_call_that_is_refused_has_not_been_performed() -> None:
    backend = spoilt(fail_each_write_once())
    with pytest.raises(TransientError, match="put_experiment did not reach"):
        backend.put_experiment(RECORD)
    assert found(backend) == []
    assert backend.put_experiment(RECORD) == RECORD


def test_every_nth_call_fails_and_all_are_counted() -> None:
    backend = spoilt(every(3, Fault.REFUSED, {"find_experiments"}))
    backend.put_experiment(RECORD)
    for outcome in (True, True, False, True, True, False):
        if outcome:
            assert found(backend) == [RECORD]
        else:
            with pytest.raises(TransientError):
                found(backend)
    assert (backend.calls["find_experiments"], backend.faults["find_experiments"]) == (6, 2)
    assert (backend.calls["put_experiment"], backend.faults["put_experiment"]) == (1, 0)


def test_a_plan_may_be_replaced() -> None:
    backend = spoilt(every(1, Fault.REFUSED))
    backend.plan = no_faults
    assert backend.put_experiment(RECORD) == RECORD


def test_the_wrapper_shows_what_it_wraps() -> None:
    backend = spoilt(no_faults)
    assert (backend.label, backend.capabilities) == ("memory:", MemoryBackend.capabilities)
