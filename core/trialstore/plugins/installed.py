"""The plugins that installed distributions declare."""

from __future__ import annotations

import sys
import time
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TypeAlias

__all__ = ["installed_plugins"]

ENTRY_POINTS = "trialstore"
"""The entry-point group of plugins."""
_SETTLED_NANOSECONDS = 5_000_000_000
"""After so long without a change of a folder, no installation is under way there."""

_Folders: TypeAlias = tuple[tuple[str, int], ...]


def installed_plugins() -> tuple[metadata.EntryPoint, ...]:
    """Return the entry points of plugins; they are read once, as long as nothing is installed or removed."""
    folders = tuple((folder, _changed(folder)) for folder in sys.path)
    if time.time_ns() - max(changed for _, changed in folders) < _SETTLED_NANOSECONDS:
        return _read()
    return _read_once(folders)


@lru_cache(maxsize=1)
def _read_once(_folders: _Folders) -> tuple[metadata.EntryPoint, ...]:
    return _read()


def _read() -> tuple[metadata.EntryPoint, ...]:
    # This looks into every distribution, which takes a third of the time in which a storage is opened.
    return tuple(metadata.entry_points(group=ENTRY_POINTS))


def _changed(folder: str) -> int:
    """Return when something was last added to a folder or removed from it."""
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0
