"""The engines, with the durability that one wants in production: no acknowledged write is lost in a power cut."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.process import ROOT
from benchmarks.subject import Address

sys.path.insert(0, str(ROOT / "tests" / "engines"))

from servers import MariaDbServer, MongoReplicaSet, MongoServer, PostgresServer


class ReplicaSetOfOne(MongoReplicaSet):
    """A replica set with a single member, as one makes it to have transactions or change streams."""

    def _initialise(self) -> str:
        self._add_member(f"--replSet={self.name}")
        return f"mongodb://{self._addresses()[0]}/?replicaSet={self.name}"


POSTGRESQL = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
MARIADB = {"innodb_flush_log_at_trx_commit": "1", "innodb_flush_method": "fsync"}
SERVERS: Mapping[str, Callable[[], Any]] = {
    "postgresql": lambda: PostgresServer(POSTGRESQL),
    "mariadb": lambda: MariaDbServer(MARIADB),
    "mongodb": MongoServer,
    "mongodb replica set": ReplicaSetOfOne,
}
DURABILITY = {
    "sqlite": "trialstore and bare: WAL, synchronous=FULL; mlos_bench and Optuna: their default, a rollback journal, "
    "synchronous=FULL",
    "postgresql": ", ".join(f"{name}={value}" for name, value in POSTGRESQL.items()),
    "mariadb": ", ".join(f"{name}={value}" for name, value in MARIADB.items()),
    "mongodb": 'standalone; the last write of each call with w="majority", j=true',
    "mongodb replica set": 'one member; the last write of each call with w="majority", j=true',
    "duckdb": "its default: each commit waits for the disk",
    "memory": "none",
}
"""What each engine is set to, by its name."""


class Engines:
    """Lends empty databases; starts each server when it is first needed, and ends all of them."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._servers: dict[str, Any] = {}
        self._numbers = count(1)

    def __enter__(self) -> Self:
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="trialstore-bench-")))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def address(self, engine: str) -> Address:
        """Return the address of a new, empty database."""
        if engine == "memory":
            return {"engine": engine}
        if engine in {"sqlite", "duckdb"}:
            file = self.folder / f"{next(self._numbers)}.{engine}"
            return {"engine": engine, "drivername": engine, "database": str(file)}
        server = self._server(engine)
        return {"engine": engine, **server.config(server.create_database())}

    def _server(self, engine: str) -> Any:
        if engine not in self._servers:
            self._servers[engine] = self._stack.enter_context(SERVERS[engine]())
        return self._servers[engine]
