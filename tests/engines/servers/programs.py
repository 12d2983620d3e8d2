"""The programs of engines, and what to say when a machine lacks them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class MissingEngineError(RuntimeError):
    """This machine lacks an engine; the message says how to get it."""

    def __init__(self, engine: str, install: str) -> None:
        super().__init__(f"missing engine: {engine}; {install}")


def find_program(name: str, *, engine: str, install: str) -> Path:
    """Return where a program is, also where only root's PATH leads."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise MissingEngineError(engine, install)
    return Path(found)
