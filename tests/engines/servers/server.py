"""A database server as tests use it, wherever it runs."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from sqlalchemy import make_url


@dataclass(frozen=True)
class Address:
    """Where a server listens, and as whom to talk to it."""

    host: str
    port: int
    username: str
    password: str


class Server(ABC):
    """A server on which tests make databases of their own and look at them from the outside."""

    drivername: ClassVar[str]
    default_port: ClassVar[int]

    def __init__(self, address: Address) -> None:
        self.address = address

    @classmethod
    def at(cls, url: str) -> Self:
        """Return the server that runs already at a SQLAlchemy URL, whose user may create databases."""
        parts = make_url(url)
        port = parts.port or cls.default_port
        return cls(Address(parts.host or "localhost", port, parts.username or "", str(parts.password or "")))

    def config(self, database: str) -> dict[str, Any]:
        """Return the config of a storage in this database."""
        return {
            "drivername": self.drivername,
            "host": self.address.host,
            "port": self.address.port,
            "username": self.address.username,
            "password": self.address.password,
            "database": database,
        }

    def create_database(self) -> str:
        """Create an empty database, and return its name."""
        name = f"trialstore_{secrets.token_hex(8)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    @abstractmethod
    def drop_database(self, name: str) -> None:
        """Drop a database, also if it is in use."""

    @abstractmethod
    def execute(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        """Run a statement, and commit it, on a connection of its own; return the rows, if any."""

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend the name of an empty database, which is dropped afterwards."""
        name = self.create_database()
        try:
            yield name
        finally:
            self.drop_database(name)
