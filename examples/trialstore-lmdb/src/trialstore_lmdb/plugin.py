"""The plugin that brings the LMDB backend; it does not import lmdb."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trialstore import BackendSpec, hookimpl

DEFAULT_MAP_SIZE = 2**36
_SCHEMA = {
    "properties": {
        "database": {
            "description": "The file; LMDB puts its lock beside it.",
            "type": "string",
            "minLength": 1,
        },
        "map_size": {
            "description": "How many bytes the file may grow to; it only takes what is stored.",
            "type": "integer",
            "minimum": 2**20,
            "maximum": 2**46,
            "default": DEFAULT_MAP_SIZE,
        },
    },
    "required": ["database"],
}


def _anchored(config: Mapping[str, Any], directory: Path) -> Mapping[str, Any]:
    """Return the config with the path of the file made absolute."""
    return {**config, "database": str(directory / config["database"])}


@hookimpl
def trialstore_backends() -> list[BackendSpec]:
    """Return the LMDB backend."""
    return [
        BackendSpec(
            name="lmdb",
            class_path="trialstore_lmdb.backend.LmdbBackend",
            schemes=("lmdb",),
            config_schema=_SCHEMA,
            ignores=("drivername", "host", "port", "username", "password", "query", "log_sql"),
            requires=("lmdb",),
            install="trialstore-lmdb",
            anchored=_anchored,
        )
    ]
