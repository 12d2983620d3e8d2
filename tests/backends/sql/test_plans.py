"""Which indexes SQLite uses; the plans are those of a table that it knows nothing about, as for most users."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from trialstore.records import Claim, Expiry, Order, TelemetryQuery, TrialQuery
from trialstore.status import Status
from trialstore_sql import SqlBackend

Plans: TypeAlias = Callable[..., list[str]]


@pytest.fixture
def plans(file: Path, caplog: pytest.LogCaptureFixture) -> Plans:
    """Return what runs an operation and returns the plan of each of its queries."""
    caplog.set_level(logging.INFO, logger="trialstore_sql")

    def explained(operation: Callable[..., Any], *args: Any) -> list[str]:
        caplog.clear()
        operation(*args)
        with sqlite3.connect(file) as connection:
            plans = [_plan(connection, record.getMessage()) for record in caplog.records]
        connection.close()
        tables = ("trialstore_trial", "trialstore_telemetry", "trialstore_history")
        return [plan for plan in plans if any(table in plan for table in tables)]

    return explained


@pytest.fixture
def backend(open_backend: Callable[..., SqlBackend], backend: SqlBackend, new_trials: Any) -> SqlBackend:
    backend.add_trials("u", new_trials(3), 1)
    return open_backend(log_sql=True)


def test_claims_are_three_searches_of_an_index_and_sort_no_waiting_trial(
    backend: SqlBackend, plans: Plans
) -> None:
    claim = Claim(uid="u", token="c", trial_runner_id=1, limit=1, lease=10**9)
    served, mine, nobodys, lost, *writes = plans(backend.claim_trials, claim)
    assert "(experiment_key=? AND token=?)" in served
    for waiting in (mine, nobodys):
        assert "trial_queue (experiment_key=? AND status=? AND trial_runner_id=? AND due<?)" in waiting
        assert "TEMP B-TREE" not in waiting
    assert "trial_lease (experiment_key=? AND lease_expires<?)" in lost
    assert all("SEARCH" in plan for plan in writes)


def test_expiries_search_the_leases(backend: SqlBackend, plans: Plans) -> None:
    [lost] = plans(backend.expire_leases, Expiry(uid="u", max_attempts=1, reason="lost"))
    assert "trial_lease (experiment_key=? AND lease_expires<?)" in lost


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (TrialQuery(uid="u"), "(experiment_key=?)"),
        (TrialQuery(uid="u", after_id=1, limit=9), "(experiment_key=? AND trial_id>?)"),
        (TrialQuery(uid="u", trial_ids=[1]), "(experiment_key=? AND trial_id=?)"),
        (TrialQuery(uid="u", tunable_config_id=1), "(experiment_key=? AND tunable_config_id=?)"),
        (
            TrialQuery(uid="u", completed_after=0, order=Order.COMPLETION),
            "(experiment_key=? AND completion>?)",
        ),
    ],
)
def test_finding_trials_searches_an_index_in_its_order(
    backend: SqlBackend, plans: Plans, query: TrialQuery, index: str
) -> None:
    [plan] = plans(backend.find_trials, query)
    assert index in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan


def test_counting_reads_an_index_alone(backend: SqlBackend, plans: Plans) -> None:
    [plan] = plans(backend.count_trials, "u")
    assert "COVERING INDEX" in plan


def test_pending_trials_are_found_without_reading_the_others(backend: SqlBackend, plans: Plans) -> None:
    query = TrialQuery(uid="u", statuses=frozenset({Status.PENDING}), due_by=2**60, runner_assigned=False)
    [plan] = plans(backend.find_trials, query)
    assert (
        "COVERING INDEX trialstore_trial_queue (experiment_key=? AND status=? AND trial_runner_id=? AND due<?)"
        in plan
    )
    assert "SEARCH trialstore_trial USING INDEX" in plan


def test_telemetry_and_history_are_searched_by_trial(backend: SqlBackend, plans: Plans) -> None:
    telemetry = plans(backend.find_telemetry, TelemetryQuery(uid="u", trial_ids=[1], all_attempts=True))
    history = plans(backend.find_status_changes, "u", [1])
    assert "(experiment_key=? AND trial_id=?)" in telemetry[0]
    assert "(experiment_key=? AND trial_id=?)" in history[0]


def _plan(connection: sqlite3.Connection, sql: str) -> str:
    parameters = [None] * len(re.findall(r"\?", sql))
    return "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters))
