"""What may differ between SQL engines; a dialect overrides what its engine does in another way."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import RLock
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Engine,
    Select,
    String,
    Table,
    Text,
    Update,
    bindparam,
    func,
    literal_column,
    null,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from trialstore.backend import Capability
from trialstore.errors import ConfigError, TransientError, TrialstoreError
from trialstore.values import MAX_NAME_LENGTH
from trialstore_sql._parameters import ZERO, placeholders
from trialstore_sql._settings import Settings
from trialstore_sql.dialects._views import ViewWords

if TYPE_CHECKING:
    from trialstore_sql._transaction import Transaction


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column of numbers in words that no index of the column answers, so that another one is used."""
    return column + ZERO


class ClashError(TransientError):
    """A row has the key of one that another transaction wrote, perhaps for the same call."""


class Inserts(NamedTuple):
    """How rows go into a table."""

    one: Insert
    """Takes a parameter for each column."""
    many: Insert | None = None
    """Takes an array for each column; without it, the driver repeats `one` in its own fast way."""
    returns_rows: bool = False
    """Whether they return columns of the rows that they have made; a repetition by the driver never does."""


class Dialect(ABC):
    """One SQL engine with one config: everything in which it differs from the others."""

    name: ClassVar[str]
    """How the engine is called in a label."""
    name_type: ClassVar[TypeEngine[str]] = String(MAX_NAME_LENGTH)
    """Of names and ids: compared by code point, trailing spaces included."""
    text_type: ClassVar[TypeEngine[str]] = Text()
    """Of texts without a limit."""
    has_indexes: ClassVar[bool] = True
    """Whether an index that is not unique makes anything faster."""
    insert_type: ClassVar[type[Insert]] = Insert
    """The insert that knows the engine's words for rows that are there already."""
    keeps_plans: ClassVar[bool] = False
    """Whether a plan may be kept from the time when the tables were empty, and all indexes looked alike to the planner.

    Of the indexes of such an engine no two begin in the same words, so that a look-up can only go by the right one.
    """
    orders_by_constants: ClassVar[bool] = True
    """Whether an order follows an index only if it names the columns, too, that are the same in all rows."""
    chains_writes: ClassVar[bool] = False
    """Whether one statement may write to several tables, each time what another write of it has returned."""
    one_writer: ClassVar[bool] = False
    """Whether the threads of this process take turns to write."""
    transactional_ddl: ClassVar[bool] = True
    """Whether a migration that is interrupted leaves nothing behind."""
    clock: ClassVar[str | None] = None
    """The engine's now in microseconds, in its own words; without it, the engine goes by this machine's clock."""
    fixed_clock: ClassVar[str | None] = None
    """The same for the start of the statement, if an index can only find what is compared with that."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def label(self) -> str:
        """Where the records are, for people."""
        return f"{self.name}:{self.settings.database}"

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[Capability]:
        """What a storage on this engine can do, with these settings."""

    def write_lock(self) -> RLock:
        """Return what the threads take turns by."""
        return RLock()

    @property
    def one_connection(self) -> bool:
        """Whether the threads of this process take turns to do anything."""
        return False

    @abstractmethod
    def create_engine(self, *, create: bool, read_only: bool) -> Engine:
        """Return an engine whose connections are in autocommit mode.

        Raises
        ------
        StorageNotFoundError
            If there is no such database and `create` is not set.
        ReadOnlyError
            If the database cannot be written to and `read_only` is not set.
        """

    def begin(self, cursor: DBAPICursor) -> None:
        """Begin a transaction that will write."""
        cursor.execute("BEGIN")

    def pipeline(self, connection: DBAPIConnection) -> AbstractContextManager[object]:  # noqa: ARG002 - see below
        """Send what returns nothing together with what comes next, on engines that are a round trip away."""
        return nullcontext()

    def prepare(self, tx: Transaction) -> None:  # noqa: B027 - most engines need nothing
        """Do what a database that will be written to needs once, before its schema is looked at."""

    def schema_lock(self, cursor: DBAPICursor) -> AbstractContextManager[None]:  # noqa: ARG002 - see below
        """Hold off everybody else who would change the schema; an engine whose `begin` does that needs no more."""
        return nullcontext()

    def said(self, error: BaseException) -> str:
        """Return what an error says, without the password."""
        password = re.escape(self.settings.password or "")
        return re.sub(rf"(?<!\w){password}(?!\w)", "***", str(error)) if password else str(error)

    def check_version(self, version: Sequence[int], oldest: Sequence[int], engine: str) -> None:
        """Raise `ConfigError` if a server is older than what the statements need."""
        if tuple(version) < tuple(oldest):
            needed, found = (".".join(map(str, numbers)) for numbers in (oldest, version))
            raise ConfigError(f"{self.label}: {engine} {found} is too old, trialstore needs {needed}")

    def is_interrupt(self, error: BaseException) -> bool:  # noqa: ARG002 - most drivers raise what Python raises
        """Tell whether an error is what a driver makes of Ctrl-C."""
        return False

    @abstractmethod
    def translated(self, error: BaseException) -> TrialstoreError | None:
        """Return the error of trialstore that an error of the driver stands for, if it is one of those told apart."""

    @classmethod
    def key_column(cls, table: str, name: str) -> Column[int]:  # noqa: ARG003 - for engines with sequences
        """Return the column of a surrogate key, which the engine counts up and never uses again."""
        return Column(name, BigInteger, primary_key=True, autoincrement=True)

    @classmethod
    def indexed(cls, *columns: str) -> list[str]:
        """Return the columns of an index that finds rows of one experiment by these columns, in their order."""
        first, *others = columns
        return [first, "experiment_key", *others] if cls.keeps_plans else ["experiment_key", *columns]

    @classmethod
    def apart(cls, key: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the key of the experiment in the words of indexes that must not be taken for the primary key."""
        return key - ZERO if cls.keeps_plans else key

    @classmethod
    def besides(cls, key: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the key of the experiment for a statement about rows that an index finds by something else first."""
        return unindexed(key) if cls.keeps_plans else key

    @classmethod
    def inserts(cls, table: Table, names: Sequence[str], common: Collection[str] = ()) -> Inserts:  # noqa: ARG003
        """Return the inserts that set the columns of these names; those in `common` have one value in all rows."""
        return Inserts(cls.insert_type(table).values(placeholders(names)))

    @classmethod
    def inserts_if_absent(
        cls, table: Table, names: Sequence[str], key: Sequence[str], common: Collection[str] = ()
    ) -> Inserts:
        """Return the inserts that leave a row with the same key as it stands."""
        inserts = cls.inserts(table, names, common)
        many = None if inserts.many is None else cls.if_absent(inserts.many, key)
        return Inserts(cls.if_absent(inserts.one, key), many)

    @classmethod
    @abstractmethod
    def if_absent(cls, statement: Any, key: Sequence[str]) -> Insert:
        """Return an insert of the engine's own type that leaves a row with the same key as it stands."""

    @classmethod
    def inserts_returning(cls, inserts: Inserts, *columns: ColumnElement[Any]) -> Inserts:
        """Return the inserts that return columns of the rows they have made, where the engine can do that."""
        many = None if inserts.many is None else inserts.many.returning(*columns)
        return Inserts(inserts.one.returning(*columns), many, returns_rows=True)

    @classmethod
    def update_returning(cls, statement: Update, *columns: ColumnElement[Any]) -> Sequence[ClauseElement]:
        """Return the statements, of which the last one returns columns of the rows that an update has changed."""
        return [statement.returning(*columns)]

    @classmethod
    def now_column(cls) -> ColumnElement[Any]:
        """Return the column of a query that `Transaction.moment` takes for the engine's now."""
        return null() if cls.clock is None else literal_column(cls.clock)

    @classmethod
    def moment_or_now(cls, parameter: str) -> ColumnElement[Any]:
        """Return a parameter in microseconds, or the engine's now where it is null; without a clock it must not be."""
        given = bindparam(parameter, type_=BigInteger())
        clock = cls.fixed_clock or cls.clock
        return given if clock is None else func.coalesce(given, literal_column(clock))

    @classmethod
    @abstractmethod
    def is_in(cls, column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
        """Return whether a column is one of the values of a parameter: one statement for any number of them."""

    @classmethod
    @abstractmethod
    def array(cls, values: Collection[Any]) -> Any:
        """Return what the parameter of `is_in` is set to."""

    @classmethod
    def locked(cls, statement: Select[Any], *, skip_locked: bool = False) -> Select[Any]:
        """Return a query that holds its rows until the transaction ends; an engine with one writer need not."""
        return statement.with_for_update(skip_locked=skip_locked)

    @abstractmethod
    def view_words(self, engine: sqlalchemy.Dialect) -> ViewWords:
        """Return what views are written with on the engine that is connected."""
