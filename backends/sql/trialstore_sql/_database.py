"""The connections to one database, and the transactions on them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from threading import Condition, RLock
from typing import Any, cast

import sqlalchemy
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from trialstore.errors import (
    CorruptStorageError,
    StorageClosedError,
    StorageUnavailableError,
    TransientError,
    TrialstoreError,
    UsageError,
)
from trialstore_sql._transaction import Compiler, Transaction
from trialstore_sql.dialects import ConnectionPool, Dialect

_NOTHING = nullcontext()


class Database:
    """One database, from `open` to `close`.

    Parameters
    ----------
    dialect
        The engine and the settings.
    compiler
        Returns what compiles statements for an engine that has been connected to.
    """

    def __init__(self, dialect: Dialect, compiler: Callable[[sqlalchemy.Dialect], Compiler]) -> None:
        self.dialect = dialect
        self._compiler = compiler
        self._engine: Engine | None = None
        self._lock = dialect.write_lock()
        self._foreign_errors: tuple[type[Exception], ...] = (SQLAlchemyError,)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine; raises `StorageClosedError` unless the database is open."""
        if self._engine is None:
            raise StorageClosedError(f"{self.dialect.label} is not open")
        return self._engine

    @property
    def pool(self) -> ConnectionPool:
        """The pool of the engine's connections."""
        return cast("ConnectionPool", self.engine.pool)

    def open(self, *, create: bool, read_only: bool) -> None:
        """Make the engine; a second call makes another one, with other rights."""
        self.close()
        engine = self.dialect.create_engine(create=create, read_only=read_only)
        self._connected = engine.dialect
        self._foreign_errors = (engine.dialect.loaded_dbapi.Error, SQLAlchemyError)
        self._engine = engine

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        with self._turn(writes=False):
            engine, self._engine = self._engine, None
            if engine is not None:
                engine.dispose()
                engine.pool.dispose()  # so that a call that is under way puts nothing into the next one

    def after_fork(self) -> None:
        """Abandon the connections of the parent process."""
        self._lock = RLock()
        if self._engine is not None:
            # Never freed, not even at exit: that would close the parent's connections, or flush its file.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._engine.pool))
            self._engine.dispose(close=False)

    def read(self) -> AbstractContextManager[Transaction]:
        """Run queries, each of which sees a snapshot of its own."""
        return self._transaction(writes=False)

    def statement(self) -> AbstractContextManager[Transaction]:
        """Run one statement that writes, which is committed by itself."""
        return self._transaction(writes=False)

    def write(self) -> AbstractContextManager[Transaction]:
        """Run statements that are committed together, at the end, or not at all."""
        return self._transaction(writes=True)

    @contextmanager
    def connection(self, *, write: bool = False) -> Iterator[sqlalchemy.Connection]:
        """Run what needs SQLAlchemy's own connection, such as a migration, in one transaction if it is to write."""
        try:
            with self._turn(writes=write), self.engine.connect() as connection:
                if not write:
                    yield connection
                    return
                with connection.begin(), closing(connection.connection.cursor()) as cursor:
                    self.dialect.begin(cursor)
                    with self.dialect.schema_lock(cursor):
                        yield connection
        except self._foreign_errors as error:
            raise self._translated(error) from error

    def prepare(self) -> None:
        """Do what a database that will be written to needs once."""
        with self.read() as tx:
            self.dialect.prepare(tx)

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Transaction]:
        pool = self.pool
        try:
            with self._turn(writes=writes):
                entry = pool.take()
                try:
                    connection: Any = entry.dbapi_connection
                    with (
                        closing(connection.cursor()) as cursor,
                        self.dialect.pipeline(connection) if writes else _NOTHING,
                    ):
                        if writes:
                            self.dialect.begin(cursor)
                        yield Transaction(cursor, self._compiler(self._connected), self.dialect)
                        if writes:
                            cursor.execute("COMMIT")
                except BaseException as error:
                    self._let_go(pool, entry, error)
                    raise
                pool.give_back(entry)
        except self._foreign_errors as error:
            raise self._translated(error) from error

    def _let_go(self, pool: ConnectionPool, entry: ConnectionPoolEntry, error: BaseException) -> None:
        """Give the connection back with which a call failed, unless it is broken or may be."""
        if self._connected.is_disconnect(cast("Any", error), entry.dbapi_connection, None):
            pool.drop(entry)
            pool.close_idle()  # which are as old
            raise TransientError(
                f"{self.dialect.label}: the connection was lost ({self.dialect.said(error)})"
            ) from error
        if isinstance(error, (*self._foreign_errors, TrialstoreError)) and self._is_rolled_back(entry):
            pool.give_back(entry)
            return
        # An interrupt may have come between a statement and its answer, which would be taken for the next one's.
        pool.drop(entry)
        if self.dialect.is_interrupt(error):
            raise KeyboardInterrupt from error

    def _is_rolled_back(self, entry: ConnectionPoolEntry) -> bool:
        try:
            self._connected.do_rollback(cast("Any", entry.dbapi_connection))
        except self._foreign_errors:
            return False
        return True

    def _turn(self, *, writes: bool) -> AbstractContextManager[object]:
        """Return the lock if the threads of this process take turns at this."""
        taken = self.dialect.one_connection or (writes and self.dialect.one_writer)
        if not taken:
            return _NOTHING
        if _is_mine(self._lock):
            raise UsageError(
                f"{self.dialect.label}: a signal handler (or an observer) made a call in the middle of another call of "
                "the same thread: let it set a flag instead, and make the call later"
            )
        return self._lock

    def _translated(self, error: BaseException) -> TrialstoreError:
        """Return our error for one of the driver or of SQLAlchemy."""
        label, dialect = self.dialect.label, self.engine.dialect
        error = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        if isinstance(error, PoolTimeoutError):
            return TransientError(
                f"{label}: other threads use all {self.dialect.settings.pool_size} connections; raise pool_size if "
                "there are more threads"
            )
        told_apart = self.dialect.translated(error)
        if told_apart is not None:
            return told_apart
        said = f"{label}: {type(error).__name__}: {self.dialect.said(error)}"
        if isinstance(error, getattr(dialect.loaded_dbapi, "OperationalError", ())):
            return StorageUnavailableError(said)
        return CorruptStorageError(f"{said}: its tables are not as trialstore made them")


def _is_mine(lock: RLock) -> bool:
    """Tell whether this thread holds a lock; the lock itself always knows, whenever a signal comes."""
    try:
        Condition(lock).notify(0)
    except RuntimeError:
        return False
    return True
