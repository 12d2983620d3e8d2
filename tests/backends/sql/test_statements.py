"""How many round trips an operation takes, however many records it is about, counted where the drivers send them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any, TypeAlias

import pytest

from trialstore.records import (
    Claim,
    ExperimentRecord,
    Expiry,
    Parts,
    TelemetryBatch,
    TelemetryQuery,
    TelemetryRow,
    TrialChange,
    TrialQuery,
)
from trialstore.status import Status
from trialstore_sql import SqlBackend
from wire import ENGINES, lend_database, watch

Statements: TypeAlias = Callable[..., list[str]]
NewTrials: TypeAlias = Callable[..., Any]

AROUND = 2
"""A transaction begins and ends."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def extra(engine: str) -> int:
    """Return how many statements more an update takes that returns what it has written: MariaDB is asked."""
    return int(engine == "mariadb")


@pytest.fixture
def is_at_once(engine: str) -> bool:
    """Tell whether a call about one trial is one statement, which is committed by itself."""
    return engine == "postgres"


@pytest.fixture
def watched(request: pytest.FixtureRequest, engine: str, new_trials: NewTrials) -> Iterator[SqlBackend]:
    """Return a backend with the experiment "u", which has 100 trials."""
    with lend_database(request, engine) as config, closing(SqlBackend(config)) as backend:
        backend.open(create=True, read_only=False)
        backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
        backend.add_trials("u", new_trials(100), 1)
        yield backend


@pytest.fixture
def statements(watched: SqlBackend) -> Statements:
    """Return what runs an operation and returns what the driver was given to send."""
    seen: list[str] = []
    watch(watched._database.engine, lambda _, sent: seen.append(sent.sql))

    def sent_by(operation: Callable[..., Any], *args: Any) -> list[str]:
        seen.clear()
        operation(*args)
        return list(seen)

    return sent_by


def test_adding_a_trial_with_a_new_config_takes_four_statements_or_one(
    watched: SqlBackend, statements: Statements, new_trials: NewTrials, engine: str, *, is_at_once: bool
) -> None:
    [*_, new] = new_trials(101, prefix="more")
    asked_for_ids = 2 * (engine == "mariadb")
    sent = statements(watched.add_trials, "u", [new], 1)
    assert len(sent) == (1 if is_at_once else AROUND + 4 + asked_for_ids)


@pytest.mark.parametrize("number", [1, 1000])
def test_adding_trials_some_of_whose_configs_are_known_takes_five_statements_or_one(
    watched: SqlBackend,
    statements: Statements,
    new_trials: NewTrials,
    extra: int,
    number: int,
    *,
    is_at_once: bool,
) -> None:
    sent = statements(watched.add_trials, "u", new_trials(number, prefix="more"), 1)
    assert len(sent) == (1 if is_at_once and number == 1 else AROUND + 5 + extra)


def test_adding_trials_once_more_takes_one_statement_after_the_keys_have_clashed(
    watched: SqlBackend, statements: Statements, new_trials: NewTrials
) -> None:
    sent = statements(watched.add_trials, "u", new_trials(100), 1)
    first, second = (number for number, sql in enumerate(sent) if sql.startswith(("BEGIN", "START")))
    assert first == 0
    assert len(sent[second:]) == AROUND + 1


def test_adding_completed_trials_takes_one_statement_more(
    watched: SqlBackend, statements: Statements, new_trials: NewTrials, extra: int
) -> None:
    done = new_trials(500, prefix="done", status=Status.SUCCEEDED, ts_end=1)
    assert len(statements(watched.add_trials, "u", done, 1)) == AROUND + 6 + 2 * extra


def test_changing_a_trial_takes_three_statements_and_completing_it_one_more_or_each_one(
    watched: SqlBackend, statements: Statements, extra: int, *, is_at_once: bool
) -> None:
    pending, running = frozenset({Status.PENDING}), frozenset({Status.RUNNING})
    change: dict[str, Any] = {"uid": "u", "trial_id": 1, "ts": 0, "attempt": 0}
    start = TrialChange(token="a", from_statuses=pending, status=Status.RUNNING, **change)
    end = TrialChange(token="b", from_statuses=running, status=Status.FAILED, **change)
    assert len(statements(watched.change_trial, start)) == (1 if is_at_once else AROUND + 3)
    assert len(statements(watched.change_trial, end)) == (1 if is_at_once else AROUND + 4 + extra)
    assert len(statements(watched.change_trial, end)) == is_at_once + AROUND + 1


def test_extending_a_lease_asks_a_server_for_the_time(
    watched: SqlBackend, statements: Statements, engine: str, *, is_at_once: bool
) -> None:
    [claimed] = watched.claim_trials(Claim(uid="u", token="c", trial_runner_id=1, limit=1, lease=1))
    running = frozenset({Status.RUNNING})
    change = TrialChange(
        uid="u", trial_id=claimed.trial_id, token=None, ts=0, attempt=1, from_statuses=running, lease=1
    )
    asked = int(engine == "mariadb")
    assert len(statements(watched.change_trial, change)) == (1 if is_at_once else AROUND + 2 + asked)


