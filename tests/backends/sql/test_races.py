"""Calls that meet on a server at the worst moment, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from threading import Event, get_ident
from time import monotonic
from typing import Any

import psycopg
import pymysql
import pytest

from trialstore.errors import ExperimentNotFoundError, TransientError
from trialstore.records import (
    Claim,
    ExperimentQuery,
    ExperimentRecord,
    Expiry,
    Parts,
    TrialChange,
    TrialQuery,
)
from trialstore.status import Status
from trialstore_sql import SqlBackend

NewTrials = Callable[..., Any]
DRIVERS: dict[str, Any] = {
    "postgres_database": psycopg.Cursor,
    "mariadb_database": pymysql.cursors.Cursor,
}
CLAIM = Claim(uid="u", token="c", trial_runner_id=1, limit=1, lease=None)
PATIENCE = 60


@pytest.fixture(params=["postgres_database", "mariadb_database"])
def database(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    config: Mapping[str, Any] = request.getfixturevalue(request.param)
    return config


@pytest.fixture
def backends(database: Mapping[str, Any]) -> Iterator[list[SqlBackend]]:
    """Two backends on one database with the experiment "e", whose uid is "u"."""
    with ExitStack() as stack:
        backends = [stack.enter_context(closing(SqlBackend(database))) for _ in range(2)]
        for backend in backends:
            backend.open(create=True, read_only=False)
        backends[0].put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
        yield backends


@pytest.fixture
def in_flight(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return what runs a call in another thread, up to its commit, which waits for the end of the block.

    A statement that commits itself is put into a transaction, so that there is such a moment.
    """

    @contextmanager
    def held(call: Callable[..., Any], *args: Any) -> Iterator[Future[Any]]:
        driver = DRIVERS[request.node.callspec.params["database"]]
        reached, go, execute = Event(), Event(), driver.execute
        threads: list[int] = []

        def wait() -> None:
            reached.set()
            assert go.wait(PATIENCE)

        def paused(cursor: Any, sql: Any, *args: Any) -> Any:
            if get_ident() not in threads:
                return execute(cursor, sql, *args)
            if isinstance(cursor, psycopg.Cursor) and sql.startswith("WITH"):
                return around(cursor, sql, *args)
            if sql == "COMMIT":
                wait()
            return execute(cursor, sql, *args)

        def around(cursor: psycopg.Cursor, sql: str, *args: Any) -> None:
            with psycopg.Cursor(cursor.connection) as other:
                execute(other, "BEGIN")
                execute(cursor, sql, *args)
                wait()
                execute(other, "COMMIT")

        def run() -> Any:
            threads.append(get_ident())
            return call(*args)

        with monkeypatch.context() as patch, ThreadPoolExecutor(1) as pool:
            patch.setattr(driver, "execute", paused)
            future = pool.submit(run)
            assert reached.wait(PATIENCE)
            try:
                yield future
            finally:
                go.set()
                future.exception(PATIENCE)

    return held


def test_a_claim_that_is_repeated_while_the_first_is_being_committed_finds_what_that_one_took(
    backends: list[SqlBackend], new_trials: NewTrials, in_flight: Callable[..., Any]
) -> None:
    first, second = backends
    first.add_trials("u", new_trials(1), 1)
    with in_flight(first.claim_trials, CLAIM) as future, pytest.raises(TransientError, match="others hold"):
        second.claim_trials(CLAIM)
    assert second.claim_trials(CLAIM) == future.result()
    assert [trial.attempt for trial in future.result()] == [1]


def test_a_claim_is_not_told_that_nothing_is_due_while_others_may_leave_something(
    backends: list[SqlBackend], new_trials: NewTrials, in_flight: Callable[..., Any]
) -> None:
    first, second = backends
    first.add_trials("u", new_trials(2, trial_runner_id=1) + new_trials(2, "n"), 1)
    other = Claim(uid="u", token="d", trial_runner_id=2, limit=2)
    with (
        in_flight(first.claim_trials, Claim(uid="u", token="c", trial_runner_id=1, limit=2)),
        pytest.raises(TransientError, match="others hold"),
    ):
        second.claim_trials(other)  # the first one looked at its trials, too
    assert [trial.trial_id for trial in second.claim_trials(other)] == [3, 4]


def test_a_change_that_is_repeated_while_the_first_is_being_committed_is_applied_once(
    backends: list[SqlBackend], new_trials: NewTrials, in_flight: Callable[..., Any]
) -> None:
    first, second = backends
    first.add_trials("u", new_trials(1), 1)
    change = TrialChange(
        uid="u", trial_id=1, token="t", ts=0, attempt=0, from_statuses=frozenset(Status), trial_runner_id=4
    )
    with ThreadPoolExecutor(1) as pool, in_flight(first.change_trial, change) as future:
        repeated = pool.submit(second.change_trial, change)  # waits for the row
    assert future.result().applied
    assert _answer(repeated, second.change_trial, change).applied
    assert len(second.find_status_changes("u", [1])) == 1


