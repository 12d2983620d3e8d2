"""The SQL dialects: each module declares what differs on one engine."""

from __future__ import annotations

import importlib
import logging
from typing import cast

from trialstore.errors import BackendNotInstalledError, ConfigError
from trialstore_sql._drivernames import DRIVERS, OTHERS, Driver
from trialstore_sql._settings import Settings
from trialstore_sql.dialects._base import ClashError, Dialect, Inserts, unindexed
from trialstore_sql.dialects._pool import ConnectionPool
from trialstore_sql.dialects._views import ViewWords

__all__ = ["ClashError", "ConnectionPool", "Dialect", "Inserts", "ViewWords", "dialect_of", "unindexed"]

_LOG = logging.getLogger(__name__)


def dialect_of(settings: Settings) -> Dialect:
    """Return the dialect that a config's drivername asks for.

    Raises
    ------
    ConfigError
        If no dialect knows the drivername.
    BackendNotInstalledError
        If its driver cannot be imported.
    """
    asked = settings.drivername
    driver = DRIVERS.get(asked) or OTHERS.get(asked)
    if driver is None:
        raise ConfigError(f"drivername {asked!r} is not supported; use one of {', '.join(DRIVERS)}")
    if asked in OTHERS:
        _LOG.warning("drivername %s: trialstore uses %s instead", asked, driver.name)
    return _imported(driver)(settings)


def _imported(driver: Driver) -> type[Dialect]:
    module, _, attribute = driver.dialect.partition(".")
    try:
        return cast("type[Dialect]", getattr(importlib.import_module(f"{__name__}.{module}"), attribute))
    except ImportError as error:
        raise BackendNotInstalledError(
            f"drivername {driver.name} needs what cannot be imported ({error}); install it: "
            f"pip install 'trialstore[{driver.extra}]'"
        ) from error
