"""The SQL dialects: each module declares what differs on one engine."""

from __future__ import annotations

from trialstore.errors import ConfigError
from trialstore_sql._settings import Settings
from trialstore_sql.dialects._base import Dialect
from trialstore_sql.dialects._sqlite import SqliteDialect

__all__ = ["Dialect", "dialect_of"]

_DIALECTS: tuple[type[Dialect], ...] = (SqliteDialect,)


def dialect_of(settings: Settings) -> Dialect:
    """Return the dialect that a config's drivername asks for.

    Raises
    ------
    ConfigError
        If no dialect knows the drivername.
    """
    supported = {drivername: dialect for dialect in _DIALECTS for drivername in dialect.drivernames}
    if settings.drivername not in supported:
        raise ConfigError(
            f"drivername {settings.drivername!r} is not supported; use one of {', '.join(sorted(supported))}"
        )
    return supported[settings.drivername](settings)
