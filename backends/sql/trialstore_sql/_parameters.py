"""The parameters of statements: every input is one, so that a statement is compiled once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, literal_column

from trialstore.status import Status

ZERO: ColumnElement[Any] = literal_column("0")
ONE: ColumnElement[Any] = literal_column("1")
"""Numbers in the text itself: Core would make parameters of plain ones."""


def placeholders(names: Iterable[str], prefix: str = "") -> dict[str, BindParameter[Any]]:
    """Return the parameters that an insert or an update sets its columns to.

    An update needs a prefix, because Core keeps the names of the columns to itself there.
    """
    return {name: bindparam(f"{prefix}{name}") for name in names}


def plain(value: Any) -> Any:
    """Return a value of a record as its column has it."""
    return value.value if isinstance(value, Status) else value
