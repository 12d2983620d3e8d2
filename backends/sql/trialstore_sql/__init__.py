"""The backend for SQL engines; today SQLite, in a file or in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialstore_sql._backend import SqlBackend

__all__ = ["SqlBackend"]


def __getattr__(name: str) -> Any:
    # The plugin lives in this package and must not import SQLAlchemy.
    if name != "SqlBackend":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trialstore_sql._backend import SqlBackend

    return SqlBackend
