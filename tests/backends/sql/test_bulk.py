"""Many rows go in in the fast way of each engine, and come out as they were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from trialstore.codec import Encoded, hash_of
from trialstore.errors import StorageUnavailableError
from trialstore.records import (
    ExperimentRecord,
    NewTrial,
    Parts,
    TelemetryBatch,
    TelemetryQuery,
    TelemetryRow,
    TrialQuery,
    TrialRecord,
)
from trialstore.status import Status
from trialstore_sql import SqlBackend
from wire import ENGINES, Sent, lend_database, watch

HOSTILE = [
    "null", "NULL", "", " ", "\\N", "'", '"', "''; --", "\\", "\\'", "{a,b}", "{}", "}", "(1),(2)", "%s", "%(x)s", "%",
    ":x", "?", "$1", "\n\r\t\x01\x1f\x7f", "e\u0301", "\u00e9", "\u00df", "\U0001f40d", "\uffff", "x" * 100_000, "a ", "a", "A",
]  # fmt: skip
INSERT = {
    "sqlite": ("executemany", 1),
    "postgres": ("unnest(", 1),
    "duckdb": ("unnest(", 1),
    "mariadb": ("VALUES", 4),
}
"""By what the fast way is known, and how many statements of it take 10,000 rows: MariaDB's hold 1 MB at most."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def bulk_backend(request: pytest.FixtureRequest, engine: str) -> Iterator[SqlBackend]:
    """Return a backend with the experiment "u", which has one trial."""
    with lend_database(request, engine) as config, closing(SqlBackend(config)) as backend:
        backend.open(create=True, read_only=False)
        backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
        backend.add_trials("u", [new_trial(0, token="first")], 1)
        yield backend


@pytest.fixture
def inserts(bulk_backend: SqlBackend) -> list[Sent]:
    """Return the inserts that the driver is given from now on."""
    seen: list[Sent] = []

    def keep(_connection: object, sent: Sent) -> None:
        if sent.sql.startswith("INSERT"):
            seen.append(sent)

    watch(bulk_backend._database.engine, keep)
    return seen


def new_trial(i: int, **fields: Any) -> NewTrial:
    config = f'{{"cache_mb":{i}}}'
    given: dict[str, Any] = {"token": f"t{i}", "config": config, "config_hash": hash_of(config), **fields}
    return NewTrial(**given)


def add_telemetry(backend: SqlBackend, rows: Iterable[TelemetryRow], token: str = "t") -> None:
    batch = TelemetryBatch(
        uid="u", trial_id=1, token=token, attempt=0, status=Status.RUNNING, ts=0, rows=tuple(rows)
    )
    backend.add_telemetry(batch)


def telemetry_of(backend: SqlBackend) -> list[tuple[int, str, Encoded]]:
    found = backend.find_telemetry(TelemetryQuery(uid="u", trial_ids=[1]))
    return [(row.ts, row.metric, row.value) for row in found]


def trials_of(backend: SqlBackend) -> list[TrialRecord]:
    return backend.find_trials(TrialQuery(uid="u", parts=Parts.METADATA | Parts.METRICS))


def into(table: str, inserts: Sequence[Sent]) -> list[Sent]:
    return [sent for sent in inserts if sent.sql.startswith(f"INSERT INTO trialstore_{table} ")]


def check_fast_way(engine: str, sent: Sequence[Sent], rows: int) -> None:
    """Check that a few statements took all rows at once."""
    words, most = INSERT[engine]
    assert 1 <= len(sent) <= most
    if engine == "mariadb":
        assert sum(one.sql.count("),(") + 1 for one in sent) == rows
    else:
        counted = len(sent[0].parameters if sent[0].is_repeated else sent[0].parameters[-1])
        assert counted == rows
    assert all(words in ("executemany" if one.is_repeated else one.sql) for one in sent)


def test_a_batch_without_telemetry_is_only_reported(bulk_backend: SqlBackend, inserts: list[Sent]) -> None:
    add_telemetry(bulk_backend, [])
    assert into("telemetry", inserts) == []
    assert len(into("history", inserts)) == 1


def test_ten_thousand_rows_of_telemetry_go_in_at_once(
    bulk_backend: SqlBackend, inserts: list[Sent], engine: str
) -> None:
    rows = [TelemetryRow(i, f"metric {i % 7}", str(i)) for i in range(10_000)]
    add_telemetry(bulk_backend, rows)
    check_fast_way(engine, into("telemetry", inserts), 10_000)
    assert telemetry_of(bulk_backend) == [(row.ts, row.metric, row.value) for row in rows]


def test_five_thousand_trials_go_in_at_once(
    bulk_backend: SqlBackend, inserts: list[Sent], engine: str
) -> None:
    bulk_backend.add_trials("u", [new_trial(i) for i in range(1, 5_001)], 1)
    for table in ("tunable_config", "trial", "history"):
        check_fast_way(engine, into(table, inserts), 5_000)
    assert [trial.trial_id for trial in trials_of(bulk_backend)] == [*range(1, 5_002)]
    assert len(bulk_backend.find_status_changes("u", None)) == 5_001


