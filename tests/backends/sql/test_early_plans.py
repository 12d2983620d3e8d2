"""PostgreSQL may keep plans that it made when all tables were empty, and must read no more by them when these are full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from typing import Any, TypeAlias

import psycopg
import pytest
from sqlalchemy import event

from servers import Server
from trialstore.codec import hash_of
from trialstore.records import (
    Claim,
    ExperimentRecord,
    NewTrial,
    Order,
    TelemetryBatch,
    TelemetryQuery,
    TelemetryRow,
    TrialChange,
    TrialQuery,
)
from trialstore.status import Status
from trialstore_sql import SqlBackend
from wire import Plan, explain, lend_database, watch

Operation: TypeAlias = Callable[[SqlBackend], object]
Plans: TypeAlias = Callable[[Operation], list[Plan]]

MANY = 2_000
FEW = 60
"""As many rows as a statement may look at, those of indexes included."""
EARLY = 10
"""As often as each operation runs on nearly empty tables: PostgreSQL settles on a plan after five times."""
_NUMBERS = count()
_IDS = count(1)


def token() -> str:
    return f"token {next(_NUMBERS)}"


def change(after: Status, **settings: Any) -> Operation:
    """Return what changes a trial that waits, another one each time."""
    known: dict[str, Any] = {"uid": "u", "ts": 0, "attempt": 0, "from_statuses": frozenset({Status.PENDING})}

    def run(backend: SqlBackend) -> None:
        backend.change_trial(
            TrialChange(trial_id=next(_IDS), token=token(), status=after, **known, **settings)
        )

    return run


def add(backend: SqlBackend, number: int, uid: str = "u") -> None:
    texts = [f'{{"cache_mb":{next(_NUMBERS)}}}' for _ in range(number)]
    new = [NewTrial(token=token(), config=text, config_hash=hash_of(text)) for text in texts]
    backend.add_trials(uid, new, 1)


def claim(backend: SqlBackend) -> None:
    wish = Claim(uid="queue", token=token(), trial_runner_id=1, limit=1, lease=10**9, max_attempts=9)
    backend.claim_trials(wish)
    backend.claim_trials(wish)


def report(backend: SqlBackend) -> None:
    rows = (TelemetryRow(next(_NUMBERS), "cpu", "0.5"),)
    batch: dict[str, Any] = {"attempt": 0, "status": Status.RUNNING, "ts": 0, "rows": rows}
    backend.add_telemetry(TelemetryBatch(uid="u", trial_id=3, token=token(), **batch))


def find(**query: Any) -> Operation:
    return lambda backend: backend.find_trials(TrialQuery(uid="u", **query))


OPERATIONS: dict[str, Operation] = {
    "add one": lambda backend: add(backend, 1),
    "add some": lambda backend: add(backend, 5),
    "start": change(Status.RUNNING, ts_start=1),
    "complete": change(Status.SUCCEEDED, ts_end=1, metrics="{}"),
    "claim, and once more": claim,
    "report telemetry": report,
    "find telemetry": lambda backend: backend.find_telemetry(TelemetryQuery(uid="u", trial_ids=[3])),
    "find one": find(trial_ids=[3]),
    "find some": find(trial_ids=[3, 4, 5]),
    "find those of a config": find(tunable_config_id=3),
    "poll": find(order=Order.COMPLETION, completed_after=1, limit=5),
    "history": lambda backend: backend.find_status_changes("u", [3]),
}


@pytest.fixture(scope="module")
def plans(request: pytest.FixtureRequest) -> Iterator[Plans]:
    """Return what runs an operation by the plans that PostgreSQL made early, and returns what its statements did."""
    with lend_database(request, "postgres") as config, closing(SqlBackend(config)) as backend:
        backend.open(create=True, read_only=False)
        forget_nothing(request.getfixturevalue("postgres_server"), config["database"])
        event.listen(backend._database.engine, "connect", prepare_all)
        backend._database.pool.close_idle()  # of the connection that made the tables
        for uid in ("u", "queue"):
            backend.put_experiment(ExperimentRecord(experiment_id=uid, uid=uid))
            add(backend, 3 * EARLY, uid)
        for operation in list(OPERATIONS.values()) * EARLY:
            operation(backend)
        fill(config)
        yield plans_of(backend)


def forget_nothing(server: Server, database: str) -> None:
    """Keep the server from looking at the tables: it would forget its plans."""
    for table in ("experiment", "tunable_config", "trial", "history", "telemetry"):
        server.execute(f"ALTER TABLE trialstore_{table} SET (autovacuum_enabled = off)", database)


def prepare_all(connection: psycopg.Connection, _record: object) -> None:
    connection.prepare_threshold = 0


def fill(config: dict[str, Any]) -> None:
    """Add many trials, some of them claimed, by another connection."""
    with closing(SqlBackend(config)) as backend:
        backend.open(create=False, read_only=False)
        for uid in ("u", "queue"):
            add(backend, MANY, uid)
        leased = Claim(uid="queue", token=token(), trial_runner_id=1, limit=MANY // 2, lease=10**12)
        backend.claim_trials(leased)


def plans_of(backend: SqlBackend) -> Plans:
    plans: list[Plan] = []
    watch(
        backend._database.engine,
        lambda connection, sent: plans.append(explain(connection, sent) or Plan("", (), 0)),
    )

    def explained(operation: Operation) -> list[Plan]:
        plans.clear()
        operation(backend)
        return plans

    return explained


@pytest.mark.parametrize("name", OPERATIONS)
def test_plans_of_empty_tables_read_few_rows_of_full_ones(plans: Plans, name: str) -> None:
    too_many = [plan for plan in plans(OPERATIONS[name]) if plan.rows_read > FEW]
    assert too_many == []
