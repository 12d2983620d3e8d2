"""The workload that the demo measures, and what it samples meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest

from trialstore.demo import workload as module
from trialstore.demo.plan import demo_tunables
from trialstore.demo.random_search import draw_values
from trialstore.demo.sampler import ResourceSampler
from trialstore.demo.workload import Workload

DEFAULTS = demo_tunables().get_param_values()


@pytest.fixture
def workload(tmp_path: Path) -> Workload:
    return Workload(folder=tmp_path, seconds=0.01, rows=200)


def test_it_returns_throughput_and_rising_percentiles(workload: Workload) -> None:
    metrics = workload.run(DEFAULTS, seed=1)
    assert metrics["throughput"] > 0
    for kind in ("write", "read", "scan"):
        assert 0 < metrics[f"{kind}_p50_ms"] <= metrics[f"{kind}_p95_ms"] <= metrics[f"{kind}_p99_ms"]


def test_it_leaves_nothing_behind_and_minds_nothing_that_a_killed_run_left(
    workload: Workload, tmp_path: Path
) -> None:
    for suffix in ("", "-journal", "-wal"):
        (tmp_path / f"scratch.sqlite{suffix}").write_bytes(b"left behind")
    workload.run({**DEFAULTS, "journal_mode": "WAL"}, seed=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", range(12))
def test_every_configuration_runs(workload: Workload, seed: int) -> None:
    assert workload.run(draw_values(demo_tunables(), Random(seed)), seed)["throughput"] > 0


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("page_size", "16384", 16384),
        ("auto_vacuum", "INCREMENTAL", 2),
        ("journal_mode", "WAL", "wal"),
        ("synchronous", "EXTRA", 3),
        ("wal_autocheckpoint", 500, 500),
        ("locking_mode", "EXCLUSIVE", "exclusive"),
        ("cache_size", 4096, -4096),
        ("temp_store", "MEMORY", 2),
    ],
)
def test_every_tunable_reaches_sqlite(
    workload: Workload, name: str, value: Any, stored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def measure(_: Workload, connection: sqlite3.Connection, __: Random) -> dict[str, float]:
        seen.append(connection.execute(f"PRAGMA {name}").fetchone()[0])
        return {}

    monkeypatch.setattr(Workload, "_measure", measure)
    workload.run({**DEFAULTS, name: value}, seed=1)
    assert seen == [stored]


def test_the_memory_map_is_given_in_mebibytes(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        module._apply(connection, {"mmap_size": 3}, ("mmap_size",))
        assert connection.execute("PRAGMA mmap_size").fetchone() in {(3 * 2**20,), None}


def test_the_sampler_takes_a_last_sample_however_short_the_run_was() -> None:
    with ResourceSampler(interval=3600) as sampler:
        sum(range(1000))
    values = {metric: value for _, metric, value in sampler.samples}
    assert values["memory_mib"] > 1
    assert values["cpu_percent"] >= 0
    assert len({ts for ts, _, _ in sampler.samples}) == 1


def test_the_sampler_does_without_what_the_platform_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil.Process, "io_counters", raising=False)  # as on macOS
    with ResourceSampler() as sampler:
        pass
    assert {metric for _, metric, _ in sampler.samples} == {"cpu_percent", "memory_mib"}


def test_the_sampler_counts_what_was_written(tmp_path: Path) -> None:
    with ResourceSampler() as sampler, closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (zeroblob(4 * 1024 * 1024))")
        connection.commit()
    values = {metric: value for _, metric, value in sampler.samples}
    if "written_mib" in values:  # some platforms do not count
        assert values["written_mib"] >= 0
        assert values["read_mib"] >= 0
