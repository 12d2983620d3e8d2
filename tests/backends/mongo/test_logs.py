"""The log of a trial: bounded in the trial's document, whole in what is read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import bson
import pytest
from pymongo.database import Database

from trialstore.records import TrialChange, TrialRecord
from trialstore.status import Status
from trialstore_conformance import history
from trialstore_conformance.lab import ALL_PARTS, FAR, NOON, SECOND, Lab, new_token, new_trial
from trialstore_mongo import MongoBackend
from trialstore_mongo._history import MOST_ROWS

BACK_AND_FORTH = [Status.READY, Status.PENDING]


@pytest.fixture
def lab(open_backend: Callable[..., MongoBackend]) -> Lab:
    return Lab(open_backend())


def changed(lab: Lab, trial: TrialRecord, times: int) -> list[TrialChange]:
    """Give a trial another status so many times, and return the changes."""
    statuses = cycle(BACK_AND_FORTH)
    changes = [lab.change_of(trial, status=next(statuses), ts=NOON + i) for i in range(times)]
    for change in changes:
        assert lab.backend.change_trial(change).applied
    return changes


def size(database: Database[Any], trial_id: int) -> int:
    """Return how many bytes a trial's document has."""
    return len(bson.encode(database["trialstore_trial"].find_one({"trial_id": trial_id}) or {}))


def test_a_document_does_not_grow_with_the_changes_of_its_trial(lab: Lab, database: Database[Any]) -> None:
    one, other = lab.add_many(2)
    changed(lab, one, 20)
    changed(lab, other, 200)
    assert size(database, 2) <= size(database, 1) + 4  # the number of rows that moved out is wider
    assert all(len(trial["log"]) <= MOST_ROWS for trial in database["trialstore_trial"].find())


def test_a_document_does_not_grow_with_telemetry(lab: Lab, database: Database[Any]) -> None:
    trial = lab.add_one()
    before = size(database, 1)
    for i in range(20):
        lab.report(trial, *((NOON + i, f"metric {j}", j) for j in range(50)))
    assert size(database, 1) == before


def test_a_document_does_not_grow_with_takeovers(lab: Lab, database: Database[Any]) -> None:
    lab.add_one()
    for runner in range(30):
        assert lab.claim(runner=runner, lease=SECOND, due_by=FAR)
    assert all(len(trial["log"]) <= MOST_ROWS for trial in database["trialstore_trial"].find())
    assert lab.trial(1).attempt == 30
    history.check_all(lab)


def test_history_is_whole_and_in_order_when_most_of_it_has_moved_out(lab: Lab) -> None:
    changed(lab, lab.add_many(3)[1], 45)
    rows = lab.history(2)
    assert [row.status for row in rows[1:]] == [BACK_AND_FORTH[i % 2] for i in range(45)]
    assert [row.ts for row in rows[1:]] == [NOON + i for i in range(45)]
    assert [row.trial_id for row in lab.history()] == [1, *[2] * 46, 3]


def test_a_row_that_is_copied_but_not_cut_off_yet_is_read_once(lab: Lab, database: Database[Any]) -> None:
    changed(lab, lab.add_one(), 6)
    before = lab.history()
    [trial] = database["trialstore_trial"].find()
    copies = [
        {
            "_id": {"uid": lab.uid, "trial_id": 1, "seq": seq},
            "uid": lab.uid,
            "trial_id": 1,
            **trial["log"][seq],
        }
        for seq in range(4)
    ]
    database["trialstore_history"].insert_many(copies)
    assert lab.history() == before
    changed(lab, lab.trial(1), 10)
    assert [row.ts for row in lab.history()[1:]] == [*range(NOON, NOON + 6), *range(NOON, NOON + 10)]


@pytest.mark.parametrize("which", [0, 1, -1])
def test_a_change_is_recognised_however_long_ago_it_was(lab: Lab, which: int) -> None:
    trial = lab.add_one()
    changes = changed(lab, trial, 31)
    before = lab.trial(1), lab.history()
    repeated = lab.backend.change_trial(changes[which])
    assert repeated.applied
    assert (lab.trial(1), lab.history()) == before