def test_hostile_telemetry_comes_out_as_it_went_in(bulk_backend: SqlBackend) -> None:
    rows = [TelemetryRow(i, text[:512] or "empty", text) for i, text in enumerate(HOSTILE)]
    add_telemetry(bulk_backend, rows)
    assert telemetry_of(bulk_backend) == [(row.ts, row.metric, row.value) for row in rows]


def test_metrics_that_look_alike_are_different_rows_in_the_order_of_their_code_points(
    bulk_backend: SqlBackend,
) -> None:
    names = sorted({text[:512] for text in HOSTILE if text})
    add_telemetry(bulk_backend, [TelemetryRow(0, name, name) for name in reversed(names)])
    assert [metric for _, metric, _ in telemetry_of(bulk_backend)] == names


def test_extreme_times_come_out_as_they_went_in(bulk_backend: SqlBackend) -> None:
    moments = [-(2**63), -1, 0, 1, 2**31, 2**53 + 1, 2**63 - 1]
    add_telemetry(bulk_backend, [TelemetryRow(ts, "m", "1") for ts in moments])
    assert [ts for ts, _, _ in telemetry_of(bulk_backend)] == moments


def test_hostile_trials_come_out_as_they_went_in(bulk_backend: SqlBackend) -> None:
    given = [new_trial(i, metadata=text, metrics=text or None) for i, text in enumerate(HOSTILE, 1)]
    bulk_backend.add_trials("u", given, 1)
    found = trials_of(bulk_backend)[1:]
    assert [(trial.metadata, trial.metrics) for trial in found] == [(t.metadata, t.metrics) for t in given]


@pytest.mark.parametrize("ended", [{}, {"ts_start": 2**53 + 1, "ts_end": 2**62, "trial_runner_id": -1}])
def test_what_is_absent_in_all_or_some_trials_stays_absent(
    bulk_backend: SqlBackend, ended: dict[str, Any]
) -> None:
    given = [new_trial(i, **(ended if i % 2 else {})) for i in range(1, 100)]
    bulk_backend.add_trials("u", given, 1)
    found = trials_of(bulk_backend)[1:]
    assert [when_and_who(trial) for trial in found] == [when_and_who(trial) for trial in given]


def when_and_who(trial: NewTrial | TrialRecord) -> tuple[int | None, ...]:
    return trial.ts_start, trial.ts_end, trial.trial_runner_id


def test_of_equal_rows_in_one_batch_the_first_stays(bulk_backend: SqlBackend) -> None:
    add_telemetry(bulk_backend, [TelemetryRow(i % 10, "m", str(i)) for i in range(2_000)])
    assert telemetry_of(bulk_backend) == [(ts, "m", str(ts)) for ts in range(10)]


def test_rows_that_are_there_already_stay_and_the_others_are_added(bulk_backend: SqlBackend) -> None:
    add_telemetry(bulk_backend, [TelemetryRow(ts, "m", "1") for ts in range(0, 2_000, 2)])
    add_telemetry(bulk_backend, [TelemetryRow(ts, "m", "2") for ts in range(2_000)], "again")
    assert telemetry_of(bulk_backend) == [(ts, "m", str(1 + ts % 2)) for ts in range(2_000)]


def test_equal_configs_and_tokens_within_one_call_are_stored_once(bulk_backend: SqlBackend) -> None:
    given = [new_trial(i % 50, token=f"token {i % 100}") for i in range(1_000)]
    added = bulk_backend.add_trials("u", given, 1)
    assert [trial.trial_id for trial in added] == [2 + i % 100 for i in range(1_000)]
    assert len({trial.tunable_config_id for trial in added}) == 50


def test_trials_that_are_there_already_are_returned_and_the_others_are_added(
    bulk_backend: SqlBackend,
) -> None:
    some = bulk_backend.add_trials("u", [new_trial(i) for i in range(0, 1_000, 2)], 1)
    every = bulk_backend.add_trials("u", [new_trial(i) for i in range(1_000)], 1)
    assert [trial.trial_id for trial in every[::2]] == [trial.trial_id for trial in some]
    assert len({trial.trial_id for trial in every}) == 1_000


@pytest.mark.parametrize("engine", ["mariadb"], indirect=True)
def test_a_value_larger_than_what_mariadb_takes_is_refused_and_changes_nothing(
    bulk_backend: SqlBackend, packet: int
) -> None:
    add_telemetry(bulk_backend, [TelemetryRow(0, "large", "x" * (packet - 1_000))], "just fits")
    too_large = [TelemetryRow(1, "small", "1"), TelemetryRow(2, "large", "x" * (packet + 1))]
    with pytest.raises(StorageUnavailableError, match="raise its max_allowed_packet"):
        add_telemetry(bulk_backend, too_large, "too large")
    assert [ts for ts, _, _ in telemetry_of(bulk_backend)] == [0]
    assert len(bulk_backend.find_status_changes("u", None)) == 2
    add_telemetry(bulk_backend, too_large[:1], "goes on")


@pytest.fixture
def packet(mariadb_server: Any) -> int:
    """Return how many bytes the server takes at once."""
    [(limit,)] = mariadb_server.execute("SELECT @@max_allowed_packet")
    return int(limit)
