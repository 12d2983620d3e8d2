"""Makes the collections, with their indexes and the shapes of their documents, and the views."""

from __future__ import annotations

from typing import Any

import bson
from pymongo.errors import OperationFailure

from trialstore.errors import CorruptStorageError
from trialstore_mongo._collections import Collections
from trialstore_mongo._configs import THE_COUNTER
from trialstore_mongo._indexes import INDEXES
from trialstore_mongo._shapes import VALIDATORS
from trialstore_mongo._views import VIEWS

_EXISTS = 48


def create(collections: Collections) -> None:
    """Make whatever is not there yet; others may do the same at the same moment.

    Raises
    ------
    CorruptStorageError
        If something else has one of the names.
    """
    database, prefix = collections.database, collections.prefix
    for name, validator in VALIDATORS.items():
        _create(collections, f"{prefix}{name}", {"validator": validator})
    for name, indexes in INDEXES.items():
        database[f"{prefix}{name}"].create_indexes(indexes)
    collections.counter.update_one(THE_COUNTER, {"$setOnInsert": {"value": 0}}, upsert=True)
    for name, pipeline in VIEWS.items():
        _create(
            collections, f"{prefix}{name}", {"viewOn": f"{prefix}experiment", "pipeline": pipeline(prefix)}
        )


def _create(collections: Collections, name: str, options: dict[str, Any]) -> None:
    try:
        collections.database.create_collection(name, check_exists=False, **options)
    except OperationFailure as error:
        if error.code != _EXISTS:
            raise
        _check(collections, name, options)


def _check(collections: Collections, name: str, options: dict[str, Any]) -> None:
    """Raise unless what has the name already is what was to be made."""
    for found in collections.database.list_collections(filter={"name": name}):
        standing = {key: found["options"].get(key) for key in options}
        if bson.encode(standing) != bson.encode(options):  # in BSON, NaN equals itself
            raise CorruptStorageError(
                f"{collections.database.name} has a {found['type']} {name} that is not trialstore's: choose another "
                "collection_prefix, or rename it"
            )