@pytest.mark.parametrize("status", [Status.RUNNING, Status.FAILED])
def test_a_change_that_waits_for_another_one_is_applied_to_what_that_one_left(
    backends: list[SqlBackend], new_trials: NewTrials, in_flight: Callable[..., Any], status: Status
) -> None:
    first, second = backends
    first.add_trials("u", new_trials(1), 1)
    change: dict[str, Any] = {"uid": "u", "trial_id": 1, "ts": 0, "attempt": 0}
    pending = frozenset({Status.PENDING})
    noted = TrialChange(token="n", from_statuses=pending, metadata='{"noted":1}', **change)
    changed = TrialChange(token="c", from_statuses=pending, status=status, ts_start=5, **change)
    with ThreadPoolExecutor(1) as pool, in_flight(first.change_trial, noted) as future:
        waiting = pool.submit(second.change_trial, changed)
        _wait_until_one_waits(first)
    assert future.result().applied
    assert waiting.result(PATIENCE).applied
    [stored] = second.find_trials(TrialQuery(uid="u", parts=Parts.METADATA))
    assert (stored.status, stored.ts_start, stored.metadata) == (status, 5, '{"noted":1}')
    assert stored.completion == (1 if status.is_completed() else None)


def test_trials_that_are_added_again_while_the_first_call_is_being_committed_are_added_once(
    backends: list[SqlBackend], new_trials: NewTrials, in_flight: Callable[..., Any]
) -> None:
    first, second = backends
    new = new_trials(3)
    with ThreadPoolExecutor(1) as pool, in_flight(first.add_trials, "u", new, 1) as future:
        repeated = pool.submit(second.add_trials, "u", new, 1)
    added = _answer(repeated, second.add_trials, "u", new, 1)
    assert [trial.trial_id for trial in added] == [trial.trial_id for trial in future.result()] == [1, 2, 3]
    assert second.find_experiments(ExperimentQuery())[0].next_trial_id == 4


def test_a_deletion_waits_for_a_completion_without_standing_in_its_way(
    backends: list[SqlBackend], new_trials: NewTrials, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = backends
    monkeypatch.setattr(first._do, "at_once", None)  # between whose steps nothing can come
    first.add_trials("u", new_trials(1), 1)
    completion = TrialChange(
        uid="u",
        trial_id=1,
        token="t",
        ts=0,
        attempt=0,
        from_statuses=frozenset(Status),
        status=Status.FAILED,
    )
    holds, numbers = Event(), first._do.experiments.take_completions
    with ThreadPoolExecutor(2) as pool:

        def take(*args: Any) -> int:
            holds.set()  # the trial is held, the experiment is not yet
            deletion.append(pool.submit(second.delete_experiment, "u"))
            return numbers(*args)

        deletion: list[Future[None]] = []
        monkeypatch.setattr(first._do.experiments, "take_completions", take)
        outcome = pool.submit(first.change_trial, completion).result(PATIENCE)
        deletion[0].result(PATIENCE)
    assert holds.is_set()
    assert outcome.applied
    with pytest.raises(ExperimentNotFoundError):
        second.count_trials("u")


def test_an_experiment_that_others_make_and_delete_while_it_is_put_is_put_again(
    backends: list[SqlBackend], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = backends
    theirs, ours = (ExperimentRecord(experiment_id="f", uid=uid) for uid in ("theirs", "ours"))
    put = second._do.experiments.put

    def interrupted(tx: Any, new: ExperimentRecord) -> None:
        monkeypatch.undo()
        first.put_experiment(theirs)
        put(tx, new)
        tx.now()  # with whose answer the insert has been made; it is sent ahead to PostgreSQL
        if "postgresql" in first.label:  # MariaDB holds the row that it met
            first.delete_experiment("theirs")

    monkeypatch.setattr(second._do.experiments, "put", interrupted)
    if "postgresql" in first.label:
        with pytest.raises(TransientError, match="'f' was made and deleted by others"):
            second.put_experiment(ours)
        assert second.put_experiment(ours).uid == "ours"
    else:
        assert second.put_experiment(ours).uid == "theirs"


def test_an_expiry_passes_over_a_trial_that_somebody_is_writing(
    backends: list[SqlBackend], new_trials: NewTrials, in_flight: Callable[..., Any]
) -> None:
    first, second = backends
    first.add_trials("u", new_trials(1), 1)
    first.claim_trials(Claim(uid="u", token="c", trial_runner_id=1, limit=1, lease=1))
    heartbeat = TrialChange(
        uid="u",
        trial_id=1,
        token=None,
        ts=0,
        attempt=1,
        from_statuses=frozenset({Status.RUNNING}),
        lease=10**12,
    )
    expiry = Expiry(uid="u", max_attempts=1, reason="lost")
    with in_flight(first.change_trial, heartbeat):
        assert second.expire_leases(expiry) == []
    assert second.expire_leases(expiry) == []


def _wait_until_one_waits(backend: SqlBackend) -> None:
    """Return when a transaction waits for another one."""
    is_postgres = "postgresql" in backend.label
    waiting = "pg_locks WHERE NOT granted" if is_postgres else "information_schema.innodb_lock_waits"
    deadline = monotonic() + PATIENCE
    found: Sequence[Any] = ()
    while not found:
        assert monotonic() < deadline
        with backend._database.read() as tx:
            found = tx.rows_of(f"SELECT 1 FROM {waiting}")


def _answer(future: Future[Any], call: Callable[..., Any], *args: Any) -> Any:
    """Return what a call returned, or returns when it is repeated, as the core would do."""
    if isinstance(future.exception(PATIENCE), TransientError):
        return call(*args)
    return future.result()
