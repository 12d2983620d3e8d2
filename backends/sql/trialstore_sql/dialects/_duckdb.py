"""DuckDB: in a file that one process has to itself, or in memory."""

from __future__ import annotations

from pathlib import Path
from threading import RLock
from typing import Any
from weakref import WeakValueDictionary

import duckdb
import sqlalchemy
from duckdb_engine import ConnectionWrapper
from sqlalchemy import BigInteger, Column, Engine, Select, create_engine
from sqlalchemy import Sequence as Counter
from sqlalchemy.pool import PoolProxiedConnection
from tenacity import Retrying, retry_if_exception, wait_fixed

from trialstore.backend import Capability
from trialstore.errors import (
    CorruptStorageError,
    StorageNotFoundError,
    StorageUnavailableError,
    TransientError,
    TrialstoreError,
)
from trialstore_sql.dialects._arrays import ArrayDialect
from trialstore_sql.dialects._base import ClashError
from trialstore_sql.dialects._embedded import EmbeddedDialect
from trialstore_sql.dialects._files import check_place
from trialstore_sql.dialects._pool import ConnectionPool, PoolPolicy
from trialstore_sql.dialects._views import ViewWords

_ERRORS: dict[type[Exception], tuple[type[TrialstoreError], str]] = {
    duckdb.TransactionException: (TransientError, "another thread wrote the same at this moment"),
    duckdb.ConstraintException: (ClashError, "another thread wrote the same at this moment"),
    duckdb.ConnectionException: (
        TransientError,
        "this process has it open already, for reading only or with other settings; close it there",
    ),
    duckdb.CatalogException: (CorruptStorageError, "its tables are not as trialstore made them; restore the file"),
    duckdb.BinderException: (CorruptStorageError, "its tables are not as trialstore made them; restore the file"),
    duckdb.SerializationException: (CorruptStorageError, "the file is damaged; restore it"),
    duckdb.IOException: (StorageUnavailableError, "look at the rights of the file, its folder, and the room on the disk"),
    duckdb.FatalException: (StorageUnavailableError, "close the storage and open it again"),
}  # fmt: skip


_VIEW_WORDS = ViewWords(
    items="UNNEST(MAP_ENTRIES(CAST(CAST({text} AS JSON) AS MAP(VARCHAR, JSON)))) AS items(item)",
    name="item.key",
    kind="CASE json_type(item.value) WHEN 'VARCHAR' THEN 'str' WHEN 'BOOLEAN' THEN 'bool' WHEN 'DOUBLE' THEN 'float'\n"
    "      WHEN 'UBIGINT' THEN 'int' WHEN 'BIGINT' THEN 'int' ELSE 'null' END",
    raw="item.value ->> '$'",
    moment="make_timestamp({micros})",
    json="CAST({text} AS JSON)",
)


_LOCKS: WeakValueDictionary[Path, RLock] = WeakValueDictionary()
"""By file, as DuckDB's own table of the files that this process has open."""


class DuckdbDialect(ArrayDialect, EmbeddedDialect):
    """DuckDB: one process at a time, readers included; its threads take turns to write."""

    name = "duckdb"
    has_indexes = False  # it scans columns, and an update of what is indexed may clash with itself

    @property
    def capabilities(self) -> frozenset[Capability]:
        persistent = {Capability.PERSISTENT} if self.file else set()
        return frozenset({Capability.ATOMIC_CALLS} | persistent)

    def write_lock(self) -> RLock:
        # Two storages of one process share the file, and DuckDB does not see every clash of theirs.
        return _LOCKS.setdefault(self.file, RLock()) if self.file else RLock()

    def is_interrupt(self, error: BaseException) -> bool:
        return isinstance(error, RuntimeError) and "interrupted" in str(error)

    def create_engine(self, *, create: bool, read_only: bool) -> Engine:
        try:
            root = self._connect(create=create, read_only=read_only)
        except duckdb.Error as error:
            raise self.translated(error) or StorageUnavailableError(f"{self.label}: {error}") from error
        pool = ConnectionPool(
            lambda: ConnectionWrapper(root.cursor()),
            PoolPolicy(size=self.settings.pool_size),
            keeper=_First(root),
        )
        engine = create_engine("duckdb://", pool=pool, paramstyle="qmark")
        engine.dialect.do_begin = _begin_nothing  # type: ignore[method-assign]  # its own would begin a second one
        return engine

    def translated(self, error: BaseException) -> TrialstoreError | None:
        if isinstance(error, duckdb.IOException) and "lock on file" in str(error):
            return TransientError(
                f"{self.label}: {error}: DuckDB lets one process in at a time, readers included; close it there"
            )
        found = next((kind for kind in _ERRORS if isinstance(error, kind)), None)
        if found is None:
            return None
        kind, advice = _ERRORS[found]
        return kind(f"{self.label}: {error}: {advice}")

    @classmethod
    def key_column(cls, table: str, name: str) -> Column[int]:
        counter = Counter(f"{table}_{name}_seq")
        return Column(name, BigInteger, counter, server_default=counter.next_value(), primary_key=True)

    @classmethod
    def locked(cls, statement: Select[Any], *, skip_locked: bool = False) -> Select[Any]:  # noqa: ARG003
        return statement

    def view_words(self, engine: sqlalchemy.Dialect) -> ViewWords:  # noqa: ARG002
        return _VIEW_WORDS

    def _connect(self, *, create: bool, read_only: bool) -> duckdb.DuckDBPyConnection:
        if self.file is None:
            if not create:
                raise StorageNotFoundError(
                    f"{self.label} is empty until this process fills it: open it for writing"
                )
            return duckdb.connect(":memory:")
        check_place(self.file, self.label, create=create, read_only=read_only)
        try:
            return duckdb.connect(self.file, read_only=read_only)
        except duckdb.ConnectionException:
            if not read_only:
                raise
            return duckdb.connect(self.file)  # as this process has it open already


class _First:
    """The connection that all others come from, and are closed with."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def close(self) -> None:
        """Close it, once the calls of other threads have ended: newer versions refuse until then."""
        patience = Retrying(
            retry=retry_if_exception(lambda error: "busy with another call" in str(error)),
            wait=wait_fixed(0.001),
        )
        patience(self._connection.close)


def _begin_nothing(dbapi_connection: PoolProxiedConnection) -> None:
    """Leave the beginning of a transaction to `Dialect.begin`."""
