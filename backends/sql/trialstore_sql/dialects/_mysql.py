"""MySQL and MariaDB, through PyMySQL."""

from __future__ import annotations

import logging
import math
import re
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy
from pymysql import MySQLError
from sqlalchemy import ColumnElement, Update, bindparam, select
from sqlalchemy.dialects.mysql import LONGTEXT, VARCHAR, Insert
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from trialstore.errors import ConfigError, TransientError
from trialstore.values import MAX_NAME_LENGTH
from trialstore_sql._settings import Settings
from trialstore_sql.dialects._base import Inserts
from trialstore_sql.dialects._server import (
    BUSY,
    CLASH,
    DISK_FULL,
    ELSEWHERE,
    LOST,
    NO_ACCESS,
    NO_DATABASE,
    NOT_OURS,
    READ_ONLY,
    STOPPED,
    TLS,
    Advice,
    ServerDialect,
)
from trialstore_sql.dialects._views import ViewWords

if TYPE_CHECKING:
    from trialstore_sql._transaction import Transaction

_LOG = logging.getLogger(__name__)
_TOO_LARGE: Advice = (
    STOPPED[0],
    "a call writes more than the server takes at once; raise its max_allowed_packet",
)
_BINLOG: Advice = (STOPPED[0], "set the server's binlog_format to ROW or MIXED")
_ADVICE: dict[Advice, frozenset[int]] = {
    BUSY: frozenset({1020, 1205, 1213}),
    CLASH: frozenset({1062, 1586}),
    LOST: frozenset({0, 1053, 1927, 2006, 2013, 2014, 2055, 4031}),
    ELSEWHERE: frozenset({1040, 1129, 1203, 1226, 2002, 2003}),
    READ_ONLY: frozenset({1290, 1792, 1836}),
    NO_ACCESS: frozenset({1044, 1045, 1142, 1143, 1227, 1251, 1698, 2061}),
    TLS: frozenset({2026, 3159}),
    NO_DATABASE: frozenset({1046, 1049}),
    DISK_FULL: frozenset({1021, 1114}),
    _TOO_LARGE: frozenset({1153, 2020}),
    _BINLOG: frozenset({1665}),
    STOPPED: frozenset({1317, 1969, 3024}),
    NOT_OURS: frozenset({1054, 1146}),
}
"""By the server's error numbers, and from 2000 on those of its clients."""
_STANDSTILL = "SET SESSION /*M!100301 idle_transaction_timeout = 30 */ /*!80000 wait_timeout = 30 */"
"""A program that stands still in the middle of a write must not hold up all others.

MariaDB passes over what is meant for MySQL, which can only end every connection that is idle.
"""
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 60_000}
_BY_CODE = {code: advice for advice, codes in _ADVICE.items() for code in codes}


_VIEW_WORDS = ViewWords(
    # Both lists come in the same order.
    items="JSON_TABLE(JSON_KEYS({text}), '$[*]' COLUMNS (\n"
    "    place FOR ORDINALITY, name VARCHAR(512) CHARACTER SET utf8mb4 PATH '$')) AS k\n"
    "  JOIN JSON_TABLE({text}, '$.*' COLUMNS (\n"
    "    place FOR ORDINALITY, value JSON PATH '$')) AS v ON v.place = k.place",
    name="k.name",
    # MariaDB calls 1e308 an integer.
    kind="CASE JSON_TYPE(v.value) WHEN 'STRING' THEN 'str' WHEN 'BOOLEAN' THEN 'bool' WHEN 'DOUBLE' THEN 'float'\n"
    "      WHEN 'INTEGER' THEN CASE WHEN LOCATE('e', v.value) > 0 THEN 'float' ELSE 'int' END ELSE 'null' END",
    raw="CASE WHEN JSON_TYPE(v.value) <> 'NULL' THEN JSON_UNQUOTE(v.value) END",
    tagged="NULL",
    moment="TIMESTAMP '1970-01-01 00:00:00' + INTERVAL {micros} MICROSECOND",
    create="CREATE SQL SECURITY INVOKER VIEW",  # works when the account that made it is gone
)


def _collation(engine: sqlalchemy.Dialect) -> str:
    """Return how the engine that is connected calls the order of code points that minds trailing spaces."""
    return "utf8mb4_nopad_bin" if getattr(engine, "is_mariadb", False) else "utf8mb4_0900_bin"


class _Exact(TypeDecorator[str]):
    """Text that is compared by code point, trailing spaces included."""

    impl = LONGTEXT
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self._length = length

    def load_dialect_impl(self, dialect: sqlalchemy.Dialect) -> TypeEngine[Any]:
        options = {"charset": "utf8mb4", "collation": _collation(dialect)}
        if self._length is None:
            return dialect.type_descriptor(LONGTEXT(**options))
        return dialect.type_descriptor(VARCHAR(self._length, **options))


