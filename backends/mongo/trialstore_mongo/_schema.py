"""The schema of a database: which version stands there, how it is made, and how it is brought up to date."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from trialstore.errors import CorruptStorageError, SchemaVersionError, StorageNotFoundError
from trialstore_mongo._collections import Collections
from trialstore_mongo._creation import create
from trialstore_mongo._database import Database
from trialstore_mongo._steps import put_configs_into_trials

_FIRST = 1
_STEPS: tuple[Callable[[Collections], None], ...] = (put_configs_into_trials,)
"""What makes each version after the first of the one before it; every step may be taken twice, also at the same moment."""
VERSION = _FIRST + len(_STEPS)
"""The schema that this code reads and writes."""

_THIS = "schema"


class Schema:
    """The schema in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(self, *, create: bool) -> None:
        """Create an absent schema if `create` is set, and refuse one that is not this code's.

        Raises
        ------
        StorageNotFoundError
            If there is none and `create` is not set.
        SchemaVersionError
            If it is older or newer.
        """
        version = self._version()
        if version == 0 and create:
            self.upgrade()
        elif version == 0:
            raise StorageNotFoundError(
                f"{self._label} holds no collections of trialstore (collection_prefix "
                f"{self._database.settings.collection_prefix!r}), and none were to be created"
            )
        else:
            self._refuse_unless_current(version)

    def upgrade(self) -> None:
        """Create an absent schema, or take the steps that an older one lacks; others may do so at the same moment.

        Raises
        ------
        SchemaVersionError
            If the schema is newer.
        """
        version = self._version()
        if version > VERSION:
            self._refuse_unless_current(version)
        if version == 0:
            create(self._database.settled)
            self._note(VERSION)
            return
        for reached, step in enumerate(_STEPS[version - _FIRST :], start=version + 1):
            step(self._database.settled)
            self._note(reached)

    def _version(self) -> int:
        """Return the version that is noted, 0 if none is."""
        noted = self._database.settled.meta.find_one({"_id": _THIS})
        version = 0 if noted is None else noted.get("version")
        if not isinstance(version, int):
            raise CorruptStorageError(
                f"{self._label}: the version in {self._database.settled.meta.name} is no number: restore it from a backup"
            )
        return int(version)

    def _note(self, version: int) -> None:
        with suppress(DuplicateKeyError):  # another one that took the same step noted it
            self._database.settled.meta.update_one(
                {"_id": _THIS}, {"$max": {"version": version}}, upsert=True
            )

    def _refuse_unless_current(self, version: int) -> None:
        if version != VERSION:
            raise SchemaVersionError.of(self._label, version, VERSION, is_older=version < VERSION)

    @property
    def _label(self) -> str:
        return self._database.settings.label