@pytest.mark.parametrize("rows", [1, 1000])
def test_a_batch_of_telemetry_takes_three_statements(
    watched: SqlBackend, statements: Statements, rows: int
) -> None:
    telemetry = tuple(TelemetryRow(i, "cpu", "0.5") for i in range(rows))
    batch = TelemetryBatch(
        uid="u", trial_id=1, token="a", attempt=0, status=Status.RUNNING, ts=0, rows=telemetry
    )
    assert len(statements(watched.add_telemetry, batch)) == AROUND + 3


@pytest.mark.parametrize("limit", [1, 50])
def test_a_claim_takes_three_statements_or_one_and_two_more_when_it_is_repeated(
    watched: SqlBackend, statements: Statements, limit: int, *, is_at_once: bool
) -> None:
    claim = Claim(uid="u", token="c", trial_runner_id=1, limit=limit, lease=1)
    assert len(statements(watched.claim_trials, claim)) == (1 if is_at_once else AROUND + 3)
    assert len(statements(watched.claim_trials, claim)) == AROUND + 2


def test_the_config_of_a_trial_comes_along_where_an_index_finds_it(watched: SqlBackend, engine: str) -> None:
    [asked] = watched.find_trials(TrialQuery(uid="u", trial_ids=[1], parts=Parts.CONFIG))
    claim = Claim(uid="u", token="c", trial_runner_id=1, limit=1)
    [claimed], [again] = watched.claim_trials(claim), watched.claim_trials(claim)
    [config] = watched.find_tunable_configs([asked.tunable_config_id]).values()
    expected = None if engine == "duckdb" else config
    assert [asked.config, claimed.config, again.config] == [expected] * 3


def test_the_configs_of_many_trials_are_not_looked_up_one_by_one(watched: SqlBackend) -> None:
    found = watched.find_trials(TrialQuery(uid="u", after_id=0, parts=Parts.CONFIG))
    assert {trial.config for trial in found} == {None}


@pytest.mark.parametrize("number", [1, 50])
def test_expiring_leases_takes_four_statements_and_one_for_each_trial_that_is_numbered(
    watched: SqlBackend, statements: Statements, extra: int, number: int
) -> None:
    watched.claim_trials(Claim(uid="u", token="c", trial_runner_id=1, limit=number, lease=0))
    expiry = Expiry(uid="u", max_attempts=1, reason="lost")
    assert len(statements(watched.expire_leases, expiry)) == AROUND + 4 + extra + number
    assert len(statements(watched.expire_leases, expiry)) == AROUND + 2


@pytest.mark.parametrize(
    "query",
    [
        TrialQuery(uid="u"),
        TrialQuery(uid="u", trial_ids=range(1, 100), parts=Parts.METADATA | Parts.METRICS),
        TrialQuery(
            uid="u", statuses=frozenset({Status.PENDING}), due_by=2**60, runner_assigned=False, limit=5
        ),
    ],
)
def test_finding_trials_takes_one_statement(
    watched: SqlBackend, statements: Statements, query: TrialQuery
) -> None:
    assert len(statements(watched.find_trials, query)) == 1


def test_other_reads_take_one_statement_and_two_where_nothing_is_found(
    watched: SqlBackend, statements: Statements
) -> None:
    assert len(statements(watched.count_trials, "u")) == 1
    assert len(statements(watched.find_tunable_configs, range(1, 100))) == 1
    assert len(statements(watched.find_status_changes, "u", None)) == 1
    assert len(statements(watched.find_telemetry, TelemetryQuery(uid="u", trial_ids=range(100)))) == 2


def test_what_is_not_asked_for_is_not_selected(watched: SqlBackend, statements: Statements) -> None:
    [bare] = statements(watched.find_trials, TrialQuery(uid="u"))
    [full] = statements(watched.find_trials, TrialQuery(uid="u", parts=Parts.METADATA | Parts.METRICS))
    assert "trial.metadata" not in bare
    assert "trial.metadata" in full


def test_the_log_holds_the_statements_and_no_values(
    open_backend: Callable[..., SqlBackend], caplog: pytest.LogCaptureFixture
) -> None:
    backend = open_backend(log_sql=True)
    caplog.set_level(logging.INFO, logger="trialstore_sql")
    backend.put_experiment(ExperimentRecord(experiment_id="swordfish", uid="hush", description="top secret"))
    assert "INSERT INTO trialstore_experiment" in caplog.text
    assert not any(word in caplog.text for word in ("swordfish", "hush", "top secret"))
