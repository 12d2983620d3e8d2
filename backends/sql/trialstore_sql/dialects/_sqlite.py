"""SQLite: in a file, shared by any number of processes, or in memory."""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import sqlalchemy
from sqlalchemy import (
    Column,
    ColumnElement,
    Engine,
    Integer,
    Text,
    bindparam,
    create_engine,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.types import TypeEngine
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from trialstore.backend import Capability
from trialstore.errors import (
    ConfigError,
    CorruptStorageError,
    ReadOnlyError,
    StorageNotFoundError,
    StorageUnavailableError,
    TransientError,
    TrialstoreError,
)
from trialstore_sql._settings import Settings
from trialstore_sql.dialects._base import ClashError
from trialstore_sql.dialects._embedded import EmbeddedDialect
from trialstore_sql.dialects._files import check_place
from trialstore_sql.dialects._pool import ConnectionPool, PoolPolicy
from trialstore_sql.dialects._sqlite_file import OpenedFile, connect
from trialstore_sql.dialects._views import ViewWords

if TYPE_CHECKING:
    from trialstore_sql._transaction import Transaction

_ERRORS: dict[int, tuple[type[TrialstoreError], str]] = {
    sqlite3.SQLITE_ERROR: (CorruptStorageError, "its tables are not as trialstore made them; restore the file"),
    sqlite3.SQLITE_BUSY: (TransientError, "another process holds the lock; it may be free later"),
    sqlite3.SQLITE_LOCKED: (TransientError, "another connection holds the lock; it may be free later"),
    sqlite3.SQLITE_PROTOCOL: (TransientError, "other processes are fighting for the lock; it may be free later"),
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: (ClashError, "another process wrote the same before"),
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: (ClashError, "another process wrote the same before"),
    sqlite3.SQLITE_READONLY: (ReadOnlyError, "it cannot be written to; open it with read_only=True, or give write access"),
    sqlite3.SQLITE_CANTOPEN: (StorageUnavailableError, "it cannot be opened; look at the rights of the file and its folder"),
    sqlite3.SQLITE_PERM: (StorageUnavailableError, "it cannot be opened; look at the rights of the file and its folder"),
    sqlite3.SQLITE_IOERR: (StorageUnavailableError, "the file system failed; look whether the disk is full or a quota reached, and avoid network drives"),
    sqlite3.SQLITE_FULL: (StorageUnavailableError, "the disk is full; make room and repeat the call"),
    sqlite3.SQLITE_NOTADB: (CorruptStorageError, "the file is no SQLite database; give another file name"),
    sqlite3.SQLITE_CORRUPT: (CorruptStorageError, "the file is damaged; restore it, or rescue it with sqlite3's .recover"),
}  # fmt: skip


_VIEW_WORDS = ViewWords(
    # Every " begins or ends a string after this: a path finds a name by what is written up to the next ", and old
    # versions do not take \\" for one that is part of the name.
    items=r"""json_each(REPLACE(REPLACE({text}, '\\', '\u005c'), '\"', '\u0022')) AS item""",
    name="item.key",
    kind="CASE item.type WHEN 'integer' THEN 'int' WHEN 'real' THEN 'float' WHEN 'text' THEN 'str'\n"
    "      WHEN 'null' THEN 'null' ELSE 'bool' END",
    # Of two paths json_extract makes an array, in which a number is written as it was; one alone makes it a double.
    raw="CASE item.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'\n"
    "      WHEN 'real' THEN TRIM(json_extract(item.json, item.fullkey, '$[0]'), '[,nul]')\n"
    "      ELSE CAST(item.value AS TEXT) END",
    tagged="CASE raw WHEN '~inf' THEN 9e999 WHEN '~-inf' THEN -9e999 END",
    moment="datetime(({micros} + 62135596800000000) / 1000000 - 62135596800, 'unixepoch')\n"
    "    || '.' || SUBSTR(1000000 + ({micros} + 62135596800000000) % 1000000, 2)",
)


class SqliteDialect(EmbeddedDialect):
    """SQLite: one writer at a time, and readers that never wait, in WAL mode."""

    name = "sqlite"
    insert_type = Insert

    name_type: ClassVar[TypeEngine[str]] = Text()  # collation BINARY is the default

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        if settings.table_prefix.lower().startswith("sqlite_"):
            raise ConfigError(
                f"table_prefix {settings.table_prefix!r} is SQLite's own: begin it with another word"
            )
        self._patience = Retrying(
            retry=retry_if_exception(_is_busy),
            stop=stop_after_delay(settings.busy_timeout),
            wait=wait_random(0, 0.002),
            reraise=True,
        )
        self._opened: OpenedFile | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        shared = {Capability.PERSISTENT, Capability.MULTI_PROCESS}
        return frozenset({Capability.ATOMIC_CALLS} | (shared if self.file else set()))

    @property
    def one_connection(self) -> bool:
        return self.file is None

    def create_engine(self, *, create: bool, read_only: bool) -> Engine:
        if self.file is None:
            return self._create_memory_engine(create=create)
        check_place(self.file, self.label, create=create, read_only=read_only)
        mode = "ro" if read_only else "rwc" if create else "rw"
        self._opened = opened = OpenedFile(
            self.file, self.label, durability=self.settings.durability, mode=mode
        )
        if read_only and not os.access(self.file.parent, os.W_OK):
            return _engine(ConnectionPool(opened.connect_frozen, PoolPolicy(size=0)))
        return _engine(ConnectionPool(opened.connect, PoolPolicy(size=self.settings.pool_size)))

    def begin(self, cursor: DBAPICursor) -> None:
        if self._opened is not None:
            self._opened.check()
        # SQLite waits for a lock ever longer, and others overtake: short waits are faster, and fair.
        try:
            cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            self._patience(cursor.execute, "BEGIN IMMEDIATE")

    def prepare(self, tx: Transaction) -> None:
        [(encoding,)] = tx.rows_of("PRAGMA encoding")
        if encoding != "UTF-8":
            raise CorruptStorageError(
                f"{self.label} was made by another program, in {encoding}, which orders names differently: "
                "trialstore needs UTF-8; give another file name"
            )
        # The busy timeout does not cover the switch, so a file that is in WAL mode already is left alone.
        if self.file is None or _journal_mode(tx, "PRAGMA journal_mode") == "wal":
            return
        if _journal_mode(tx, "PRAGMA journal_mode = WAL") != "wal":
            raise StorageUnavailableError(
                f"{self.label} cannot be shared between processes: its file system (a network drive?) lacks "
                "what SQLite's WAL mode needs; put the file on a local disk, or use a database server"
            )

    def translated(self, error: BaseException) -> TrialstoreError | None:
        code = getattr(error, "sqlite_errorcode", 0)
        found = _ERRORS.get(code) or _ERRORS.get(code & 0xFF)  # without the extension
        if found is None:
            return None
        kind, advice = found
        return kind(f"{self.label}: {error}: {advice}")

    @classmethod
    def key_column(cls, table: str, name: str) -> Column[int]:  # noqa: ARG003
        # AUTOINCREMENT demands this name of the type; it holds 64 bits.
        return Column(name, Integer, primary_key=True, autoincrement=True)

    @classmethod
    def if_absent(cls, statement: Insert, key: Sequence[str]) -> Insert:
        return statement.on_conflict_do_nothing(index_elements=list(key))

    @classmethod
    def is_in(cls, column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
        return column.in_(select(func.json_each(bindparam(parameter)).table_valued("value").c.value))

    @classmethod
    def array(cls, values: Collection[Any]) -> str:
        return msgspec.json.encode(list(values)).decode()

    def view_words(self, engine: sqlalchemy.Dialect) -> ViewWords:  # noqa: ARG002
        return _VIEW_WORDS

    def _create_memory_engine(self, *, create: bool) -> Engine:
        if not create:
            raise StorageNotFoundError(
                f"{self.label} is empty until this process fills it: open it for writing"
            )
        # Shared, so that a connection that an interrupt breaks takes no records with it.
        uri = f"file:trialstore-{uuid.uuid4()}?mode=memory&cache=shared"
        creator = partial(connect, uri, self.settings.durability)
        return _engine(ConnectionPool(creator, PoolPolicy(size=1), keeper=creator()))


def _engine(pool: ConnectionPool) -> Engine:
    return create_engine("sqlite://", pool=pool)


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _journal_mode(tx: Transaction, pragma: str) -> str:
    [(mode,)] = tx.rows_of(pragma)
    return str(mode)
