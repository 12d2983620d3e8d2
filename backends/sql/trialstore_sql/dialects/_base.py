"""What may differ between SQL engines; a dialect overrides what its engine does in another way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import BigInteger, Engine, Select, String, Table, Text
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.types import TypeEngine

from trialstore.backend import Capability
from trialstore.errors import TrialstoreError
from trialstore.times import Micros, now_micros
from trialstore.values import MAX_NAME_LENGTH
from trialstore_sql._settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.sql.dml import Insert

    from trialstore_sql._transaction import Transaction


class Dialect(ABC):
    """One SQL engine with one config: everything in which it differs from the others."""

    name: ClassVar[str]
    """How the engine is called in a label."""
    drivernames: ClassVar[frozenset[str]]
    """The SQLAlchemy drivernames that mean this engine."""
    key_type: ClassVar[TypeEngine[int]] = BigInteger()
    """Of surrogate keys that the engine counts up."""
    name_type: ClassVar[TypeEngine[str]] = String(MAX_NAME_LENGTH)
    """Of names and ids: compared by code point, trailing spaces included."""
    text_type: ClassVar[TypeEngine[str]] = Text()
    """Of texts without a limit."""

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

    @property
    def one_writer(self) -> bool:
        """Whether the threads of this process take turns to write."""
        return False

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

    def prepare(self, tx: Transaction) -> None:  # noqa: B027 - most engines need nothing
        """Do what a database that will be written to needs once, before its schema is looked at."""

    @abstractmethod
    def translated(self, error: BaseException) -> TrialstoreError | None:
        """Return the error of trialstore that an error of the driver stands for, if it is one of those told apart."""

    @abstractmethod
    def insert_if_absent(self, table: Table, key: Sequence[str]) -> Insert:
        """Return an insert that leaves a row with the same key as it stands."""

    @abstractmethod
    def elements(self, parameter: str) -> Select[Any]:
        """Return the elements of a parameter that is the text of a JSON array: one statement for any number of them."""

    def locked(self, statement: Select[Any], *, skip_locked: bool = False) -> Select[Any]:
        """Return a query that holds its rows until the transaction ends; an engine with one writer need not."""
        return statement.with_for_update(skip_locked=skip_locked)

    def now(self, tx: Transaction) -> Micros:  # noqa: ARG002 - an engine with a clock of its own is asked in `tx`
        """Return the engine's now; an engine inside this process goes by this machine's clock."""
        return now_micros()
