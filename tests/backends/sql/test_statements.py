"""How many statements an operation takes, however many records it is about."""

from __future__ import annotations

import logging
from collections.abc import Callable
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

Statements: TypeAlias = Callable[..., list[str]]


@pytest.fixture
def backend(open_backend: Callable[..., SqlBackend], new_trials: Callable[..., Any]) -> SqlBackend:
    backend = open_backend(log_sql=True)
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    backend.add_trials("u", new_trials(100), 1)
    return backend


@pytest.fixture
def statements(caplog: pytest.LogCaptureFixture) -> Statements:
    """Return what runs an operation and returns the statements that it logged."""
    caplog.set_level(logging.INFO, logger="trialstore_sql")

    def logged(operation: Callable[..., Any], *args: Any) -> list[str]:
        caplog.clear()
        operation(*args)
        return [record.getMessage() for record in caplog.records]

    return logged


@pytest.mark.parametrize("number", [1, 1000])
def test_adding_new_trials_takes_eight_statements(
    backend: SqlBackend, statements: Statements, new_trials: Callable[..., Any], number: int
) -> None:
    assert len(statements(backend.add_trials, "u", new_trials(number, prefix="more"), 1)) == 8


def test_changing_a_trial_takes_three_statements_and_completing_it_two_more(
    backend: SqlBackend, statements: Statements
) -> None:
    pending, running = frozenset({Status.PENDING}), frozenset({Status.RUNNING})
    change: dict[str, Any] = {"uid": "u", "trial_id": 1, "ts": 0, "attempt": 0}
    start = TrialChange(token="a", from_statuses=pending, status=Status.RUNNING, **change)
    end = TrialChange(token="b", from_statuses=running, status=Status.FAILED, **change)
    assert len(statements(backend.change_trial, start)) == 3
    assert len(statements(backend.change_trial, end)) == 5


@pytest.mark.parametrize("rows", [1, 1000])
def test_a_batch_of_telemetry_takes_three_statements(
    backend: SqlBackend, statements: Statements, rows: int
) -> None:
    telemetry = tuple(TelemetryRow(i, "cpu", "0.5") for i in range(rows))
    batch = TelemetryBatch(
        uid="u", trial_id=1, token="a", attempt=0, status=Status.RUNNING, ts=0, rows=telemetry
    )
    assert len(statements(backend.add_telemetry, batch)) == 3


@pytest.mark.parametrize("limit", [1, 50])
def test_a_claim_takes_seven_statements(backend: SqlBackend, statements: Statements, limit: int) -> None:
    claim = Claim(uid="u", token="c", trial_runner_id=1, limit=limit, lease=1)
    assert len(statements(backend.claim_trials, claim)) == 7


def test_expiring_leases_takes_two_statements_where_none_is_lost(
    backend: SqlBackend, statements: Statements
) -> None:
    assert len(statements(backend.expire_leases, Expiry(uid="u", max_attempts=1, reason="lost"))) == 2


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
    backend: SqlBackend, statements: Statements, query: TrialQuery
) -> None:
    assert len(statements(backend.find_trials, query)) == 1


def test_other_reads_take_one_statement_and_two_where_nothing_is_found(
    backend: SqlBackend, statements: Statements
) -> None:
    assert len(statements(backend.count_trials, "u")) == 1
    assert len(statements(backend.find_tunable_configs, range(1, 100))) == 1
    assert len(statements(backend.find_status_changes, "u", None)) == 1
    assert len(statements(backend.find_telemetry, TelemetryQuery(uid="u", trial_ids=range(100)))) == 2


def test_what_is_not_asked_for_is_not_selected(backend: SqlBackend, statements: Statements) -> None:
    [bare] = statements(backend.find_trials, TrialQuery(uid="u"))
    [full] = statements(backend.find_trials, TrialQuery(uid="u", parts=Parts.METADATA | Parts.METRICS))
    assert "trial.metadata" not in bare
    assert "trial.metadata" in full


def test_the_log_holds_no_values(backend: SqlBackend, statements: Statements) -> None:
    secret = ExperimentRecord(experiment_id="swordfish", uid="hush", description="top secret")
    logged = "\n".join(statements(backend.put_experiment, secret))
    assert "INSERT INTO trialstore_experiment" in logged
    assert not any(word in logged for word in ("swordfish", "hush", "top secret"))
