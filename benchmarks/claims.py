"""What one claim costs, in short and in long queues: ``make bench``, or ``python benchmarks/claims.py sqlite postgresql``."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "engines"))

from rich.console import Console
from rich.table import Table

from servers import MariaDbServer, MongoServer, PostgresServer
from trialstore import from_config
from trialstore.backend import Backend
from trialstore.codec import hash_of
from trialstore.records import Claim, ExperimentRecord, NewTrial
from trialstore.status import Status

SIZES = [(100, 100), (1_000, 1_000), (100_000, 10_000)]
"""Trials that have ended, and trials that wait."""
CLAIMS = 200
HOUR = 3_600_000_000
BATCH = 5_000


@contextmanager
def sqlite() -> Iterator[Mapping[str, Any]]:
    """Lend the config of a file."""
    with tempfile.TemporaryDirectory() as folder:
        yield {"class": "sql", "config": {"drivername": "sqlite", "database": f"{folder}/trials.db"}}


@contextmanager
def memory() -> Iterator[Mapping[str, Any]]:
    """Lend the config of plain memory."""
    yield {"class": "memory"}


def on(server: Callable[[Mapping[str, str]], Any], backend: str, **settings: str) -> Any:
    """Return what lends the config of a database on a server of its own, with durable settings."""

    @contextmanager
    def lend() -> Iterator[Mapping[str, Any]]:
        with server(settings) as running, running.database() as name:
            yield {"class": backend, "config": running.config(name)}

    return lend


ENGINES = {
    "memory": memory,
    "sqlite": sqlite,
    "postgresql": on(PostgresServer, "sql", fsync="on", synchronous_commit="on", full_page_writes="on"),
    "mariadb": on(MariaDbServer, "sql", innodb_flush_log_at_trx_commit="1", innodb_flush_method="fsync"),
    "mongodb": on(MongoServer, "mongo"),
}


def main() -> None:
    """Measure the engines that the command line names, or all."""
    table = Table("engine", *(f"{ended:,} ended, {waiting:,} wait" for ended, waiting in SIZES), "ratio")
    for engine in sys.argv[1:] or ENGINES:
        costs = [cost_of_a_claim(engine, *size) for size in SIZES]
        cells = [f"{1000 * cost:.2f} ms" for cost in costs]
        table.add_row(engine, *cells, f"{costs[-1] / costs[0]:.2f}")
    Console().print(
        "Median of one claim with a lease and limit 1, and the last column's cost against the first's."
    )
    Console().print(table)


def cost_of_a_claim(engine: str, ended: int, waiting: int) -> float:
    """Return the median of the seconds that a claim takes."""
    with ENGINES[engine]() as config, from_config(config) as storage:
        storage.session.ensure_open()
        backend = storage.session.backend
        backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
        numbers = count()
        _add(backend, ended, numbers, status=Status.FAILED, ts_end=1)
        _add(backend, waiting + CLAIMS, numbers)
        return statistics.median(_seconds(backend, number) for number in range(CLAIMS))


def _add(backend: Backend, number: int, numbers: Iterator[int], **fields: Any) -> None:
    ours = islice(numbers, number)
    while batch := [_new(i, **fields) for i in islice(ours, BATCH)]:
        backend.add_trials("u", batch, 1)


def _new(number: int, **fields: Any) -> NewTrial:
    return NewTrial(token=f"t{number}", config="{}", config_hash=hash_of("{}"), due=0, **fields)


def _seconds(backend: Backend, number: int) -> float:
    claim = Claim(uid="u", token=f"c{number}", trial_runner_id=1, limit=1, lease=HOUR)
    began = time.perf_counter()
    [_] = backend.claim_trials(claim)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
