"""The drivernames that a config may give; this imports no driver, and nothing of SQLAlchemy."""

from __future__ import annotations

from typing import NamedTuple


class Driver(NamedTuple):
    """What runs an engine."""

    name: str
    """The drivername that SQLAlchemy is given."""
    dialect: str
    """The class of ours, in `trialstore_sql.dialects`."""
    extra: str | None = None
    """The extra of this distribution that installs it."""


_SQLITE = Driver("sqlite", "_sqlite.SqliteDialect")
_POSTGRESQL = Driver("postgresql+psycopg", "_postgresql.PostgresqlDialect", "postgres")
_MYSQL = Driver("mysql+pymysql", "_mysql.MysqlDialect", "mysql")
_DUCKDB = Driver("duckdb", "_duckdb.DuckdbDialect", "duckdb")

DRIVERS = {
    "sqlite": _SQLITE,
    "sqlite+pysqlite": _SQLITE,
    "postgresql": _POSTGRESQL,
    "postgresql+psycopg": _POSTGRESQL,
    "mysql": _MYSQL,
    "mysql+pymysql": _MYSQL,
    "mariadb": _MYSQL,
    "mariadb+pymysql": _MYSQL,
    "duckdb": _DUCKDB,
}
"""By drivername."""

OTHERS = {
    "postgres": _POSTGRESQL,
    "postgresql+psycopg2": _POSTGRESQL,
    "mysql+mysqlconnector": _MYSQL,
    "mysql+mysqldb": _MYSQL,
}
"""By drivernames that mean the same engine with another driver, as in the configs of mlos_bench."""
