"""The file of an SQLite database, and connections to it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from trialstore.errors import StorageUnavailableError

_WAIT = 0.005
"""Seconds that SQLite itself waits for a lock."""


class OpenedFile:
    """The file that the connections of one engine share: the one that the first of them opened.

    Parameters
    ----------
    path
        Where it is.
    label
        What it is called in errors.
    durability
        SQLite's ``synchronous``.
    mode
        Of the first connection: ``ro``, ``rw`` or ``rwc``; no later one creates the file.
    """

    def __init__(self, path: Path, label: str, *, durability: str, mode: str) -> None:
        self._path = path
        self._label = label
        self._durability = durability
        self._mode = mode
        self._identity: tuple[int, int] | None = None

    def connect(self) -> sqlite3.Connection:
        """Return a new connection."""
        if self._identity is not None:
            self.check()
        connection = connect(f"{self._path.as_uri()}?mode={self._mode}", self._durability)
        if self._identity is None:
            self._identity = _identity(self._path)
            self._mode = "ro" if self._mode == "ro" else "rw"
        return connection

    def check(self) -> None:
        """Refuse to go on if another file, or none, stands there now: what is written would be lost."""
        if _identity(self._path) != self._identity:
            raise StorageUnavailableError(
                f"{self._label}: the file was deleted or replaced since it was opened: nothing is written to it any "
                "more; put it back, or open the storage again"
            )

    def connect_frozen(self) -> sqlite3.Connection:
        """Connect to a file in a folder where SQLite cannot make the files of WAL mode.

        If nobody else has made them, nobody is writing; each read looks again, because it makes its own connection.
        """
        immutable = not self._path.with_name(f"{self._path.name}-wal").exists()
        return connect(f"{self._path.as_uri()}?mode=ro&immutable={immutable:d}", self._durability)


def connect(uri: str, durability: str) -> sqlite3.Connection:
    """Return a connection in autocommit mode, which any thread may use."""
    connection = sqlite3.connect(uri, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA synchronous = {durability}")
    except BaseException:
        connection.close()
        raise
    return connection


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
