"""How many commits, bytes and pages an operation takes: what makes it slow before any clock shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from trialstore.codec import hash_of
from trialstore.records import (
    Claim,
    ExperimentRecord,
    NewTrial,
    Parts,
    TelemetryBatch,
    TelemetryQuery,
    TelemetryRow,
    TrialChange,
    TrialQuery,
)
from trialstore.status import Status
from trialstore_sql import SqlBackend
from wire import ENGINES, Sent, lend_database, watch

Operation: TypeAlias = Callable[[SqlBackend], object]

PAGE = 4096
FRAME = PAGE + 24
"""A page in SQLite's write-ahead log, with its header."""


def new_trials(first: int, number: int) -> list[NewTrial]:
    texts = [f'{{"cache_mb":{i},"codec":"zstd","ratio":0.5}}' for i in range(first, first + number)]
    return [NewTrial(token=f"t{text}", config=text, config_hash=hash_of(text)) for text in texts]


def change(token: str, before: Status, after: Status, **settings: Any) -> TrialChange:
    known: dict[str, Any] = {"uid": "u", "trial_id": 1, "ts": 0, "attempt": 0}
    return TrialChange(token=token, from_statuses=frozenset({before}), status=after, **known, **settings)


def telemetry(rows: int) -> TelemetryBatch:
    measured = tuple(TelemetryRow(10**15 + i, f"sensor_{i % 4}", "0.5") for i in range(rows))
    return TelemetryBatch(
        uid="u", trial_id=1, token="telemetry", attempt=0, status=Status.RUNNING, ts=0, rows=measured
    )


WRITES: dict[str, Operation] = {
    "add a trial": lambda backend: backend.add_trials("u", new_trials(1000, 1), 1),
    "add 100 trials": lambda backend: backend.add_trials("u", new_trials(2000, 100), 1),
    "start": lambda backend: backend.change_trial(change("a", Status.PENDING, Status.RUNNING, ts_start=1)),
    "complete": lambda backend: backend.change_trial(
        change("b", Status.PENDING, Status.SUCCEEDED, ts_end=1, metrics='{"latency":0.25,"throughput":1e4}')
    ),
    "add 1,000 rows of telemetry": lambda backend: backend.add_telemetry(telemetry(1000)),
    "claim": lambda backend: backend.claim_trials(Claim(uid="u", token="c", trial_runner_id=1, limit=1)),
}
READS: dict[str, Operation] = {
    "find trials": lambda backend: backend.find_trials(TrialQuery(uid="u", parts=Parts.METRICS)),
    "find telemetry": lambda backend: backend.find_telemetry(TelemetryQuery(uid="u", trial_ids=[1])),
    "count": lambda backend: backend.count_trials("u"),
}
BYTES = {
    "add a trial": 2_500,
    "add 100 trials": 48_000,
    "start": 1_600,
    "complete": 2_150,
    "add 1,000 rows of telemetry": 52_000,
    "claim": 4_200,
}
"""Of statements and their parameters, as a driver is given them or writes them."""
LONGEST = 4_096
"""Of a statement, in characters: psycopg takes a longer one apart anew each time (its ``MAX_CACHED_STATEMENT_LENGTH``)."""
PAGES = {
    "add a trial": 14,
    "add 100 trials": 40,
    "start": 8,
    "complete": 15,
    "add 1,000 rows of telemetry": 16,
    "claim": 8,
}
"""That one commit writes to SQLite's log: those of a table and of each of its indexes, some of them split."""


def filled(backend: SqlBackend) -> SqlBackend:
    backend.open(create=True, read_only=False)
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    backend.add_trials("u", new_trials(0, 200), 1)
    return backend


@pytest.fixture(params=ENGINES)
def backend(request: pytest.FixtureRequest) -> Iterator[SqlBackend]:
    """Return a backend with the experiment "u", which has 200 trials."""
    with lend_database(request, request.param) as config, closing(SqlBackend(config)) as backend:
        yield filled(backend)


@pytest.fixture
def sent_by(backend: SqlBackend) -> Callable[[Operation], Sequence[Sent]]:
    """Return what runs an operation and returns what the driver was given."""
    seen: list[Sent] = []
    watch(backend._database.engine, lambda _, sent: seen.append(sent))

    def sent(operation: Operation) -> Sequence[Sent]:
        operation(backend)
        return seen

    return sent


@pytest.mark.parametrize("name", WRITES)
def test_a_write_commits_once_and_sends_few_bytes(
    sent_by: Callable[[Operation], Sequence[Sent]], name: str
) -> None:
    sent = sent_by(WRITES[name])
    # What no BEGIN precedes is committed by itself.
    assert 1 in {len(sent), sum(command.sql == "COMMIT" for command in sent)}
    assert sum(map(size, sent)) <= BYTES[name]


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
@pytest.mark.parametrize("name", [*WRITES, *READS])
def test_no_statement_is_longer_than_psycopg_remembers(
    sent_by: Callable[[Operation], Sequence[Sent]], name: str
) -> None:
    sent = sent_by((WRITES | READS)[name])
    assert max(len(command.sql) for command in sent) <= LONGEST


@pytest.mark.parametrize("name", READS)
def test_a_read_commits_nothing(sent_by: Callable[[Operation], Sequence[Sent]], name: str) -> None:
    sent = sent_by(READS[name])
    assert sent
    assert not any(command.sql.startswith(("BEGIN", "START", "COMMIT")) for command in sent)


@pytest.mark.parametrize("name", WRITES)
def test_a_commit_of_sqlite_writes_few_pages(file: Path, name: str) -> None:
    with closing(SqlBackend({"database": str(file)})) as backend:
        filled(backend)
        log = file.with_name(f"{file.name}-wal")
        before = log.stat().st_size
        WRITES[name](backend)
        assert 0 < (log.stat().st_size - before) / FRAME <= PAGES[name]


def size(sent: Sent) -> int:
    """Return about how many bytes a command has."""
    rows = sent.parameters if sent.is_repeated else [sent.parameters]
    return len(sent.sql.encode()) + sum(len(str(value).encode()) for row in rows for value in row)
