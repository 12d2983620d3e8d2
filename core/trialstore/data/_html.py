"""How data objects show in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from itertools import islice
from typing import Any

MAX_ROWS = 60


def facts_table(title: str, facts: Mapping[str, Any]) -> str:
    """Return a table of names and values; those that are None or empty are left out."""
    shown = ((name, value) for name, value in facts.items() if value is not None and value not in ("", {}))
    return f"<b>{escape(title)}</b>{_table(shown)}"


def mapping_table(items: Mapping[Any, Any]) -> str:
    """Return a table of keys and values, cut after `MAX_ROWS` rows."""
    left = len(items) - MAX_ROWS
    rest = f"<i>… and {left:,} more</i>" if left > 0 else ""
    return _table((key, repr(value)) for key, value in islice(items.items(), MAX_ROWS)) + rest


def _table(rows: Iterable[tuple[Any, Any]]) -> str:
    cells = (f"<tr><th>{escape(str(key))}</th><td>{escape(str(value))}</td></tr>" for key, value in rows)
    return f"<table>{''.join(cells)}</table>"
