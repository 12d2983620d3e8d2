"""The plugin that brings the memory backend."""

from __future__ import annotations

from trialstore import BackendSpec, hookimpl


def config_from_url(url: str) -> dict[str, str]:
    """Read ``memory://`` and ``memory://name``, where the name only shows in the storage's repr."""
    name = url.partition("://")[2].strip("/")
    return {"database": name} if name else {}


@hookimpl
def trialstore_backends() -> list[BackendSpec]:
    """Return the memory backend."""
    return [
        BackendSpec(
            name="memory",
            class_path="trialstore_memory.MemoryBackend",
            schemes=("memory",),
            ignores=("drivername", "host", "port", "username", "password", "query", "log_sql"),
            config_from_url=config_from_url,
        )
    ]
