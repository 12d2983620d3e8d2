"""The backend for MongoDB: a standalone server, a replica set or a sharded cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialstore_mongo._backend import MongoBackend

__all__ = ["MongoBackend"]


def __getattr__(name: str) -> Any:
    # The plugin lives in this package and must not import pymongo.
    if name != "MongoBackend":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trialstore_mongo._backend import MongoBackend

    return MongoBackend
