"""What the config says, with its defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trialstore.errors import ConfigError
from trialstore_mongo._uri import DATABASE_PATTERN, DEFAULT_DATABASE, database_of

_PLACE = ("host", "port", "username", "password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The ``config`` object of a storage config for this backend."""

    uri: str | None = field(default=None, repr=False)
    """Where the deployment is, as a MongoDB URI; it may hold a password."""
    host: str | None = None
    """A host, or several with their ports, separated by commas: what `uri` says otherwise."""
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str = DEFAULT_DATABASE
    auth_source: str | None = None
    """The database that knows the user."""
    replica_set: str | None = None
    tls: bool | None = None
    tls_ca_file: str | None = None
    tls_certificate_key_file: str | None = None
    query: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Further options, by the names that they have in a URI."""
    collection_prefix: str = "trialstore_"
    server_selection_timeout: float = 5.0
    """Seconds that one try waits for a server that can be used."""

    @property
    def label(self) -> str:
        """Where the records are, for people."""
        return f"mongodb:{self.database}"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Return the settings of a config; an absent key or a null means the default."""
        given = {key: value for key, value in config.items() if value is not None}
        given.pop("lazy_schema_create", None)  # decides when the core calls open()
        unknown = sorted(given.keys() - set(cls.__slots__))
        if unknown:
            raise ConfigError(
                f"MongoBackend knows no config key {unknown[0]!r}; it knows {', '.join(cls.__slots__)}"
            )
        if "uri" in given:
            _check_alone(given)
            given.setdefault("database", database_of(given["uri"]))
        _check_name(given.get("database", DEFAULT_DATABASE))
        return cls(**given)


def _check_alone(given: Mapping[str, Any]) -> None:
    doubled = [key for key in _PLACE if key in given]
    if doubled:
        raise ConfigError(f"the config has both uri and {', '.join(doubled)}: say it in one of the two ways")


def _check_name(database: str) -> None:
    if not re.fullmatch(DATABASE_PATTERN, database):
        raise ConfigError(
            f"no database of MongoDB can be called {database!r}: a name has at most 63 characters, and no space, quote, dot, "
            "dollar sign, slash or backslash"
        )
