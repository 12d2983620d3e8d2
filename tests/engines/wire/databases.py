"""An empty database on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

ENGINES = ("sqlite", "postgres", "mariadb", "duckdb")
_FILES = frozenset({"sqlite", "duckdb"})


@contextmanager
def lend_database(request: pytest.FixtureRequest, engine: str) -> Iterator[dict[str, Any]]:
    """Lend the config of an empty database to a fixture of any scope."""
    if engine in _FILES:
        folder = request.getfixturevalue("tmp_path_factory").mktemp(engine)
        yield {"drivername": engine, "database": str(folder / "trials.db")}
    else:
        server = request.getfixturevalue(f"{engine}_server")
        with server.database() as name:
            yield server.config(name)
