"""The collections of one storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from pymongo.collection import Collection
from pymongo.cursor import Cursor
from pymongo.database import Database as MongoDatabase

from trialstore_mongo._client import Document

Documents: TypeAlias = Collection[Document]

_T = TypeVar("_T")

_ALL_AT_ONCE = 2**31 - 1
"""A batch size: as many documents as go into one answer of the server."""
_A_FEW = 4_000
"""A batch size: so many that waiting for the next ones takes no time, so few that they do not need fresh memory."""
MOST_VALUES = 50_000
"""How many tokens or hashes a query may name: a command is a document, which has at most 16 MiB."""


class Collections:
    """The collections, all read and written with the concerns of one pymongo database.

    Parameters
    ----------
    database
        The database, with its concerns.
    prefix
        What the names of all collections begin with.
    """

    def __init__(self, database: MongoDatabase[Document], prefix: str) -> None:
        self.database = database
        self.prefix = prefix
        self.experiment: Documents = database[f"{prefix}experiment"]
        self.tunable_config: Documents = database[f"{prefix}tunable_config"]
        self.trial: Documents = database[f"{prefix}trial"]
        self.history: Documents = database[f"{prefix}history"]
        self.telemetry: Documents = database[f"{prefix}telemetry"]
        self.report: Documents = database[f"{prefix}report"]
        self.counter: Documents = database[f"{prefix}counter"]
        self.deletion: Documents = database[f"{prefix}deletion"]
        self.meta: Documents = database[f"{prefix}meta"]


def read(
    documents: Documents,
    conditions: Mapping[str, Any],
    fields: Mapping[str, Any] | None = None,
    *,
    order: Mapping[str, int] | None = None,
    limit: int = 0,
) -> list[Document]:
    """Return the documents of a query, in as few answers of the server as they fit into."""
    with stream(documents, conditions, fields, order=order, limit=limit, batch_size=_ALL_AT_ONCE) as found:
        return list(found)


def stream(
    documents: Documents,
    conditions: Mapping[str, Any],
    fields: Mapping[str, Any] | None = None,
    *,
    order: Mapping[str, int] | None = None,
    limit: int = 0,
    index: str | None = None,
    batch_size: int = _A_FEW,
) -> Cursor[Document]:
    """Return a cursor over the documents of a query, for a reader that keeps something smaller of each of them."""
    found = documents.find(conditions, fields, sort=order, limit=limit, batch_size=batch_size, hint=index)
    return found.allow_disk_use(True)


def slices(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield values in parts of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
