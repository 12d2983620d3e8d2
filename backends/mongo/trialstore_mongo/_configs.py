"""Tunable configs: equal ones share one id over the whole storage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count

from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError

from trialstore.codec import Encoded
from trialstore.errors import CorruptStorageError, TransientError
from trialstore_mongo._client import Document
from trialstore_mongo._collections import MOST_VALUES, read, slices, stream
from trialstore_mongo._database import Database
from trialstore_mongo._errors import clashes

THE_COUNTER = {"_id": "tunable_config"}
"""Where the last id is counted."""

LONGEST_ALONG = 4096
"""How many characters the text of a config has at most that stands in its trials, too; longer ones are read by their ids."""

_TRIES = 4


def along(text: Encoded) -> Encoded | None:
    """Return what stands in a trial of the text of its config."""
    return text if len(text) <= LONGEST_ALONG else None


class TunableConfigs:
    """What is done with the collection of tunable configs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, ids: Collection[int]) -> dict[int, Encoded]:
        """Return the texts of the configs that exist."""
        with stream(
            self._database.settled.tunable_config, {"_id": {"$in": list(ids)}}, {"params": 1}
        ) as found:
            return {int(document["_id"]): document["params"] for document in found}

    def put(self, configs: Mapping[str, Encoded]) -> dict[str, int]:
        """Store configs, given by their hashes, and return their ids.

        No crash and no failover leaves a trial that refers to one of them without it.
        """
        for _ in range(_TRIES):
            known = self._ids(configs)
            absent = {config_hash: text for config_hash, text in configs.items() if config_hash not in known}
            if not absent:
                return known
            known |= self._insert(absent)
            if known.keys() >= configs.keys():
                return known
        raise TransientError("others stored the same tunable configs at this moment")

    def _ids(self, hashes: Collection[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in slices(list(hashes), MOST_VALUES):
            these = read(self._database.settled.tunable_config, {"hash": {"$in": some}}, {"hash": 1})
            found |= {document["hash"]: int(document["_id"]) for document in these}
        return found

    def _insert(self, configs: Mapping[str, Encoded]) -> dict[str, int]:
        """Insert configs, and return their ids if no others stored one of them at the same moment."""
        ids = count(self._take_ids(len(configs)))
        new = {config_hash: next(ids) for config_hash in configs}
        documents: list[Document] = [{"_id": new[h], "hash": h, "params": configs[h]} for h in configs]
        try:
            self._database.ahead.tunable_config.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            if "_id" in clashes(error):
                self._catch_up()
            return {}
        return new

    def _take_ids(self, number: int) -> int:
        counters = self._database.latest.counter
        step = {"$inc": {"value": number}}
        taken = counters.find_one_and_update(THE_COUNTER, step, return_document=ReturnDocument.AFTER)
        if taken is None:
            raise CorruptStorageError(
                f"{self._database.settings.label}: the counter in {counters.name} is gone: restore it from a backup"
            )
        return int(taken["value"]) - number + 1

    def _catch_up(self) -> None:
        """Bring a counter that a failover has set back up to the ids that are taken."""
        last = self._database.latest.tunable_config.find_one(sort=[("_id", -1)])
        if last is not None:
            self._database.latest.counter.update_one(THE_COUNTER, {"$max": {"value": last["_id"]}})
