"""What the numbers were measured with."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.contestants import CONTESTANTS

DISTRIBUTIONS = ("SQLAlchemy", "psycopg", "pymongo", "pandas")
SYNCS = 50
PAGE = b"\0" * 4096


def machine(folder: Path) -> dict[str, str]:
    """Return what this machine is; `folder` is where the storages are."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "file system": _file_system(folder),
        "fsync": f"{1e6 * seconds_to_sync(folder):,.0f} µs for a page of 4 KiB, the median of {SYNCS}",
    }


def versions(subjects: Iterable[str]) -> dict[str, str]:
    """Return the versions of what takes part."""
    installed = {
        contestant.distribution: contestant.version()
        for contestant in (CONTESTANTS[subject] for subject in subjects)
        if contestant.distribution
    }
    drivers = {name: version(name) for name in DISTRIBUTIONS}
    return {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version, **drivers, **installed}


def seconds_to_sync(folder: Path) -> float:
    """Return how long the disk takes to keep a page for good."""
    file = folder / "synced"
    with file.open("wb", buffering=0) as opened:
        times = [_seconds_to_sync(opened.fileno()) for _ in range(SYNCS)]
    file.unlink()
    return statistics.median(times)


def _seconds_to_sync(descriptor: int) -> float:
    os.write(descriptor, PAGE)
    began = time.perf_counter()
    os.fsync(descriptor)
    return time.perf_counter() - began


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _file_system(folder: Path) -> str:
    mounts = [part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)]
    return max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else "unknown"
