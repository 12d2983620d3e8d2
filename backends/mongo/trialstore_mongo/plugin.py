"""The plugin that brings the MongoDB backend; it does not import pymongo."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trialstore import BackendSpec, hookimpl
from trialstore_mongo._uri import DATABASE_PATTERN, DEFAULT_DATABASE, SCHEMES, database_of

_FILES = ("tls_ca_file", "tls_certificate_key_file")
_MAYBE_TEXT = {"type": ["string", "null"]}

_SCHEMA: dict[str, Any] = {
    "properties": {
        "uri": {
            "description": "Where the deployment is, instead of host, port, username and password; best as a reference such as "
            "$MONGODB_URI, because it may hold a password.",
            "type": ["string", "null"],
            "pattern": "^mongodb(\\+srv)?://",
            "writeOnly": True,
        },
        "database": {
            "description": "The database; it need not exist.",
            "pattern": DATABASE_PATTERN,
            "default": DEFAULT_DATABASE,
        },
        "host": {
            "description": "A server, or several members of a replica set: a.example.org:27017,b.example.org:27017."
        },
        "auth_source": {"description": "The database that knows the user.", **_MAYBE_TEXT},
        "replica_set": {"description": "The name that the replica set must have.", **_MAYBE_TEXT},
        "tls": {"description": "Whether to encrypt.", "type": ["boolean", "null"]},
        "tls_ca_file": {"description": "The certificates that are trusted, as a PEM file.", **_MAYBE_TEXT},
        "tls_certificate_key_file": {
            "description": "The client's own certificate and key, as a PEM file.",
            **_MAYBE_TEXT,
        },
        "query": {"description": "Further options of pymongo, by the names that they have in a URI."},
        "collection_prefix": {
            "description": "What the names of all collections begin with.",
            "type": "string",
            "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,29}$",
            "default": "trialstore_",
        },
        "server_selection_timeout": {
            "description": "How many seconds one try waits for a server; failed tries are repeated.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 3600,
            "default": 5.0,
        },
    }
}


def config_from_url(url: str) -> dict[str, str]:
    """Read ``mongodb://`` and ``mongodb+srv://`` URLs, whose path is the database."""
    return {"uri": url, "database": database_of(url)}


def _anchored(config: Mapping[str, Any], directory: Path) -> Mapping[str, Any]:
    """Return the config with the paths of files made absolute."""
    return {**config, **{key: str(directory / config[key]) for key in _FILES if config.get(key)}}


@hookimpl
def trialstore_backends() -> list[BackendSpec]:
    """Return the MongoDB backend."""
    return [
        BackendSpec(
            name="mongo",
            class_path="trialstore_mongo.MongoBackend",
            schemes=SCHEMES,
            config_schema=_SCHEMA,
            ignores=("drivername", "log_sql"),
            requires=("pymongo",),
            install="trialstore[mongo]",
            config_from_url=config_from_url,
            anchored=_anchored,
        )
    ]
