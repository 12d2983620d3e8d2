"""What database servers have in common: connections that are pooled, that break, and that firewalls drop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import sqlalchemy
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError

from trialstore.backend import Capability
from trialstore.errors import (
    ConfigError,
    CorruptStorageError,
    ReadOnlyError,
    StorageNotFoundError,
    StorageUnavailableError,
    TransientError,
    TrialstoreError,
    UsageError,
)
from trialstore_sql.dialects._base import ClashError, Dialect
from trialstore_sql.dialects._pool import ConnectionPool, PoolPolicy

Advice: TypeAlias = tuple[type[TrialstoreError], str]

BUSY: Advice = (TransientError, "another connection holds the lock; it may be free later")
CLASH: Advice = (ClashError, "another connection wrote the same at this moment")
LOST: Advice = (TransientError, "the connection was lost; another one may work")
ELSEWHERE: Advice = (TransientError, "the server does not take connections; it may do so later")
NO_DATABASE: Advice = (StorageNotFoundError, "create the database first, or mend its name")
TLS: Advice = (StorageUnavailableError, "look at the options of TLS in the config's query")
OPTIONS: Advice = (ConfigError, "the driver cannot use this; look at the options in the config's query")
NO_ACCESS: Advice = (
    StorageUnavailableError,
    "look at the user name, the password and the rights of that user",
)
READ_ONLY: Advice = (
    ReadOnlyError,
    "it cannot be written to; open it with read_only=True, or use the primary server",
)
DISK_FULL: Advice = (StorageUnavailableError, "the server's disk is full; make room and repeat the call")
NOT_OURS: Advice = (
    CorruptStorageError,
    "its tables are not as trialstore made them; restore them from a backup",
)
DEPENDENT: Advice = (
    UsageError,
    "drop the views that others made of trialstore's, and make them again afterwards",
)
DAMAGED: Advice = (CorruptStorageError, "the server calls its files damaged; restore them from a backup")
STOPPED: Advice = (StorageUnavailableError, "the server stopped the statement; look at its limits")


class ServerDialect(Dialect):
    """An engine that is a server."""

    driver: ClassVar[str]
    """The SQLAlchemy drivername that is used, whichever name the config gives."""
    connect_args: ClassVar[Mapping[str, Any]]
    """Arguments of the driver, unless the config's `query` gives others."""

    @property
    def label(self) -> str:
        return f"{self.name}:{self.settings.database or ''}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset(Capability)

    def create_engine(self, *, create: bool, read_only: bool) -> Engine:  # noqa: ARG002 - the server is there, or not
        try:
            engine = self._engine()
        except (ArgumentError, ValueError) as error:
            raise self._told(error, OPTIONS) from error
        event.listen(engine, "do_connect", self.connect)
        event.listen(engine, "connect", lambda connection, _: self.set_up(connection, read_only=read_only))
        return engine

    def connect(
        self, engine: sqlalchemy.Dialect, _record: object, places: Sequence[Any], options: Mapping[str, Any]
    ) -> DBAPIConnection:
        """Return a new connection of the driver.

        Raises
        ------
        ConfigError
            If the driver fails at the options; that it fails at the server is an error of its own.
        """
        try:
            return engine.connect(*places, **options)
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            raise self._told(error, OPTIONS) from error

    def set_up(self, connection: DBAPIConnection, *, read_only: bool) -> None:
        """Make a new connection ours."""
        cursor = connection.cursor()
        try:
            for statement in self.session_settings(read_only=read_only):
                cursor.execute(statement)
        finally:
            cursor.close()

    @abstractmethod
    def session_settings(self, *, read_only: bool) -> Sequence[str]:
        """Return the statements that a new connection begins with."""

    def translated(self, error: BaseException) -> TrialstoreError | None:
        advice = self.advice(error)
        return None if advice is None else self._told(error, advice)

    @abstractmethod
    def advice(self, error: BaseException) -> Advice | None:
        """Return which error of ours stands for one of the driver, and what to do about it."""

    def _told(self, error: BaseException, advice: Advice) -> TrialstoreError:
        kind, words = advice
        return kind(f"{self.label}: {self.said(error).strip()}: {words}")

    def _engine(self) -> Engine:
        return create_engine(
            self._url(),
            connect_args={
                key: self.connect_args[key] for key in self.connect_args if key not in self.settings.query
            },
            isolation_level="AUTOCOMMIT",
            paramstyle="format",
            poolclass=ConnectionPool,
            policy=PoolPolicy(
                size=self.settings.pool_size, patience=self.settings.busy_timeout, tries_idle=True
            ),
            hide_parameters=True,
        )

    def _url(self) -> URL:
        settings = self.settings
        return URL.create(
            self.driver,
            username=settings.username,
            password=settings.password,
            host=settings.host,
            port=settings.port,
            database=settings.database,
            query=settings.query,
        )
