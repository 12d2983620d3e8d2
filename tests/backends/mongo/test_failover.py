"""What happens to processes that are in the middle of their work when their server is killed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from servers import Mongo, MongoReplicaSet, MongoServer
from trialstore.codec import encode
from trialstore.errors import TransientError, TrialNotFoundError
from trialstore.records import ExperimentQuery
from trialstore.status import Status
from trialstore_conformance import history
from trialstore_conformance.door import Door
from trialstore_conformance.lab import ALL_PARTS, NOON, Lab, new_trial
from trialstore_conformance.passing import PatientBackend
from trialstore_conformance.processes import Worker
from trialstore_mongo import MongoBackend

PROCESSES, CRASHES = 4, 3
OF_A_FAILOVER = (
    "a failover came into a call|did not confirm the write in time|connection was lost|whether the server runs|"
    "exceeded time limit|time limit exceeded"
)
"""What a call may say that a failover came into, depending on what the driver saw of it."""


class Crew:
    """Processes that add, claim, report on and complete trials, one by one and for ever."""

    def __init__(self, door: Door) -> None:
        self.acknowledged: defaultdict[str, Counter[int]] = defaultdict(Counter)
        """How often each step of a trial's life was acknowledged, for each trial."""
        self._workers = [Worker(door, "live", number=number) for number in range(PROCESSES)]
        self._reports = [worker.reports() for worker in self._workers]
        for worker in self._workers:
            worker.wait_until_ready()
            worker.go()

    def work_until_all_have_added_after(self, trial_id: int) -> None:
        """Wait until each has added a trial with a greater id; a worker that failed would have nothing to say."""
        for reports in self._reports:
            while self._note(next(reports)).get("added", 0) <= trial_id:
                pass

    def kill(self) -> None:
        """End them, and note what they had acknowledged before."""
        for worker, reports in zip(self._workers, self._reports, strict=True):
            worker.kill()
            for report in reports:
                self._note(report)
            worker.end()

    def _note(self, report: dict[str, int]) -> dict[str, int]:
        for step, trial_id in report.items():
            self.acknowledged[step][trial_id] += 1
        return report


@contextmanager
def at_work(deployment: Mongo) -> Iterator[tuple[Crew, Lab]]:
    """Lend processes at work, and the experiment that they work on; check what they have done in the end."""
    config = {"class": "mongo", "config": deployment.config("work")}
    with Door(config) as door:
        lab = Lab(door.patient_backend())
        crew = Crew(door)
        try:
            yield crew, lab
        finally:
            crew.kill()
        _check(lab, crew.acknowledged)
        history.check_all(lab)


def test_a_failover_loses_nothing_doubles_nothing_and_is_no_error_for_callers(
    own_mongo_replica_set: MongoReplicaSet,
) -> None:
    with at_work(own_mongo_replica_set) as (crew, lab):
        for _ in range(CRASHES):
            crew.work_until_all_have_added_after(lab.add_one().trial_id)
            crashed = own_mongo_replica_set.crash_primary()
            crew.work_until_all_have_added_after(lab.add_one().trial_id)
            own_mongo_replica_set.restart(crashed)


def test_a_crash_of_a_standalone_server_loses_nothing_and_costs_callers_a_pause() -> None:
    with MongoServer() as server, at_work(server) as (crew, lab):
        for _ in range(CRASHES):
            crew.work_until_all_have_added_after(lab.add_one().trial_id)
            server.crash()
            server.start()
        crew.work_until_all_have_added_after(lab.add_one().trial_id)


def test_an_add_that_a_failover_comes_into_leaves_the_counter_ahead_of_its_id(
    own_mongo_replica_set: MongoReplicaSet, meanwhile: Any
) -> None:
    config = own_mongo_replica_set.config("work")

    def fail_over() -> None:
        with own_mongo_replica_set.client() as client:  # whose writes wait for a majority
            client["work"]["trialstore_experiment"].update_one({}, {"$set": {"next_trial_id": 2}})
        own_mongo_replica_set.crash_primary()

    with closing(MongoBackend({**config, "query": {"event_listeners": [meanwhile]}})) as backend:
        backend.open(create=True, read_only=False)
        lab = Lab(backend)
        lab.add_many(3)
        meanwhile.before("insert", "trial", fail_over)
        new = new_trial()
        with pytest.raises(TransientError, match=OF_A_FAILOVER):
            lab.add(new)
        assert meanwhile.is_done
        (trial,) = Lab(PatientBackend(backend)).add(new)
        assert (trial.trial_id, lab.next_trial_id) == (4, 5)


def test_a_call_that_a_failover_comes_into_is_no_proof_that_something_is_absent(
    own_mongo_replica_set: MongoReplicaSet, meanwhile: Any, commands: Any
) -> None:
    config = own_mongo_replica_set.config("work")
    with closing(MongoBackend({**config, "query": {"event_listeners": [meanwhile, commands]}})) as backend:
        backend.open(create=True, read_only=False)
        lab = Lab(backend)
        batch = lab.batch_of(lab.add_one(), (NOON, "m", 1))
        meanwhile.before("aggregate", "experiment", own_mongo_replica_set.crash_primary)
        absent = replace(batch, trial_id=2)
        commands.sent.clear()
        with pytest.raises(TransientError, match=OF_A_FAILOVER):
            backend.add_telemetry(absent)
        patient = PatientBackend(backend)
        with pytest.raises(TrialNotFoundError):
            patient.add_telemetry(absent)
        assert "linearizable" in _levels(commands)
        patient.add_telemetry(batch)
        commands.sent.clear()
        assert lab.telemetry(1) == [(NOON, "m", 1)]
        assert "linearizable" not in _levels(commands)


def test_a_connection_begins_with_a_primary_that_shows_all_that_was_confirmed(
    mongo_replica_set_database: dict[str, Any], commands: Any
) -> None:
    config = {**mongo_replica_set_database, "query": {"event_listeners": [commands]}}
    with closing(MongoBackend(config)) as backend:
        backend.open(create=True, read_only=False)
        assert _levels(commands)[0] == "linearizable"
        commands.sent.clear()
        backend.find_experiments(ExperimentQuery())
        assert _levels(commands) == ["majority"]


def _levels(commands: Any) -> list[str | None]:
    """Return the levels of the reads that were sent."""
    levels = (command.get("readConcern", {}).get("level") for command in commands.sent)
    return [level for level in levels if level]


def _check(lab: Lab, acknowledged: dict[str, Counter[int]]) -> None:
    trials = {trial.trial_id: trial for trial in lab.find(parts=ALL_PARTS)}
    for step in ("added", "claimed", "reported", "completed"):
        assert acknowledged[step], f"no trial was {step}"
        assert set(acknowledged[step].values()) == {1}, f"two processes have {step} one trial"
        assert acknowledged[step].keys() <= trials.keys()
    assert all(trials[i].attempt == 1 for i in acknowledged["claimed"])
    assert acknowledged["reported"].keys() <= (
        reported := {row.trial_id for row in lab.history() if row.reported}
    )
    assert all(len(lab.telemetry(i)) == 20 for i in reported)
    configs = {trial.tunable_config_id for trial in trials.values()}
    assert lab.backend.find_tunable_configs(configs).keys() == configs
    completed: dict[int, Any] = {i: (trials[i].status, trials[i].metrics) for i in acknowledged["completed"]}
    assert completed == {i: (Status.SUCCEEDED, encode({"score": i})) for i in acknowledged["completed"]}
    assert lab.next_trial_id is not None
    assert lab.next_trial_id > max(trials)  # a worker may have been killed between the counter and the trial
