"""Which version of the tables a file holds."""

from __future__ import annotations

from pathlib import Path

from trialstore.errors import CorruptStorageError, SchemaVersionError, StorageNotFoundError
from trialstore_lmdb._tables import VERSION, Transaction

CURRENT = 1


def ensure(tx: Transaction, path: Path, *, create: bool) -> None:
    """Give an empty file the current version if `create` is set, and refuse everything else that is not current."""
    version = tx.get(VERSION)
    if version is None and not tx.is_empty():
        raise CorruptStorageError(f"lmdb:{path} is the file of another program: choose another one")
    if version is None and not create:
        raise StorageNotFoundError(f"lmdb:{path} is empty, and nothing was to be created")
    if version is None:
        tx.put(VERSION, CURRENT)
    elif version != CURRENT:
        raise SchemaVersionError.of(f"lmdb:{path}", version, CURRENT, is_older=version < CURRENT)
