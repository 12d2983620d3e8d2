"""PostgreSQL, through psycopg 3."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, cast

import psycopg
import sqlalchemy
from psycopg import Connection, OperationalError, Pipeline
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import String
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.types import TypeEngine

from trialstore.errors import ConfigError, TrialstoreError
from trialstore.values import MAX_NAME_LENGTH
from trialstore_sql.dialects._arrays import ArrayDialect
from trialstore_sql.dialects._server import (
    BUSY,
    CLASH,
    DAMAGED,
    DEPENDENT,
    DISK_FULL,
    ELSEWHERE,
    LOST,
    NO_ACCESS,
    NO_DATABASE,
    NOT_OURS,
    OPTIONS,
    READ_ONLY,
    STOPPED,
    TLS,
    Advice,
    ServerDialect,
)
from trialstore_sql.dialects._views import ViewWords

if TYPE_CHECKING:
    from trialstore_sql._transaction import Transaction

_NO_SCHEMA: Advice = (ConfigError, "make the schema, or mend the search_path")
_POOLER: Advice = (
    ConfigError,
    "a pooler shares sessions and loses prepared statements; set prepare_threshold to none in the config's query",
)
_BY_SQLSTATE: dict[str, Advice] = {
    "40001": BUSY,  # serialization_failure
    "40P01": BUSY,  # deadlock_detected
    "55P03": BUSY,  # lock_not_available
    "23505": CLASH,  # unique_violation
    "25P03": LOST,  # idle_in_transaction_session_timeout
    "57P01": LOST,  # admin_shutdown
    "57P02": LOST,  # crash_shutdown
    "57P05": LOST,  # idle_session_timeout
    "53300": ELSEWHERE,  # too_many_connections
    "57P03": ELSEWHERE,  # cannot_connect_now
    "25006": READ_ONLY,  # read_only_sql_transaction
    "28000": NO_ACCESS,  # invalid_authorization_specification
    "28P01": NO_ACCESS,  # invalid_password
    "42501": NO_ACCESS,  # insufficient_privilege
    "3D000": NO_DATABASE,  # invalid_catalog_name
    "3F000": _NO_SCHEMA,  # invalid_schema_name
    "26000": _POOLER,  # invalid_sql_statement_name
    "42P05": _POOLER,  # duplicate_prepared_statement
    "53100": DISK_FULL,  # disk_full
    "2BP01": DEPENDENT,  # dependent_objects_still_exist
    "42P01": NOT_OURS,  # undefined_table
    "42703": NOT_OURS,  # undefined_column
    "XX001": DAMAGED,  # data_corrupted
    "XX002": DAMAGED,  # index_corrupted
}
_BY_CLASS: dict[str, Advice] = {"08": LOST, "53": STOPPED, "54": STOPPED, "57": STOPPED}
"""By the first two characters of the SQLSTATE: connection, resources, limits, operator."""
_REFUSED: dict[str, Advice] = {
    r'database ".*" does not exist': NO_DATABASE,
    r'role ".*" does not exist|authentication failed|no password supplied|no pg_hba.conf entry': NO_ACCESS,
    # What ends a connection that uses TLS is often an error of SSL, too.
    r"SSL error: (?!unexpected eof)|support SSL|certificate": TLS,
    r"connection option|bad value for|invalid \S+ value|service file|service .* not found": OPTIONS,
}
"""A connection that is not made has no SQLSTATE; it may have a reason that time does not heal."""


_FULL_DURABILITY = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
"""Undoes a server's carelessness, and takes nothing back where it promises more."""
_VIEW_WORDS = ViewWords(
    items="json_each(CAST({text} AS json)) AS item",
    name="item.key",
    kind="CASE json_typeof(item.value) WHEN 'string' THEN 'str' WHEN 'boolean' THEN 'bool' WHEN 'null' THEN 'null'\n"
    "      ELSE CASE WHEN TRANSLATE(CAST(item.value AS text), '.e', '') = CAST(item.value AS text)\n"
    "        THEN 'int' ELSE 'float' END END",
    raw="item.value #>> '{}'",
    double="DOUBLE PRECISION",
    # Days apart from the rest, because an interval is multiplied as a double.
    moment="(TIMESTAMP '1970-01-01' + {micros} / 86400000000 * INTERVAL '1 day'\n"
    "    + MOD({micros}, 86400000000) * INTERVAL '1 microsecond') AT TIME ZONE 'UTC'",
    json="CAST({text} AS json)",
    literal='{text} COLLATE "C"',
)


