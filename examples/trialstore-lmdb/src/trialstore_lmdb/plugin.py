"""The plugin that brings the LMDB backend; it does not import lmdb."""

from __future__ import annotations

from trialstore import BackendSpec, hookimpl

DEFAULT_MAP_SIZE = 2**36  # bytes; a file takes no more than what is stored
_SCHEMA = {
    "properties": {
        "database": {"type": "string", "minLength": 1},
        "map_size": {"type": "integer", "minimum": 2**20, "maximum": 2**46, "default": DEFAULT_MAP_SIZE},
    },
    "required": ["database"],
}


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
            anchored=lambda config, directory: {**config, "database": str(directory / config["database"])},
        )
    ]
