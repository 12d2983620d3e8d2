"""What is read of 100,000 trials where a few are asked for: an index, in its order, and never all of them.

PostgreSQL and MariaDB count while they carry the backend's own statements out; SQLite says what it would do.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import psycopg
import pytest
from sqlalchemy import event

from servers import Server
from trialstore.records import Claim, Expiry, Order, Parts, TelemetryQuery, TrialChange, TrialQuery
from trialstore.status import Status
from trialstore_sql import SqlBackend
from wire import Plan, Sent, explain, lend_database, watch
from wire.crowd import BATCHES, CONFIGS, DUE, LOST, MANY, OTHERS, SERVED, fill, new_trial, telemetry

Plans: TypeAlias = Callable[..., list[Plan]]
TABLES = ("trialstore_trial", "trialstore_history", "trialstore_telemetry")
PENDING = frozenset({Status.PENDING})
LOADED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT})
FEW = 5
KEY, TOKEN = "trial_pkey|trial PRIMARY", "_token_|experiment_key "
SLACK = 100
"""Rows of experiments, of configs, and of what was rolled back, in passing."""


class Case(NamedTuple):
    """What is asked for, and how much of it there is."""

    run: Callable[[SqlBackend], Any]
    rows: int
    """As many rows as it is about."""
    indexes: tuple[str, ...]
    """Patterns of those that it must go by; engines name their own differently."""
    rows_sorted: int = 0
    """As many rows as may be sorted, because no index has them in the order that is asked for."""


def claim(token: str = "c", due_by: int | None = None) -> Callable[[SqlBackend], Any]:
    wish = Claim(
        uid="u", token=token, trial_runner_id=1, limit=FEW, lease=10**9, due_by=due_by, max_attempts=9
    )
    return lambda backend: backend.claim_trials(wish)


def find(**query: Any) -> Callable[[SqlBackend], Any]:
    return lambda backend: backend.find_trials(TrialQuery(uid="u", **query))


def find_telemetry(*, all_attempts: bool) -> Callable[[SqlBackend], Any]:
    query = TelemetryQuery(uid="u", trial_ids=[7], all_attempts=all_attempts)
    return lambda backend: backend.find_telemetry(query)


def complete(*, is_refused: bool = False) -> Callable[[SqlBackend], Any]:
    before = frozenset({Status.RUNNING}) if is_refused else PENDING
    end = TrialChange(
        uid="u", trial_id=5, token="end", ts=0, attempt=0, from_statuses=before, status=Status.FAILED
    )
    return lambda backend: backend.change_trial(end)


def add(backend: SqlBackend) -> None:
    known = [new_trial(i) for i in range(20)]
    backend.add_trials("u", [*known, *(new_trial(MANY + i) for i in range(20))], 1)


CASES = {
    "claim": Case(claim(), 3 * FEW + LOST, ("trial_queue", "trial_lease", KEY), LOST),
    "claim once more": Case(claim("served"), 2 * SERVED, (KEY, TOKEN), SERVED),
    "claim where nothing is due": Case(claim(due_by=0), 0, ("trial_queue", "trial_lease")),
    "expire": Case(lambda b: b.expire_leases(Expiry(uid="u", max_attempts=1, reason="lost")), 2 * LOST, ("trial_lease",), LOST),
    "complete": Case(complete(), 4, (KEY,)),
    "complete what has not begun": Case(complete(is_refused=True), 4, (KEY, TOKEN)),
    "add telemetry": Case(lambda b: b.add_telemetry(telemetry(1, "more", range(9))), 2, (KEY, TOKEN)),
    "add one": Case(lambda b: b.add_trials("u", [new_trial(MANY + 1)], 1), 1, ()),
    "add": Case(add, 20, (TOKEN,)),
    "due": Case(find(statuses=PENDING, due_by=10**12), DUE, ("trial_queue",), DUE),
    "due, nobody's": Case(find(statuses=PENDING, due_by=10**12, runner_assigned=False, limit=FEW, parts=Parts.METADATA), DUE, ("trial_queue",), DUE),
    "due or running": Case(find(statuses=PENDING | {Status.RUNNING}, due_by=10**12, after_id=50_000, limit=FEW), MANY * 7 // 100, ("trial_queue",), DUE),
    "ids": Case(find(trial_ids=range(70_000, 70_020)), 20, (KEY,), 20),
    "config": Case(find(tunable_config_id=77), MANY // CONFIGS, ("trial_config",)),
    "gaps": Case(find(completed_after=91_990, completions=[7, 9], order=Order.COMPLETION), 12, ("trial_completion",), 12),
    "telemetry": Case(find_telemetry(all_attempts=False), 200, ("telemetry_pkey|telemetry PRIMARY", KEY), 100),
    "telemetry of all attempts": Case(find_telemetry(all_attempts=True), 100, ("telemetry_pkey|telemetry PRIMARY",), 100),
    "history": Case(lambda b: b.find_status_changes("u", [1]), BATCHES + 1, ("history_order",)),
    "count": Case(lambda b: b.count_trials("other 3"), OTHERS, ()),
}  # fmt: skip
PAGES = {
    "page": Case(find(after_id=50_000, limit=FEW), FEW, (KEY,)),
    "page of some statuses": Case(find(after_id=50_000, limit=FEW, statuses=LOADED), 2 * FEW, (KEY,)),
    "page of one status": Case(find(after_id=50_000, limit=FEW, statuses=frozenset({Status.SUCCEEDED})), 2 * FEW, (KEY,)),
    "page of completions": Case(find(completed_after=50_000, order=Order.COMPLETION, limit=FEW), FEW, ("trial_completion",)),
}  # fmt: skip
"""PostgreSQL without statistics takes a hundred thousand trials for a few hundred, and reads and sorts them."""


@pytest.fixture(scope="module")
def filled_postgres(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Lend a database of which PostgreSQL knows nothing, as right after a bulk insert."""
    with lend_database(request, "postgres") as config, closing(SqlBackend(config)) as backend:
        backend.open(create=True, read_only=False)
        server: Server = request.getfixturevalue("postgres_server")
        for table in TABLES:
            server.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)", config["database"])
        fill(backend)
        backend.close()
        yield config