class PostgresqlDialect(ArrayDialect, ServerDialect):
    """PostgreSQL."""

    name = "postgresql"
    driver = "postgresql+psycopg"
    keeps_plans = True
    chains_writes = True
    connect_args: ClassVar = {
        "application_name": "trialstore",
        "client_encoding": "utf8",
        "connect_timeout": 10,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }
    name_type: ClassVar[TypeEngine[str]] = String(MAX_NAME_LENGTH, collation="C")
    clock = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
    fixed_clock = "CAST(extract(epoch FROM statement_timestamp()) * 1000000 AS bigint)"
    oldest: ClassVar = (14,)
    """The oldest version that counts microseconds exactly."""

    def connect(
        self, engine: sqlalchemy.Dialect, _record: object, places: Sequence[Any], options: Mapping[str, Any]
    ) -> DBAPIConnection:
        connection = super().connect(engine, _record, places, {**options, **_threshold(options)})
        # Arrays of a thousand texts would be escaped, and taken apart again, text by text.
        cast("Connection[Any]", connection).adapters.register_dumper(list, ListBinaryDumper)
        return connection

    def session_settings(self, *, read_only: bool) -> list[str]:
        settings = {
            "default_transaction_isolation": "read committed",
            "lock_timeout": f"{math.ceil(self.settings.busy_timeout * 1000)}ms",
            # A program that stands still in the middle of a write must not hold up all others.
            "idle_in_transaction_session_timeout": "30s",
            # Every look-up has one index, which no two share: a statement is planned once, and its plan serves when the
            # tables have grown, too.
            "plan_cache_mode": "force_generic_plan",
            "enable_seqscan": "off",
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
            "jit": "off",
        }
        if read_only:  # otherwise it is for the server to say
            settings["default_transaction_read_only"] = "on"
        if self.settings.durability != "full":
            settings["synchronous_commit"] = "off"
        sets = (f"set_config('{name}', '{value}', false)" for name, value in settings.items())
        return [
            f"SELECT {', '.join(sets)}",
            *([_FULL_DURABILITY] if self.settings.durability == "full" else []),
        ]

    def pipeline(self, connection: DBAPIConnection) -> AbstractContextManager[object]:
        driver = cast("Connection[Any]", connection)
        return _pipelined(driver) if Pipeline.is_supported() else nullcontext()

    def prepare(self, tx: Transaction) -> None:
        [(encoding, version)] = tx.rows_of(
            "SELECT current_setting('server_encoding'), current_setting('server_version_num')"
        )
        self.check_version([int(version) // 10_000], self.oldest, "PostgreSQL")
        if encoding != "UTF8":
            raise ConfigError(
                f"{self.label} is encoded in {encoding}, which does not hold every name: use a database that was "
                "made WITH ENCODING 'UTF8'"
            )

    @contextmanager
    def schema_lock(self, cursor: DBAPICursor) -> Iterator[None]:
        name = f"trialstore schema {self.settings.table_prefix}"
        cursor.execute(f"SELECT pg_advisory_xact_lock(hashtextextended('{name} ' || current_schema(), 0))")
        yield

    def advice(self, error: BaseException) -> Advice | None:
        sqlstate = getattr(error, "sqlstate", None)
        if sqlstate is None:
            return self._of_no_connection(error)
        return _BY_SQLSTATE.get(sqlstate, _BY_CLASS.get(sqlstate[:2]))

    def view_words(self, engine: sqlalchemy.Dialect) -> ViewWords:  # noqa: ARG002
        return _VIEW_WORDS

    def _of_no_connection(self, error: BaseException) -> Advice | None:
        reasons = (advice for words, advice in _REFUSED.items() if re.search(words, str(error)))
        return next(reasons, ELSEWHERE if isinstance(error, OperationalError) else None)


@contextmanager
def _pipelined(driver: Connection[Any]) -> Iterator[None]:
    """Run a block in pipeline mode; if it fails, its error counts, and not what the driver says of the end of the mode."""
    failure: BaseException | None = None
    try:
        with driver.pipeline():
            try:
                yield
            except BaseException as error:  # noqa: BLE001 - raised below
                failure = error
                if not isinstance(error, (TrialstoreError, psycopg.Error)):
                    # An interrupt may have come between a statement and its answer, which nobody shall wait for.
                    driver.close()
    except Exception as error:  # noqa: BLE001 - of whatever kind: the driver was interrupted
        raise failure or _interrupt_behind(error) or error from None
    if failure is not None:
        raise failure


def _interrupt_behind(error: Exception) -> BaseException | None:
    """Return the interrupt that came while the driver left pipeline mode, which then failed."""
    behind = error.__context__
    return None if isinstance(behind, Exception) else behind


def _threshold(options: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the one option of psycopg's that libpq does not know and a pooler may need, as psycopg takes it."""
    given = options.get("prepare_threshold")
    if given is None:
        return {}
    if given != "none" and not str(given).isdecimal():
        raise ConfigError(f"prepare_threshold in the config's query must be a number or none, not {given!r}")
    return {"prepare_threshold": None if given == "none" else int(given)}
