"""Calls that were interrupted half way, by a crash or a failover: what they left is finished, mended or swept away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pymongo.database import Database

from trialstore.errors import CorruptStorageError, ExperimentNotFoundError, TransientError
from trialstore.records import ExperimentQuery, TelemetryQuery
from trialstore.status import Status
from trialstore_conformance.lab import NOON, SECOND, Lab, finished_trial, new_trial
from trialstore_mongo import MongoBackend

CHILDREN = ("trial", "history", "report", "telemetry")


@pytest.fixture
def lab(open_backend: Callable[..., MongoBackend]) -> Lab:
    return Lab(open_backend())


def test_a_claim_that_was_interrupted_is_finished_by_its_repetition(
    lab: Lab, database: Database[Any]
) -> None:
    lab.add_many(4)
    claim = lab.claim_of(limit=3)
    lab.backend.claim_trials(claim)
    _undo_all_but_the_first(lab, database)
    again = lab.backend.claim_trials(claim)
    assert [(trial.trial_id, trial.attempt) for trial in again] == [(1, 1), (2, 1), (3, 1)]
    assert lab.backend.claim_trials(claim) == again
    assert len(lab.history()) == 4 + 3


def test_a_claim_that_was_interrupted_after_it_took_all_that_there_was_is_finished_by_its_repetition(
    lab: Lab, database: Database[Any]
) -> None:
    lab.add_many(3)
    claim = lab.claim_of(limit=5)
    first = lab.backend.claim_trials(claim)
    database["trialstore_trial"].update_one({"trial_id": 1}, {"$set": {"log.1.is_open": True}})
    assert lab.backend.claim_trials(claim) == first
    lab.add_many(1)
    assert lab.backend.claim_trials(claim) == first


def _undo_all_but_the_first(lab: Lab, database: Database[Any]) -> None:
    """Take back what a claim has done to all trials but the first, as if it had been killed there."""
    trials = database["trialstore_trial"]
    pending = {"status": 1, "attempt": 0, "trial_runner_id": None, "ts_start": None}
    trials.update_many({"trial_id": {"$in": [2, 3]}}, {"$set": pending, "$pop": {"log": 1}})
    trials.update_one({"trial_id": 1}, {"$set": {"log.1.is_open": True}})


def test_a_finished_claim_is_not_filled_up_with_trials_that_came_later(lab: Lab) -> None:
    lab.add_many(2)
    claim = lab.claim_of(limit=5)
    first = lab.backend.claim_trials(claim)
    lab.add_many(2)
    assert lab.backend.claim_trials(claim) == first
    assert len(first) == 2


def test_an_id_counter_that_a_failover_set_back_is_mended(lab: Lab, database: Database[Any]) -> None:
    lab.add_many(5)
    database["trialstore_experiment"].update_one({}, {"$set": {"next_trial_id": 2}})
    new = [new_trial(), new_trial()]
    with pytest.raises(TransientError, match="has set a counter back"):
        lab.add(*new)
    assert [trial.trial_id for trial in lab.add(*new)] == [6, 7]
    assert lab.next_trial_id == 8


@pytest.mark.parametrize("counter", [2, 4, 5])
def test_a_repeated_addition_mends_the_counter_that_a_failover_has_set_back(
    lab: Lab, database: Database[Any], counter: int
) -> None:
    lab.add_many(3)
    new = new_trial()
    lab.add(new)
    database["trialstore_experiment"].update_one({}, {"$set": {"next_trial_id": counter}})
    assert [trial.trial_id for trial in lab.add(new)] == [4]
    assert lab.next_trial_id == 5


def test_trials_of_which_one_could_not_be_added_under_its_id_get_ids_in_their_order(
    lab: Lab, database: Database[Any]
) -> None:
    lab.add_many(5)
    database["trialstore_experiment"].update_one({}, {"$set": {"next_trial_id": 5}})
    new = [new_trial() for _ in range(3)]
    with pytest.raises(TransientError, match="has set a counter back"):
        lab.add(*new)
    ids = [trial.trial_id for trial in lab.add(*new)]
    assert ids == sorted(ids)


def test_a_completion_counter_that_a_failover_set_back_is_mended(lab: Lab, database: Database[Any]) -> None:
    one, other = lab.add_many(2)
    lab.complete(one)
    database["trialstore_experiment"].update_one({}, {"$set": {"completions": 0}})
    change = lab.change_of(other, status=Status.FAILED)
    with pytest.raises(TransientError, match="has set a counter back"):
        lab.backend.change_trial(change)
    assert lab.backend.change_trial(change).record.completion == 2


def test_a_completion_counter_that_was_set_back_is_mended_for_adds_and_expiries(
    lab: Lab, database: Database[Any]
) -> None:
    set_back = {"$set": {"completions": 0}}
    lab.claimed(lease=SECOND)
    lab.add(finished_trial())
    database["trialstore_experiment"].update_one({}, set_back)
    with pytest.raises(TransientError, match="has set a counter back"):
        lab.expire()
    assert [trial.completion for trial in lab.expire()] == [2]
    database["trialstore_experiment"].update_one({}, set_back)
    finished = finished_trial()
    with pytest.raises(TransientError, match="has set a counter back"):
        lab.add(finished)
    assert lab.trial(lab.add(finished)[0].trial_id).completion == 3


def test_a_config_counter_that_a_failover_set_back_is_mended(lab: Lab, database: Database[Any]) -> None:
    lab.add(*(new_trial({"x": i}) for i in range(5)))
    database["trialstore_counter"].update_one({}, {"$set": {"value": 0}})
    trials = lab.add(*(new_trial({"x": i}) for i in range(3, 8)))
    ids = [trial.tunable_config_id for trial in trials]
    assert ids[:2] == [trial.tunable_config_id for trial in lab.find(trial_ids=[4, 5])]
    assert len({trial.tunable_config_id for trial in lab.find()}) == 8


def test_a_config_counter_that_is_gone_is_said_so(lab: Lab, database: Database[Any]) -> None:
    database["trialstore_counter"].delete_many({})
    with pytest.raises(CorruptStorageError, match="trialstore_counter is gone"):
        lab.add_one()


def test_a_completion_that_is_refused_leaves_no_gap_in_the_numbers(lab: Lab) -> None:
    one, other = lab.add_many(2)
    first = lab.change_of(one, status=Status.FAILED)
    assert lab.backend.change_trial(first).applied
    assert lab.backend.change_trial(first).applied
    assert not lab.complete(one).applied
    assert lab.complete(other).record.completion == 2


def test_a_deletion_leaves_no_documents_behind(lab: Lab, database: Database[Any]) -> None:
    _fill(lab)
    lab.backend.delete_experiment(lab.uid)
    assert [database[f"trialstore_{name}"].count_documents({}) for name in CHILDREN] == [0] * 4


def test_a_sweep_that_was_interrupted_is_resumed_when_the_storage_is_opened(
    lab: Lab, database: Database[Any], open_backend: Callable[..., MongoBackend]
) -> None:
    _fill(lab)
    database["trialstore_deletion"].insert_one({"_id": lab.uid, "ts": NOON})
    database["trialstore_experiment"].delete_one({})
    reads: list[Callable[[], object]] = [
        lab.find,
        lab.history,
        lambda: lab.telemetry(1),
        lambda: lab.backend.count_trials(lab.uid),
    ]
    for read in reads:
        with pytest.raises(ExperimentNotFoundError):
            read()
    open_backend(create=False, read_only=True)
    assert database["trialstore_trial"].count_documents({}) == 1
    open_backend(create=False)
    assert [database[f"trialstore_{name}"].count_documents({}) for name in CHILDREN] == [0] * 4
    assert database["trialstore_deletion"].count_documents({}) == 0


def test_what_a_late_write_leaves_of_a_deleted_experiment_is_swept_later(
    lab: Lab, database: Database[Any], open_backend: Callable[..., MongoBackend]
) -> None:
    _fill(lab)
    [late] = database["trialstore_trial"].find()
    lab.backend.delete_experiment(lab.uid)
    database["trialstore_trial"].insert_one(late)
    open_backend(create=False)
    assert database["trialstore_trial"].count_documents({}) == 0


def test_a_deletion_that_never_came_to_its_visible_step_has_not_happened(
    lab: Lab, database: Database[Any], open_backend: Callable[..., MongoBackend]
) -> None:
    _fill(lab)
    database["trialstore_deletion"].insert_one({"_id": lab.uid, "ts": NOON})
    other = open_backend(create=False)
    assert [found.uid for found in other.find_experiments(ExperimentQuery())] == [lab.uid]
    assert len(other.find_telemetry(TelemetryQuery(uid=lab.uid, trial_ids=[1]))) == 1
    assert database["trialstore_deletion"].count_documents({}) == 0


def _fill(lab: Lab) -> None:
    """Add a trial with telemetry, and with history that has moved out."""
    trial = lab.add_one()
    for i in range(12):
        lab.change(trial, metadata=f'{{"note":{i}}}')
    lab.report(trial, (NOON, "cpu", 0.5))
