"""What a configuration of SQLite may lose when the power goes: speed that is bought with it should say so."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Risk"]


class Risk(Enum):
    """What may be gone after a power cut."""

    NOTHING = "nothing"
    LAST_COMMITS = "the last commits"
    DATABASE = "the database"

    @classmethod
    def of(cls, pragmas: Mapping[str, Any]) -> Risk:
        """Return the risk that SQLite's documentation of `journal_mode` and `synchronous` states.

        See https://www.sqlite.org/pragma.html#pragma_synchronous. With NORMAL and a rollback journal the database is
        in danger on older file systems only, but it is.
        """
        journal, synchronous = pragmas["journal_mode"], pragmas["synchronous"]
        if synchronous == "OFF" or journal in {"OFF", "MEMORY"}:
            return cls.DATABASE
        if synchronous == "NORMAL":
            return cls.LAST_COMMITS if journal == "WAL" else cls.DATABASE
        return cls.NOTHING
