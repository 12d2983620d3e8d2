"""A small order book on a scratch SQLite database: what the demo measures.

One client repeats the same mix until its time is up: a transaction of inserts, point reads by primary key,
and range scans through an index. Each of these is an operation, timed by itself.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, ParamSpec, TypeAlias

if TYPE_CHECKING:
    from trialstore.values import Scalar

__all__ = ["Pragmas", "Workload"]

P = ParamSpec("P")

Pragmas: TypeAlias = "Mapping[str, Scalar]"
"""The values of one configuration, by the names of the tunables."""
Latencies: TypeAlias = dict[str, list[int]]
"""The nanoseconds that each operation took, by its kind."""

_FILE_PRAGMAS = ("page_size", "auto_vacuum")
"""They shape a new file and are fixed once it has a table."""
_CONNECTION_PRAGMAS = (
    "locking_mode",  # before the journal mode: a WAL under an exclusive lock needs no shared memory
    "journal_mode",
    "synchronous",
    "wal_autocheckpoint",
    "cache_size",
    "mmap_size",
    "temp_store",
)
_CUSTOMERS = 2_000
_INSERT = "INSERT INTO orders (customer, amount, note) VALUES (?, ?, ?)"
_READ = "SELECT customer, amount, note FROM orders WHERE id = ?"
_SCAN = "SELECT count(*), sum(amount), max(note) FROM orders WHERE customer BETWEEN ? AND ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is done to the scratch database, and for how long.

    Parameters
    ----------
    folder
        Where the scratch database is made; its disk is what is measured.
    seconds
        How long one configuration is measured, without the time that it takes to fill the database.
    rows
        How many orders the database holds before the measurement.
    """

    folder: Path
    seconds: float = 0.25
    rows: int = 20_000

    def run(self, pragmas: Pragmas, seed: int) -> dict[str, float]:
        """Measure one configuration on a new database, which is removed afterwards.

        Returns
        -------
        dict
            ``throughput`` in operations per second, and the 50th, 95th and 99th percentile of the latency of
            each kind of operation in milliseconds, such as ``read_p95_ms``.
        """
        database = self.folder / "scratch.sqlite"
        random = Random(seed)  # noqa: S311 - a workload, not a secret
        _remove(database)
        try:
            self._fill(database, pragmas, random)
            with closing(_connect(database)) as connection:
                _apply(connection, pragmas, _CONNECTION_PRAGMAS)
                return self._measure(connection, random)
        finally:
            _remove(database)

    def _fill(self, database: Path, pragmas: Pragmas, random: Random) -> None:
        with closing(_connect(database)) as connection:
            _apply(connection, pragmas, _FILE_PRAGMAS)
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            connection.execute(
                "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, amount REAL, note TEXT)"
            )
            connection.executemany(_INSERT, _orders(random, self.rows))
            connection.execute("CREATE INDEX orders_by_customer ON orders (customer)")
            connection.execute("COMMIT")

    def _measure(self, connection: sqlite3.Connection, random: Random) -> dict[str, float]:
        latencies: Latencies = {"write": [], "read": [], "scan": []}
        started = time.perf_counter()
        while time.perf_counter() - started < self.seconds or len(latencies["write"]) < 2:
            self._step(connection, random, latencies)
        elapsed = time.perf_counter() - started
        operations = sum(len(each) for each in latencies.values())
        return {"throughput": operations / elapsed, **_percentiles(latencies)}

    def _step(self, connection: sqlite3.Connection, random: Random, latencies: Latencies) -> None:
        orders = list(_orders(random, 10))
        latencies["write"].append(_nanoseconds(_write, connection, orders))
        for key in random.choices(range(1, self.rows + 1), k=10):
            latencies["read"].append(_nanoseconds(_fetch, connection, _READ, (key,)))
        for customer in random.choices(range(_CUSTOMERS), k=2):
            latencies["scan"].append(_nanoseconds(_fetch, connection, _SCAN, (customer, customer + 20)))


def _connect(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, isolation_level=None)


def _apply(connection: sqlite3.Connection, pragmas: Pragmas, names: tuple[str, ...]) -> None:
    for name in names:
        connection.execute(f"PRAGMA {name} = {_value(name, pragmas[name])}").fetchall()


def _value(name: str, value: Scalar) -> Scalar:
    """Return what the pragma takes: its units are not those of the tunable everywhere."""
    if name == "cache_size" and isinstance(value, int):
        return -value  # negative is KiB, positive is pages
    if name == "mmap_size" and isinstance(value, int):
        return value * 2**20
    return value


def _orders(random: Random, count: int) -> Iterator[tuple[int, float, str]]:
    for _ in range(count):
        yield random.randrange(_CUSTOMERS), random.random() * 100, f"{random.getrandbits(640):0160x}"


def _write(connection: sqlite3.Connection, orders: list[tuple[int, float, str]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(_INSERT, orders)
    connection.execute("COMMIT")


def _fetch(connection: sqlite3.Connection, query: str, parameters: tuple[int, ...]) -> None:
    connection.execute(query, parameters).fetchone()


def _nanoseconds(operation: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> int:
    started = time.perf_counter_ns()
    operation(*args, **kwargs)
    return time.perf_counter_ns() - started


def _percentiles(latencies: Latencies) -> dict[str, float]:
    metrics = {}
    for kind, nanoseconds in latencies.items():
        cuts = statistics.quantiles(nanoseconds, n=100, method="inclusive")
        for percent in (50, 95, 99):
            metrics[f"{kind}_p{percent}_ms"] = cuts[percent - 1] / 1e6
    return metrics


def _remove(database: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
