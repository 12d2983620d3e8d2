"""The plugin that brings the SQL backend; it imports neither SQLAlchemy nor a driver."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trialstore import BackendSpec, hookimpl
from trialstore_sql._drivernames import DRIVERS, OTHERS

_SCHEMA: dict[str, Any] = {
    "properties": {
        "drivername": {
            "description": "The SQLAlchemy dialect, and its driver if it is not the usual one.",
            "enum": [*DRIVERS, *OTHERS],
        },
        "table_prefix": {
            "description": "What the names of all tables begin with.",
            "type": "string",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,29}$",
            "default": "trialstore_",
        },
        "durability": {
            "description": "Acknowledged writes survive a crash of the program, and a power cut: always (full), but "
            "for the last ones (normal), or perhaps not, and the file may be damaged (off).",
            "enum": ["full", "normal", "off"],
            "default": "full",
        },
        "busy_timeout": {
            "description": "How many seconds one try waits for another process's lock; failed tries are repeated.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 3600,
            "default": 1.0,
        },
        "pool_size": {
            "description": "How many connections to a server this process has at most, or how many to a file stay open when idle.",
            "type": "integer",
            "minimum": 1,
            "default": 10,
        },
    }
}


def _anchored(config: Mapping[str, Any], directory: Path) -> Mapping[str, Any]:
    """Return the config with the path of a file made absolute."""
    database, engine = config.get("database"), config.get("drivername", "sqlite").partition("+")[0]
    if engine not in {"sqlite", "duckdb"} or not database or database == ":memory:":
        return config
    return {**config, "database": str(directory / database)}


@hookimpl
def trialstore_backends() -> list[BackendSpec]:
    """Return the SQL backend."""
    return [
        BackendSpec(
            name="sql",
            class_path="trialstore_sql.SqlBackend",
            schemes=("sqlite", "postgresql", "postgres", "mysql", "mariadb", "duckdb"),
            aliases=("mlos_bench.storage.sql.storage.SqlStorage",),
            config_schema=_SCHEMA,
            requires=("sqlalchemy", "alembic"),
            install="trialstore",
            anchored=_anchored,
        )
    ]
