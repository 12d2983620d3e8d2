"""Tables for people; every cell is plain text, whatever is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from trialstore.cli.output import visible

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import JustifyMethod

__all__ = ["assignments", "cell", "facts_table", "make_table", "when"]

_WHOLE = 20
"""Characters of a column that is neither folded nor cut: half a number would be another number."""


def make_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table; numbers are set to the right of their column.

    A cell is a `Text`, which keeps its style, or any other value, which is shown as `cell` does.
    """
    table = Table(title=cell(title, "bold"), title_justify="left", box=box.SIMPLE_HEAD)
    filled = [[value if isinstance(value, Text) else cell(value) for value in row] for row in rows]
    for column, *cells in zip(map(cell, columns), *filled, strict=True):
        justify: JustifyMethod = "right" if any(each.justify == "right" for each in cells) else "left"
        longest = max(map(len, [column, *cells]))
        whole = longest <= _WHOLE
        table.add_column(
            column, justify=justify, no_wrap=whole, min_width=longest if whole else 1, overflow="fold"
        )
    for row in filled:
        table.add_row(*row)
    return table


def facts_table(facts: Mapping[str, object]) -> Table:
    """Return a table of names and values; those that are None or empty are left out."""
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        if value is not None and value != "":
            table.add_row(cell(name, "bold"), cell(str(value)))
    return table


def cell(value: object, style: str = "") -> Text:
    """Return a value as text in which neither markup nor control characters have a meaning; a float is rounded."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    shown = "" if value is None else f"{value:.6g}" if isinstance(value, float) else visible(str(value))
    return Text(shown, style, justify="right" if is_number else None)


def when(moment: datetime | None) -> str:
    """Return a time as the local one, to the second."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def assignments(values: Mapping[str, object]) -> str:
    """Return names and values in one line."""
    return " ".join(f"{name}={value}" for name, value in values.items())
