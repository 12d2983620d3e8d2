"""What a primary took and nobody else had when it failed: the next primary never heard of it, and no call relies on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from pymongo import WriteConcern
from pymongo.monitoring import CommandListener

from servers import MongoReplicaSet
from trialstore.errors import StaleTrialError
from trialstore.status import Status
from trialstore_conformance import history
from trialstore_conformance.lab import NOON, SECOND, Lab, new_token
from trialstore_conformance.passing import PatientBackend
from trialstore_mongo import MongoBackend

DEAF = "stopReplProducer"
"""The name that MongoDB has for what makes a member hear nothing from the primary."""


class LonelyPrimary(CommandListener):
    """The primary of a replica set, which is cut off from the others, and fails when it has answered a client.

    Parameters
    ----------
    replica_set
        The replica set.
    """

    def __init__(self, replica_set: MongoReplicaSet) -> None:
        self.database = f"rollback_{new_token()}"
        self._replica_set = replica_set
        self._member = replica_set.wait_for_primary()
        self._others = [member for member in replica_set.members if member is not self._member]
        self._reads: int | None = None

    @property
    def has_failed(self) -> bool:
        """Whether another member is the primary now."""
        return self._reads == 0

    def take(self, collection: str, write: Callable[[Any], object], *, reads: int = 1) -> None:
        """Write what it takes alone; it fails when it has answered so many reads of the client that this listens to."""
        for member in self._others:
            before = member.ask("configureFailPoint", DEAF, mode="alwaysOn")["count"]
            member.ask("waitForFailPoint", DEAF, timesEntered=before + 1, maxTimeMS=60_000)
        with self._replica_set.client() as client:
            alone = client.get_database(self.database, write_concern=WriteConcern(w=1))
            write(alone[f"trialstore_{collection}"])
        self._reads = reads

    def started(self, event: Any) -> None: ...

    def succeeded(self, event: Any) -> None:
        if self._reads and event.command_name in {"find", "aggregate"}:
            self._reads -= 1
            if self._reads == 0:
                self._fail()

    def failed(self, event: Any) -> None: ...

    def _fail(self) -> None:
        self._member.crash()
        for member in self._others:
            member.ask("configureFailPoint", DEAF, mode="off")
        self._replica_set.wait_for_primary()


@pytest.fixture(scope="module")
def replica_set() -> Iterator[MongoReplicaSet]:
    """Return a replica set whose primary every test of this module may crash."""
    with MongoReplicaSet({"enableTestCommands": "1"}) as replica_set:
        yield replica_set


@pytest.fixture
def primary(replica_set: MongoReplicaSet) -> LonelyPrimary:
    """Return the primary of a whole replica set."""
    replica_set.start()
    return LonelyPrimary(replica_set)


@pytest.fixture
def lab(replica_set: MongoReplicaSet, primary: LonelyPrimary, meanwhile: Any) -> Iterator[Lab]:
    """Return an experiment on a backend that may meet a failover."""
    config = replica_set.config(primary.database)
    with closing(MongoBackend({**config, "query": {"event_listeners": [meanwhile, primary]}})) as backend:
        backend.open(create=True, read_only=False)
        yield Lab(PatientBackend(backend))


def test_a_claim_of_which_a_failover_took_back_the_first_try_claims_again(
    lab: Lab, primary: LonelyPrimary, replica_set: MongoReplicaSet
) -> None:
    lab.add_one()
    with replica_set.client() as client:
        trials = client[primary.database]["trialstore_trial"]
        pending = trials.find_one()
        claim = lab.claim_of(runner=3)
        lab.backend.claim_trials(claim)
        claimed = trials.find_one()
        assert pending is not None
        assert claimed is not None
        trials.replace_one({}, pending)
    primary.take("trial", lambda alone: alone.replace_one({}, claimed))
    assert [(trial.trial_id, trial.attempt) for trial in lab.backend.claim_trials(claim)] == [(1, 1)]
    assert primary.has_failed
    assert lab.trial(1).trial_runner_id == 3
    history.check_all(lab)


def test_a_change_is_not_refused_for_a_completion_that_a_failover_takes_back(
    lab: Lab, primary: LonelyPrimary, meanwhile: Any
) -> None:
    trial = lab.add_one()
    for i in range(12):
        lab.change(trial, metadata=f'{{"note":{i}}}')
    canceled = {"$set": {"status": Status.CANCELED.value, "completion": 1}}
    meanwhile.before(
        "find", "trial", lambda: primary.take("trial", lambda alone: alone.update_one({}, canceled))
    )
    assert lab.complete(trial, score=1).applied
    assert primary.has_failed
    assert lab.trial(1).metrics == '{"score":1}'
    history.check_all(lab)


def test_a_batch_of_telemetry_is_not_taken_for_one_that_a_failover_takes_back(
    lab: Lab, primary: LonelyPrimary, replica_set: MongoReplicaSet
) -> None:
    batch = lab.batch_of(lab.add_one(), (NOON, "cpu", 1))
    lab.backend.add_telemetry(batch)
    with replica_set.client() as client:
        report = client[primary.database]["trialstore_report"].find_one_and_delete({})
    primary.take("report", lambda alone: alone.insert_one(report))
    lab.backend.add_telemetry(batch)
    assert primary.has_failed
    assert [row.reported for row in lab.history()] == [False, True]


def test_telemetry_is_not_refused_for_a_claim_that_a_failover_takes_back(
    lab: Lab, primary: LonelyPrimary
) -> None:
    claimed = lab.claimed(lease=SECOND)
    primary.take("trial", lambda alone: alone.update_one({}, {"$set": {"attempt": 2}}))
    lab.report(claimed, (NOON, "cpu", 1))
    assert primary.has_failed
    assert lab.telemetry(1) == [(NOON, "cpu", 1)]
    lab.claim(runner=2, due_by=lab.trial(1).lease_expires)
    with pytest.raises(StaleTrialError):
        lab.report(claimed, (NOON, "cpu", 2))


def test_the_children_of_an_experiment_whose_deletion_a_failover_takes_back_stay(
    lab: Lab, primary: LonelyPrimary, replica_set: MongoReplicaSet
) -> None:
    lab.report(lab.add_one(), (NOON, "cpu", 1))
    with replica_set.client() as client:
        client[primary.database]["trialstore_deletion"].insert_one({"_id": lab.uid, "ts": NOON})
    primary.take("experiment", lambda alone: alone.delete_one({}), reads=3)
    lab.backend.delete_experiment("another")
    assert primary.has_failed
    lab.add_one()  # by which all that was done before is settled
    assert lab.ids() == [1, 2]
    assert lab.telemetry(1) == [(NOON, "cpu", 1)]