@pytest.fixture(scope="module", params=["without statistics", "with statistics"])
def postgres_config(
    request: pytest.FixtureRequest, filled_postgres: dict[str, Any], postgres_server: Server
) -> Iterator[dict[str, Any]]:
    """Lend a copy of the filled database."""
    with postgres_server.database() as name:
        postgres_server.drop_database(name)
        postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE {filled_postgres['database']}")
        if request.param == "with statistics":
            postgres_server.execute("VACUUM ANALYZE", name)
        yield {**filled_postgres, "database": name}


@pytest.fixture(params=["force_custom_plan", "force_generic_plan"])
def postgres_plans(request: pytest.FixtureRequest, postgres_config: dict[str, Any]) -> Iterator[Plans]:
    """Return what runs an operation and returns what its statements did; afterwards nothing has changed."""

    def prepare_all(connection: psycopg.Connection, _record: object) -> None:
        connection.execute("SELECT set_config('plan_cache_mode', %s, false)", [request.param])
        connection.prepare_threshold = 0

    with closing(SqlBackend(postgres_config)) as backend:
        backend.open(create=False, read_only=False)
        event.listen(backend._database.engine, "connect", prepare_all)
        backend._database.pool.close_idle()  # of those that have connected already
        yield plans_of(backend)


@pytest.fixture(scope="module")
def filled_mariadb(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    with lend_database(request, "mariadb") as config, closing(SqlBackend(config)) as backend:
        backend.open(create=True, read_only=False)
        fill(backend)
        yield config


@pytest.fixture
def mariadb_plans(filled_mariadb: dict[str, Any]) -> Iterator[Plans]:
    """Return what runs an operation and returns what its statements did; afterwards nothing has changed."""
    with closing(SqlBackend(filled_mariadb)) as backend:
        backend.open(create=False, read_only=False)
        yield plans_of(backend)


def plans_of(backend: SqlBackend) -> Plans:
    plans: list[Plan] = []

    def keep(connection: Any, sent: Sent) -> None:
        plan = explain(connection, sent)
        if plan is not None and any(table in plan.statement for table in TABLES):
            plans.append(plan)

    watch(backend._database.engine, keep, commits=False)

    def explained(operation: Callable[[SqlBackend], Any]) -> list[Plan]:
        operation(backend)
        return plans

    return explained


@pytest.mark.parametrize("name", CASES)
def test_postgresql_reads_no_more_than_what_is_asked_for(postgres_plans: Plans, name: str) -> None:
    check(postgres_plans(CASES[name].run), CASES[name])


@pytest.mark.parametrize("postgres_config", ["with statistics"], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_postgresql_reads_a_page_from_where_it_begins(postgres_plans: Plans, name: str) -> None:
    check(postgres_plans(PAGES[name].run), PAGES[name])


@pytest.mark.parametrize("name", CASES | PAGES)
def test_mariadb_reads_no_more_than_what_is_asked_for(mariadb_plans: Plans, name: str) -> None:
    case = {**CASES, **PAGES}[name]
    check(mariadb_plans(case.run), case)


def check(plans: list[Plan], case: Case) -> None:
    places = ", ".join(f"{place} " for plan in plans for place, _ in plan.reads)
    # Twice, because rows of an index count as well as those that they lead to.
    assert sum(plan.rows_read for plan in plans) <= 2 * case.rows + SLACK, plans
    assert sum(plan.rows_sorted for plan in plans) <= case.rows_sorted + SLACK, plans
    assert [index for index in case.indexes if not re.search(index, places)] == []


@pytest.fixture(scope="module")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("plans") / "trials.db"
    with closing(SqlBackend({"database": str(file), "durability": "off"})) as backend:
        backend.open(create=True, read_only=False)
        fill(backend)
    return file


@pytest.fixture
def sqlite_plans(
    filled_sqlite: Path, file: Path, open_backend: Callable[..., SqlBackend]
) -> Callable[..., list[str]]:
    """Return what runs an operation and returns the plan of each of its statements that is about many rows."""
    shutil.copy(filled_sqlite, file)
    backend, plans = open_backend(create=False), list[str]()

    def keep(connection: Any, sent: Sent) -> None:
        rows = connection.execute(
            f"EXPLAIN QUERY PLAN {sent.sql}", sent.parameters[0] if sent.is_repeated else sent.parameters
        )
        plan = "\n".join(row[3] for row in rows)
        if any(table in plan for table in TABLES):
            plans.append(plan)

    watch(backend._database.engine, keep)

    def explained(operation: Callable[[SqlBackend], Any]) -> list[str]:
        operation(backend)
        return plans

    return explained


def test_sqlite_claims_by_three_searches_of_an_index_and_sorts_no_waiting_trial(
    sqlite_plans: Callable[..., list[str]],
) -> None:
    probes, *writes = sqlite_plans(claim())
    assert (
        "history USING COVERING INDEX sqlite_autoindex_trialstore_history_1 (experiment_key=? AND token=?)"
        in probes
    )
    assert "SCAN trialstore" not in probes
    mine, nobodys, lost = probes.split("UNION ALL")
    for waiting in (mine, nobodys):
        assert "trial_queue (experiment_key=? AND status=? AND trial_runner_id=? AND due<?)" in waiting
        assert "TEMP B-TREE" not in waiting
    assert "trial_lease (experiment_key=? AND lease_expires<?)" in lost
    assert all("SEARCH" in plan for plan in writes)


SQLITE = {
    "expire": ["trial_lease (experiment_key=? AND lease_expires<?)"],
    "complete": ["(experiment_key=? AND trial_id=?)"],
    "complete what has not begun": ["(experiment_key=? AND trial_id=?)", "history USING INDEX sqlite_autoindex_trialstore_history_1 (experiment_key=? AND token=?)"],
    "due": ["trial_queue (experiment_key=? AND status=?)"],
    "due, nobody's": ["trial_queue (experiment_key=? AND status=? AND trial_runner_id=? AND due<?)"],
    "ids": ["(experiment_key=? AND trial_id=?)"],
    "config": ["trial_config (experiment_key=? AND tunable_config_id=?)"],
    "telemetry": ["telemetry USING PRIMARY KEY (experiment_key=? AND trial_id=?", "trial USING INDEX sqlite_autoindex_trialstore_trial_1 (experiment_key=? AND trial_id=?"],
    "telemetry of all attempts": ["(experiment_key=? AND trial_id=?)"],
    "history": ["(experiment_key=? AND trial_id=?)"],
    "page": ["(experiment_key=? AND trial_id>?)"],
    "page of some statuses": ["(experiment_key=? AND trial_id>?)"],
    "page of completions": ["(experiment_key=? AND completion>?)"],
}  # fmt: skip


@pytest.mark.parametrize("name", SQLITE)
def test_sqlite_searches_an_index(sqlite_plans: Callable[..., list[str]], name: str) -> None:
    plans = "\n".join(sqlite_plans({**CASES, **PAGES}[name].run))
    assert [search for search in SQLITE[name] if search not in plans] == []


@pytest.mark.parametrize(
    "name", ["config", "page", "page of some statuses", "page of completions", "telemetry of all attempts"]
)
def test_sqlite_reads_an_index_in_its_order(sqlite_plans: Callable[..., list[str]], name: str) -> None:
    assert "TEMP B-TREE" not in sqlite_plans({**CASES, **PAGES}[name].run)[0]


def test_sqlite_counts_what_an_index_alone_holds(sqlite_plans: Callable[..., list[str]]) -> None:
    [plan] = sqlite_plans(lambda backend: backend.count_trials("u"))
    assert "COVERING INDEX" in plan
