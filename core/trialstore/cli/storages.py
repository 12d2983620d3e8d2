"""``trialstore init`` and ``trialstore upgrade``: prepare a storage."""

from __future__ import annotations

from trialstore.cli.options import StorageName, open_storage
from trialstore.cli.output import show
from trialstore.cli.tables import cell
from trialstore.errors import SchemaVersionError

__all__ = ["init", "upgrade"]


def init(*, storage: StorageName) -> None:
    """Create a storage with its schema, unless it exists."""
    with open_storage(storage, create=True) as opened:
        show(cell(f"{opened!r} is ready (experiments: {len(opened.experiments)})"))


def upgrade(*, storage: StorageName) -> None:
    """Bring the schema of a storage up to date, in place.

    Make a backup first; programs with an older trialstore cannot use the storage any more.
    """
    try:
        with open_storage(storage) as opened:
            show(cell(f"{opened!r} is up to date already"))
    except SchemaVersionError:
        with open_storage(storage, lazy=True) as opened:
            show(cell(f"{opened.update_schema()!r} has been brought up to date"))
