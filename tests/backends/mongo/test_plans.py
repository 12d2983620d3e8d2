"""Which documents the server reads for an operation: by an index, and no more than it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from pymongo.database import Database

from trialstore.records import Order, TelemetryQuery, TrialQuery
from trialstore.status import Status
from trialstore_conformance.lab import FAR, HOUR, NOON, SECOND, Lab, finished_trial, new_trial
from trialstore_mongo import MongoBackend

NUMBER = 200
CONCERNS = ("lsid", "txnNumber", "$db", "$readPreference", "writeConcern", "readConcern", "$clusterTime")

Explained = Callable[[Callable[[], object]], list[tuple[int, list[str]]]]


@pytest.fixture
def lab(open_backend: Callable[..., MongoBackend]) -> Lab:
    """Return an experiment with pending, running and finished trials, beside another one with as many."""
    backend = open_backend()
    for experiment_id in ("other", "experiment"):
        lab = Lab(backend, experiment_id)
        pending = [new_trial({"x": i}) for i in range(NUMBER)]
        assigned = [new_trial(trial_runner_id=7) for _ in range(NUMBER)]
        lab.add(*pending, *assigned, *(finished_trial() for _ in range(NUMBER)))
        lab.claim(runner=1, limit=50, lease=HOUR)
        lab.report(lab.trial(1), *((NOON + i, "cpu", i) for i in range(NUMBER)))
    return lab


@pytest.fixture
def explained(commands: Any, database: Database[Any]) -> Explained:
    """Return what runs an operation, and returns for each of its commands how many documents it read, and how."""

    def explain(operation: Callable[[], object]) -> list[tuple[int, list[str]]]:
        commands.sent.clear()
        operation()
        return [found for command in list(commands.sent) for found in _plan(database, command)]

    return explain


def _plan(database: Database[Any], command: Mapping[str, Any]) -> Iterator[tuple[int, list[str]]]:
    if next(iter(command)) not in {"find", "findAndModify", "aggregate", "update"}:
        return
    plain = {name: value for name, value in command.items() if name not in CONCERNS}
    plan = database.command("explain", plain, verbosity="executionStats")
    stages = [stage for winner in _values(plan, "winningPlan") for stage in _values(winner, "stage")]
    yield sum(_values(plan, "totalDocsExamined")), stages


def _values(plan: Any, name: str) -> Iterator[Any]:
    if isinstance(plan, dict):
        for key, value in plan.items():
            yield from [value] if key == name else _values(value, name)
    if isinstance(plan, list):
        for item in plan:
            yield from _values(item, name)


OPERATIONS: dict[str, tuple[int, Callable[[Lab], object]]] = {
    "a claim": (3, lambda lab: lab.claim(runner=1)),
    "a claim of one's own": (3, lambda lab: lab.claim(runner=7)),
    "a claim before anything is due": (3, lambda lab: lab.claim(runner=1, due_by=1)),
    "a change": (2, lambda lab: lab.change(lab.trial(NUMBER), status=Status.READY)),
    "a completion": (2, lambda lab: lab.complete(lab.trial(NUMBER), score=1)),
    "leases that hold": (1, lambda lab: lab.expire(due_by=NOON)),
    "one trial": (1, lambda lab: lab.trial(9)),
    "a page": (10, lambda lab: lab.find(after_id=100, limit=10)),
    "those that run": (50, lambda lab: lab.find(statuses=frozenset({Status.RUNNING}))),
    "those of one config": (1, lambda lab: lab.find(tunable_config_id=5)),
    "the next completions": (
        5,
        lambda lab: lab.find(completed_after=NUMBER - 5, order=Order.COMPLETION),
    ),
    "a completion that was missing": (
        2,
        lambda lab: lab.find(completed_after=NUMBER, completions=[7, 9], order=Order.COMPLETION),
    ),
    "telemetry": (NUMBER, lambda lab: lab.telemetry(1)),
    "the history of one trial": (2, lambda lab: lab.history(1)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_reads_what_it_is_about(lab: Lab, explained: Explained, name: str) -> None:
    most, operation = OPERATIONS[name]
    for examined, how in explained(lambda: operation(lab)):
        assert "COLLSCAN" not in how
        assert examined <= most


@pytest.mark.parametrize("runner", [1, 7])
def test_the_queue_is_read_in_the_order_of_its_index(lab: Lab, explained: Explained, runner: int) -> None:
    for _, how in explained(lambda: lab.claim(runner=runner)):
        assert "SORT" not in how
        assert "SORT_MERGE" in how


def test_pending_trials_are_those_that_are_read(lab: Lab, explained: Explained) -> None:
    query = TrialQuery(uid=lab.uid, statuses=frozenset({Status.PENDING}), due_by=FAR, runner_assigned=False)
    (examined, _), _ = explained(lambda: lab.backend.find_trials(query))
    assert examined == NUMBER - 50


def test_telemetry_of_trials_in_a_row_is_one_range(lab: Lab, commands: Any) -> None:
    commands.sent.clear()
    lab.backend.find_telemetry(TelemetryQuery(uid=lab.uid, trial_ids=range(51, 600)))
    [ranges] = [command["filter"]["$or"] for command in commands.sent if "$or" in command["filter"]]
    assert len(ranges) == 1


def test_telemetry_of_a_thousand_scattered_trials_is_found(lab: Lab) -> None:
    lab.claim(runner=1, limit=1, lease=SECOND)
    ids = range(1, 3 * NUMBER, 2)
    for trial_id in (1, 301, 599):
        lab.report(lab.trial(trial_id), (NOON, "cpu", trial_id))
    found = lab.telemetry_rows(ids)
    assert sorted({row.trial_id for row in found}) == [1, 301, 599]
    assert [(row.trial_id, row.ts) for row in found] == sorted((row.trial_id, row.ts) for row in found)