class MysqlDialect(ServerDialect):
    """MySQL 8.0.17 and MariaDB 10.6, or newer."""

    name = "mysql"
    insert_type = Insert
    driver = "mysql+pymysql"
    connect_args: ClassVar = {
        "charset": "utf8mb4",
        "connect_timeout": 10,
        # From the first statement on, because SQLAlchemy goes by it: a server may quote names in another way.
        # Without escapes that would double the length of JSON.
        "sql_mode": "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES",
    }
    orders_by_constants = False
    transactional_ddl = False
    clock = "timestampdiff(MICROSECOND, '1970-01-01', utc_timestamp(6))"
    name_type: ClassVar[TypeEngine[str]] = _Exact(MAX_NAME_LENGTH)
    text_type: ClassVar[TypeEngine[str]] = _Exact()

    oldest: ClassVar = {"MariaDB": (10, 6), "MySQL": (8, 0, 17)}
    """The oldest versions with SKIP LOCKED, JSON_TABLE and an order of code points."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._has_warned = False

    def connect(
        self, engine: sqlalchemy.Dialect, _record: object, places: Sequence[Any], options: Mapping[str, Any]
    ) -> DBAPIConnection:
        ours: dict[str, Any] = {"read_timeout": options["connect_timeout"]}  # it also limits the greeting
        if self.settings.password:
            ours["password"] = self.settings.password.encode()  # the driver itself knows Latin-1 only
        connection = super().connect(engine, _record, places, {**options, **ours})
        connection._read_timeout = options.get("read_timeout")  # noqa: SLF001 - no other way to let statements take longer
        return connection

    def set_up(self, connection: DBAPIConnection, *, read_only: bool) -> None:
        if not getattr(connection, "db", None):
            raise ConfigError(f'{self.label}: no database is chosen; name one as "database" in the config')
        _keep_alive(connection)
        super().set_up(connection, read_only=read_only)

    def session_settings(self, *, read_only: bool) -> list[str]:
        seconds = max(1, math.ceil(self.settings.busy_timeout))
        access = ", READ ONLY" if read_only else ""  # otherwise it is for the server to say
        variables = {
            "innodb_lock_wait_timeout": seconds,
            "lock_wait_timeout": seconds,
            "time_zone": "'+00:00'",
            "sql_select_limit": 2**64 - 1,
            "completion_type": 0,
        }
        return [
            f"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED{access}",
            f"SET {', '.join(f'SESSION {name} = {value}' for name, value in variables.items())}",
            _STANDSTILL,
        ]

    def begin(self, cursor: DBAPICursor) -> None:
        cursor.execute("START TRANSACTION")

    def prepare(self, tx: Transaction) -> None:
        [(flushes, version)] = tx.rows_of("SELECT @@innodb_flush_log_at_trx_commit, version()")
        engine = "MariaDB" if "MariaDB" in version else "MySQL"
        self.check_version(
            [int(number) for number in re.findall(r"\d+", version)[:3]], self.oldest[engine], engine
        )
        if self.settings.durability == "full" and int(flushes) != 1 and not self._has_warned:
            self._has_warned = True
            _LOG.warning(
                "%s: a power cut may cost its last second: innodb_flush_log_at_trx_commit is %s on this server, not 1",
                self.label,
                flushes,
            )

    @contextmanager
    def schema_lock(self, cursor: DBAPICursor) -> Iterator[None]:
        # Names of locks are the whole server's, and 64 characters long at most.
        name = f"sha1(concat('trialstore schema {self.settings.table_prefix} ', database()))"
        cursor.execute(f"SELECT get_lock({name}, 1)")
        if cursor.fetchall() != ((1,),):
            raise TransientError(f"{self.label}: another program changes the schema")
        try:
            yield
        finally:
            cursor.execute(f"SELECT release_lock({name})")
            cursor.fetchall()

    @classmethod
    def if_absent(cls, statement: Insert, key: Sequence[str]) -> Insert:
        # INSERT IGNORE would turn other errors into warnings, too.
        return statement.on_duplicate_key_update({key[0]: statement.table.c[key[0]]})

    @classmethod
    def inserts_returning(cls, inserts: Inserts, *columns: ColumnElement[Any]) -> Inserts:  # noqa: ARG003
        return inserts

    @classmethod
    def update_returning(cls, statement: Update, *columns: ColumnElement[Any]) -> Sequence[ClauseElement]:
        where = () if statement.whereclause is None else (statement.whereclause,)
        return [statement, select(*columns).where(*where)]

    @classmethod
    def is_in(cls, column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
        return column.op("IN", is_comparison=True)(bindparam(parameter))

    @classmethod
    def array(cls, values: Collection[Any]) -> tuple[Any, ...]:
        return tuple(values) or (None,)

    def view_words(self, engine: sqlalchemy.Dialect) -> ViewWords:
        return replace(_VIEW_WORDS, literal="{text} COLLATE " + _collation(engine))

    def advice(self, error: BaseException) -> Advice | None:
        cause = getattr(error, "original_exception", None)
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return TLS
        return _BY_CODE.get(error.args[0]) if isinstance(error, MySQLError) and error.args else None


def _keep_alive(connection: DBAPIConnection) -> None:
    """Let the system find out that the server is gone, instead of a call that waits for it."""
    # The driver turns keep-alive on, with the system's two hours, and has no option for less.
    end = getattr(connection, "_sock", None)
    if not isinstance(end, socket.socket) or end.family == getattr(socket, "AF_UNIX", None):
        return
    for option, value in _KEEPALIVE.items():
        if hasattr(socket, option):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
