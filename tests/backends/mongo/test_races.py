"""Two clients at the same moment: what one does comes just before a certain command of the other one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

import pytest
from pymongo.database import Database

from servers import MongoServer
from trialstore.errors import ExperimentNotFoundError, TransientError
from trialstore.records import ExperimentRecord, TrialRecord
from trialstore.status import Status
from trialstore_conformance import history
from trialstore_conformance.lab import FAR, NOON, SECOND, Lab, finished_trial, new_trial
from trialstore_mongo import MongoBackend

NEW = ExperimentRecord(experiment_id="f", uid="v")


@pytest.fixture
def lab(open_backend: Callable[..., MongoBackend], meanwhile: Any) -> Lab:
    """Return an experiment on the backend that something comes between."""
    return Lab(open_backend(query={"event_listeners": [meanwhile]}))


@pytest.fixture
def other(lab: Lab, open_backend: Callable[..., MongoBackend]) -> Lab:
    """Return the same experiment on another backend."""
    return Lab(open_backend())


def test_the_first_of_two_experiments_with_one_id_wins(lab: Lab, other: Lab, meanwhile: Any) -> None:
    first = ExperimentRecord(experiment_id="f", uid="w", description="first")
    meanwhile.before("insert", "experiment", lambda: other.backend.put_experiment(first))
    assert lab.backend.put_experiment(NEW) == first
    assert meanwhile.is_done


def test_an_experiment_that_goes_while_a_namesake_is_put_is_put_again(
    lab: Lab, other: Lab, meanwhile: Any, database: Database[Any]
) -> None:
    def replace() -> None:
        other.backend.put_experiment(ExperimentRecord(experiment_id="f", uid="w"))
        meanwhile.before("find", "experiment", lambda: other.backend.delete_experiment("w"))

    meanwhile.before("insert", "experiment", replace)
    with pytest.raises(TransientError, match="deleted by others"):
        lab.backend.put_experiment(NEW)
    assert lab.backend.put_experiment(NEW) == NEW


def test_a_repeated_trial_that_has_ended_gives_its_completion_number_back(lab: Lab) -> None:
    ended = finished_trial()
    lab.add(ended)
    lab.add(ended)
    [other] = lab.add(finished_trial())
    assert (other.trial_id, other.completion) == (2, 2)


def test_ids_that_another_call_has_gone_beyond_are_not_given_back(
    lab: Lab, other: Lab, meanwhile: Any
) -> None:
    again = new_trial()
    lab.add(again)
    meanwhile.before("insert", "trial", lambda: other.add(new_trial()))
    assert [trial.trial_id for trial in lab.add(again)] == [1]
    assert meanwhile.is_done
    assert (lab.ids(), lab.next_trial_id) == ([1, 3], 4)


def test_equal_configs_get_one_id(lab: Lab, other: Lab, meanwhile: Any) -> None:
    meanwhile.before("insert", "tunable_config", lambda: other.add(new_trial({"x": 1})))
    trials = lab.add(new_trial({"x": 0}), new_trial({"x": 1}), new_trial({"x": 2}))
    assert meanwhile.is_done
    assert len({trial.tunable_config_id for trial in trials}) == 3
    assert trials[1].tunable_config_id == lab.trial(1).tunable_config_id


def test_configs_that_others_always_store_first_are_tried_again(
    lab: Lab, other: Lab, meanwhile: Any, database: Database[Any]
) -> None:
    def set_back() -> None:
        database["trialstore_counter"].update_one({}, {"$set": {"value": 0}})
        meanwhile.before("findAndModify", "counter", set_back)

    other.add(new_trial({"x": 0}))
    set_back()
    new = new_trial({"x": 1})
    with pytest.raises(TransientError, match="same tunable configs"):
        lab.add(new)
    meanwhile.stop()
    assert lab.add(new)[0].tunable_config_id == 2


def test_an_add_that_comes_twice_adds_once(lab: Lab, other: Lab, meanwhile: Any) -> None:
    new = [new_trial(), new_trial()]
    seen = []
    meanwhile.before("insert", "trial", lambda: seen.extend(other.add(*new)))
    assert lab.add(*new) == seen
    assert len(lab.ids()) == 2


def test_an_add_whose_twin_was_deleted_again_is_repeated(
    lab: Lab, other: Lab, meanwhile: Any, database: Database[Any]
) -> None:
    def add_and_lose() -> None:
        other.add(*new)
        meanwhile.before("find", "trial", lambda: database["trialstore_trial"].delete_many({}))

    new = [new_trial(), new_trial()]
    meanwhile.before("insert", "trial", add_and_lose)
    with pytest.raises(TransientError, match="added twice"):
        lab.add(*new)
    assert [trial.trial_id for trial in lab.add(*new)] == [5, 6]


@pytest.mark.parametrize("limit", [1, 3])
def test_a_claim_that_comes_twice_claims_once(lab: Lab, other: Lab, meanwhile: Any, limit: int) -> None:
    lab.add_many(6)
    claim = lab.claim_of(limit=limit)
    seen: list[TrialRecord] = []
    meanwhile.before("findAndModify", "trial", lambda: seen.extend(other.backend.claim_trials(claim)))
    assert lab.backend.claim_trials(claim) == seen
    assert len(seen) == len(lab.find(statuses=frozenset({Status.RUNNING}))) == limit


@pytest.mark.parametrize("limit", [1, 3])
def test_a_claim_that_comes_twice_is_served_twice_where_it_takes_all_that_there_is(
    lab: Lab, other: Lab, meanwhile: Any, limit: int
) -> None:
    claim = lab.claim_of(limit=limit)
    lab.add_many(limit)
    seen: list[TrialRecord] = []
    meanwhile.before("findAndModify", "trial", lambda: seen.extend(other.backend.claim_trials(claim)))
    assert lab.backend.claim_trials(claim) == seen
    assert len(seen) == limit


@pytest.mark.parametrize("limit", [1, 3])
def test_a_claim_that_comes_twice_is_served_twice_where_it_takes_over_all_that_was_lost(
    lab: Lab, other: Lab, meanwhile: Any, limit: int
) -> None:
    lab.add_many(limit)
    lab.claim(limit=limit, lease=SECOND)
    claim = lab.claim_of(limit=limit, due_by=FAR)
    seen: list[TrialRecord] = []
    meanwhile.before("find", "trial", lambda: seen.extend(other.backend.claim_trials(claim)))
    assert lab.backend.claim_trials(claim) == seen
    assert len(seen) == limit


def test_a_claim_takes_what_others_leave(lab: Lab, other: Lab, meanwhile: Any) -> None:
    lab.add(*(new_trial(trial_runner_id=runner) for runner in (1, None, 1, None)))
    meanwhile.before("findAndModify", "trial", lambda: other.claim(runner=1, limit=1))
    assert [trial.trial_id for trial in lab.claim(runner=1, limit=3)] == [2, 3, 4]
    history.check_all(lab)


def test_a_claim_that_others_left_nothing_for_gets_nothing(lab: Lab, other: Lab, meanwhile: Any) -> None:
    lab.add_many(2)
    for limit in (1, 2):
        meanwhile.before("findAndModify", "trial", lambda: other.claim(limit=2))
        assert lab.claim(limit=limit) == []
        lab.add_many(2)


def test_a_claim_whose_trials_were_taken_over_at_once_is_repeated(
    lab: Lab, other: Lab, meanwhile: Any
) -> None:
    lab.add_many(2)
    claim = lab.claim_of(limit=2, lease=1)
    meanwhile.before("update", "trial", lambda: other.claim(limit=1, due_by=FAR, lease=SECOND))
    with pytest.raises(TransientError, match="while they were claimed"):
        lab.backend.claim_trials(claim)
    assert [trial.trial_id for trial in lab.backend.claim_trials(claim)] == [2]


def test_a_claim_is_recognised_while_its_row_moves_out(lab: Lab, other: Lab, meanwhile: Any) -> None:
    lab.add_many(2)
    claim = lab.claim_of()
    [claimed] = lab.backend.claim_trials(claim)

    def move_out() -> None:
        for i in range(20):
            other.change(claimed, metadata=f'{{"note":{i}}}')

    meanwhile.before("find", "history", move_out)
    assert [trial.trial_id for trial in lab.backend.claim_trials(claim)] == [1]
    assert meanwhile.is_done


def test_a_trial_is_given_up_once(lab: Lab, other: Lab, meanwhile: Any) -> None:
    lab.claimed(lease=SECOND)
    seen = []
    meanwhile.before("findAndModify", "trial", lambda: seen.extend(other.expire()))
    assert lab.expire() == []
    assert [trial.trial_id for trial in seen] == [1]
    history.check_all(lab)


def test_of_two_completions_one_is_applied_and_the_other_sees_it(
    lab: Lab, other: Lab, meanwhile: Any
) -> None:
    trial = lab.add_one()
    meanwhile.before("findAndModify", "trial", lambda: other.complete(trial, winner="other"))
    outcome = lab.complete(trial, winner="this")
    assert (outcome.applied, outcome.record.metrics) == (False, '{"winner":"other"}')
    assert lab.trial(1) == outcome.record


def test_of_two_changes_of_a_long_log_one_is_applied(lab: Lab, other: Lab, meanwhile: Any) -> None:
    trial = lab.add_one()
    for i in range(20):
        lab.change(trial, metadata=f'{{"note":{i}}}')

    def complete_between() -> None:
        meanwhile.before("findAndModify", "trial", lambda: other.complete(trial, winner="other"))

    meanwhile.before("findAndModify", "trial", complete_between)
    outcome = lab.change(trial, status=Status.READY)
    assert not outcome.applied
    assert lab.trial(1).metrics == '{"winner":"other"}'


def test_a_batch_of_telemetry_that_comes_twice_is_added_once(lab: Lab, other: Lab, meanwhile: Any) -> None:
    batch = lab.batch_of(lab.add_one(), (NOON, "cpu", 1))
    meanwhile.before("insert", "report", lambda: other.backend.add_telemetry(batch))
    lab.backend.add_telemetry(batch)
    assert lab.telemetry(1) == [(NOON, "cpu", 1)]
    assert [row.reported for row in lab.history()] == [False, True]


def test_a_batch_that_came_twice_is_repeated_while_the_report_of_the_first_is_not_confirmed(
    meanwhile: Any,
) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(MongoServer({"enableTestCommands": "1"}))
        config = server.config("lab")
        backends = [MongoBackend({**config, "query": {"event_listeners": [meanwhile]}}), MongoBackend(config)]
        for backend in backends:
            stack.enter_context(closing(backend))
            backend.open(create=True, read_only=False)
        lab, other = map(Lab, backends)

        def report() -> None:
            other.backend.add_telemetry(batch)
            slow = {"code": 64, "errmsg": "waiting for replication timed out"}
            failure = {"failCommands": ["insert"], "writeConcernError": slow}
            server.members[0].ask("configureFailPoint", "failCommand", mode={"times": 1}, data=failure)

        batch = lab.batch_of(lab.add_one(), (NOON, "cpu", 1))
        meanwhile.before("insert", "report", report)
        with pytest.raises(TransientError, match="wrote the same"):
            lab.backend.add_telemetry(batch)
        lab.backend.add_telemetry(batch)
        assert [row.reported for row in lab.history()] == [False, True]


def test_two_writers_may_move_rows_out_at_once(lab: Lab, other: Lab, meanwhile: Any) -> None:
    trial = lab.add_one()
    for i in range(7):
        lab.change(trial, status=Status.READY, ts=NOON + i)
    meanwhile.before("insert", "history", lambda: other.change(trial, status=Status.READY, ts=NOON + 8))
    lab.change(trial, status=Status.READY, ts=NOON + 7)
    assert meanwhile.is_done
    assert [row.ts for row in lab.history()[1:]] == [NOON + i for i in range(9)]


@pytest.mark.parametrize(
    ("collection", "write"),
    [
        ("trial", lambda lab: lab.add_one()),
        ("report", lambda lab: lab.report(lab.trial(1), (NOON, "cpu", 1))),
    ],
)
def test_what_is_added_to_an_experiment_while_it_is_deleted_is_swept_later(
    lab: Lab,
    other: Lab,
    meanwhile: Any,
    database: Database[Any],
    open_backend: Callable[..., MongoBackend],
    collection: str,
    write: Callable[[Lab], object],
) -> None:
    lab.add_one()
    meanwhile.before("insert", collection, lambda: other.backend.delete_experiment(lab.uid))
    write(lab)
    assert database[f"trialstore_{collection}"].count_documents({}) == 1
    with pytest.raises(ExperimentNotFoundError):
        lab.find()
    open_backend()
    assert database[f"trialstore_{collection}"].count_documents({}) == 0


def test_a_completion_of_a_trial_whose_experiment_is_deleted_is_refused(
    lab: Lab, other: Lab, meanwhile: Any
) -> None:
    trial = lab.add_one()
    meanwhile.before("findAndModify", "trial", lambda: other.backend.delete_experiment(lab.uid))
    with pytest.raises(ExperimentNotFoundError):
        lab.complete(trial)
