"""What the config says, with its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trialstore.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The ``config`` object of a storage config for this backend.

    The keys down to `query` are those of `sqlalchemy.URL.create`.
    """

    drivername: str = "sqlite"
    database: str | None = None
    host: str | None = None
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    query: Mapping[str, Any] = field(default_factory=dict, repr=False)
    table_prefix: str = "trialstore_"
    durability: str = "full"
    """``"full"``: acknowledged writes survive a power cut; ``"normal"``: the last may be lost; ``"off"``: all may be."""
    busy_timeout: float = 1.0
    """Seconds that one call waits for a lock, or a connection, before it is repeated, with jitter, by the core."""
    pool_size: int = 10
    """How many connections there are: at most, to a server; that stay open when idle, to a file."""
    log_sql: bool = False
    """Whether each statement is logged, without its parameters."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings of a config; an absent key or a null means the default."""
        given = {key: value for key, value in config.items() if value is not None}
        unknown = sorted(given.keys() - {*cls.__slots__, "lazy_schema_create"})
        if unknown:
            raise ConfigError(
                f"SqlBackend knows no config key {unknown[0]!r}; it knows {', '.join(cls.__slots__)}"
            )
        given.pop("lazy_schema_create", None)  # decides when the core calls open()
        return cls(**given)
