"""What database servers have in common: connections that are pooled, that break, and that firewalls drop."""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import sqlalchemy
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

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

_IDLE_SECONDS = 30.0
_SINCE = "trialstore: idle since"


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
        event.listen(engine, "reset", self._roll_back)
        event.listen(engine, "checkin", _note_time)
        event.listen(engine, "checkout", _Ping(engine))
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
    def is_in_transaction(self, connection: DBAPIConnection) -> bool:
        """Tell, without asking the server, whether a transaction is under way."""

    @abstractmethod
    def session_settings(self, *, read_only: bool) -> Sequence[str]:
        """Return the statements that a new connection begins with."""

    def translated(self, error: BaseException) -> TrialstoreError | None:
        advice = self.advice(error)
        return None if advice is None else self._told(error, advice)

    @abstractmethod
    def advice(self, error: BaseException) -> Advice | None:
        """Return which error of ours stands for one of the driver, and what to do about it."""

    def _roll_back(self, connection: DBAPIConnection, _record: object, _state: object) -> None:
        """Roll back what an error or an interrupt left in a connection that comes back to the pool."""
        if self.is_in_transaction(connection):
            connection.rollback()

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
            poolclass=_Pool,
            pool_size=self.settings.pool_size,
            max_overflow=0,
            pool_timeout=self.settings.busy_timeout,
            pool_use_lifo=True,
            pool_reset_on_return=None,  # would cost each call; `_roll_back` sees whether it is needed
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


class _Pool(QueuePool):
    """Closes what comes back after its end, when others have gone on to the next pool."""

    _is_disposed = False

    def dispose(self) -> None:
        self._is_disposed = True
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        if self._is_disposed:
            super().dispose()


class _Ping:
    """Tries a connection that was idle before it is used: a firewall may have dropped it, or a server restarted."""

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect

    def __call__(self, connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() < record.info.get(_SINCE, math.inf) + _IDLE_SECONDS:
            return
        try:
            self._dialect.do_ping(connection)
        except self._dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error  # older connections will not have fared better


def _note_time(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.info[_SINCE] = time.monotonic()
