"""The place of a database that is a file."""

from __future__ import annotations

import os
from pathlib import Path

from trialstore.errors import ConfigError, ReadOnlyError, StorageNotFoundError, StorageUnavailableError


def path_of(database: str) -> Path:
    """Return the absolute path: a later change of the working directory leaves new connections at the same file."""
    if database.startswith("file:"):
        raise ConfigError("file: URIs are not supported: give a path, and read_only where it is meant")
    try:
        if b"\0" in os.fsencode(database):
            raise ConfigError(f"{database!r} cannot be the name of a file: it holds a null character")
        return Path(database).absolute()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{database!r} cannot be the name of a file: {error}") from error
    except FileNotFoundError as error:
        raise StorageUnavailableError(
            f"{database!r} is relative to a working directory that was deleted: change to another one, or give an "
            "absolute path"
        ) from error


def check_place(file: Path, label: str, *, create: bool, read_only: bool) -> None:
    """Refuse what an engine would only call "unable to open", or find out at the first write."""
    try:
        is_folder, is_there, has_folder = file.is_dir(), file.exists(), file.parent.is_dir()
    except OSError as error:
        raise StorageUnavailableError(f"{label} cannot be reached: {error}") from error
    if is_folder:
        raise StorageUnavailableError(f"{label} is a folder: give the path of a file in it")
    if not has_folder:
        raise StorageNotFoundError(f"{label}: there is no folder {file.parent}: create it first")
    if not create and not is_there:
        raise StorageNotFoundError(f"{label}: there is no such file, and none was to be created")
    if not read_only:
        _check_writable(file, label)


def _check_writable(file: Path, label: str) -> None:
    for place in (file.parent, file):
        if place.exists() and not os.access(place, os.W_OK):
            raise ReadOnlyError(
                f"{label}: {place} cannot be written to: open it with read_only=True, or give write access"
            )
