"""In what the views of one engine differ from those of another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ViewWords:
    """The words of one engine; ``{text}`` stands for a column that holds a JSON object."""

    items: str
    """A FROM item that follows a join: the items of the JSON object."""
    name: str
    """An item's name."""
    kind: str
    """How an item's value is written: as an ``int``, ``float``, ``bool``, ``str`` or ``null``."""
    raw: str
    """An item's value as text, unquoted if it is a string; NULL if it is null."""
    double: str = "DOUBLE"
    """The type of a double."""
    tagged: str = "CAST(SUBSTR(raw, 2) AS {double})"
    """The double that the string ``~nan``, ``~inf`` or ``~-inf`` stands for."""
    moment: str
    """The time ``{micros}`` microseconds after the beginning of 1970, in UTC."""
    json: str = "{text}"
    """The column, as JSON."""
    literal: str = "{text}"
    """A text that the view makes, with the collation of names."""
    create: str = "CREATE VIEW"
    """How a view is made."""