def test_a_new_change_is_applied_to_a_trial_whose_log_has_moved_out(lab: Lab) -> None:
    changed(lab, lab.add_one(), 30)
    outcome = lab.complete(lab.trial(1), score=1)
    assert outcome.applied
    assert (outcome.record.completion, lab.trial(1).status) == (1, Status.SUCCEEDED)


def test_a_change_without_a_token_may_be_applied_twice(lab: Lab) -> None:
    trial = lab.add_one()
    change = lab.change_of(trial, token=None, status=Status.READY)
    assert [lab.backend.change_trial(change).applied for _ in range(2)] == [True, True]
    assert lab.statuses(1) == [Status.PENDING, Status.READY, Status.READY]


def test_a_heartbeat_that_comes_too_late_changes_nothing(lab: Lab) -> None:
    claimed = lab.claimed()
    heartbeat = lab.change_of(claimed, token=None, from_statuses=frozenset({Status.RUNNING}), lease=SECOND)
    assert lab.backend.change_trial(heartbeat).applied
    lab.complete(claimed)
    assert not lab.backend.change_trial(heartbeat).applied
    assert lab.trial(1).lease_expires is None


def test_a_claim_is_recognised_when_its_row_has_moved_out(lab: Lab) -> None:
    lab.add_many(2)
    claim = lab.claim_of(runner=3)
    [claimed] = lab.backend.claim_trials(claim)
    for i in range(20):
        lab.change(claimed, metadata=f'{{"note":{i}}}')
    again = lab.backend.claim_trials(claim)
    assert [(trial.trial_id, trial.metadata) for trial in again] == [(1, '{"note":19}')]
    assert lab.find(statuses=frozenset({Status.PENDING}))[0].trial_id == 2


def test_a_claim_whose_trial_was_taken_over_long_ago_claims_nothing_more(lab: Lab) -> None:
    lab.add_many(2)
    claim = lab.claim_of(runner=3, lease=SECOND)
    lab.backend.claim_trials(claim)
    [taken] = lab.claim(runner=4, due_by=FAR, limit=1)
    for i in range(20):
        lab.change(taken, metadata=f'{{"note":{i}}}')
    assert lab.backend.claim_trials(claim) == []


def test_a_token_that_names_a_change_of_another_trial_is_refused(lab: Lab) -> None:
    one, other = lab.add_many(2)
    change = lab.change_of(one, status=Status.READY)
    lab.backend.change_trial(change)
    with pytest.raises(ValueError, match="names a write to another trial"):
        lab.backend.change_trial(lab.change_of(other, status=Status.READY, token=change.token))


def test_one_token_may_name_an_add_and_a_change(lab: Lab) -> None:
    token = new_token()
    [trial] = lab.add(new_trial(token=token))
    change = lab.change_of(trial, token=token, status=Status.READY)
    assert [lab.backend.change_trial(change).applied for _ in range(2)] == [True, True]
    assert lab.statuses(1) == [Status.PENDING, Status.READY]


def test_reports_stand_beside_the_changes_by_attempt_and_time(lab: Lab) -> None:
    lab.add_one()
    first = lab.claim(runner=1, lease=SECOND)[0]
    lab.report(first, status=Status.RUNNING, ts=FAR)
    second = lab.claim(runner=2, due_by=FAR)[0]
    lab.report(second, status=Status.READY, ts=NOON)
    lab.change(second, status=Status.FAILED, ts=FAR + 1)
    lab.report(second, status=Status.TIMED_OUT, ts=FAR + 2)
    rows = [(row.attempt, row.status, row.reported) for row in lab.history()]
    assert rows == [
        (0, Status.PENDING, False),
        (1, Status.RUNNING, False),
        (1, Status.RUNNING, True),
        (2, Status.READY, True),
        (2, Status.RUNNING, False),
        (2, Status.FAILED, False),
        (2, Status.TIMED_OUT, True),
    ]


def test_all_parts_of_a_trial_are_there_after_much_history(lab: Lab) -> None:
    trial = lab.add_one(metadata={"a": 1})
    changed(lab, trial, 12)
    lab.complete(lab.trial(1), score=2.5)
    [found] = lab.find(parts=ALL_PARTS)
    assert (found.metadata, found.metrics) == ('{"a":1}', '{"score":2.5}')
