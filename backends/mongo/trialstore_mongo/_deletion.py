"""Deleting experiments: one visible step, and a sweep that is resumed if it was interrupted.

An experiment's uid is remembered before its document goes, and for a while after its children went: a call that began
before may still write some.
"""

from __future__ import annotations

from collections.abc import Collection

from trialstore.records import Uid
from trialstore_mongo._collections import read, slices
from trialstore_mongo._database import Database
from trialstore_mongo._telemetry import RANGES_AT_ONCE, within
from trialstore_mongo._updates import NOW

_REMEMBERED_FOR = 600_000_000
"""Microseconds; no call takes that long."""


class Deletion:
    """Removes experiments and all that belongs to them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def delete(self, uid: Uid) -> None:
        """Delete an experiment, if it is there, and finish what was interrupted earlier."""
        settled = self._database.settled
        if settled.experiment.find_one({"_id": uid}, {"_id": 1}) is not None:
            settled.deletion.update_one({"_id": uid}, [{"$set": {"ts": NOW}}], upsert=True)
            settled.experiment.delete_one({"_id": uid})
        self.resume()

    def resume(self) -> None:
        """Sweep away what experiments that are gone have left, and forget those of long ago."""
        latest, settled = self._database.latest, self._database.settled
        uids = [document["_id"] for document in read(latest.deletion, {})]
        if not uids:
            return
        # An experiment that a failover may bring back must not find its children gone.
        standing = read(settled.experiment, {"_id": {"$in": uids}}, {"_id": 1})
        gone = set(uids) - {document["_id"] for document in standing}
        self._sweep(gone)
        is_old = {"$lt": ["$ts", {"$subtract": [NOW, _REMEMBERED_FOR]}]}
        latest.deletion.delete_many({"_id": {"$in": uids}, "$expr": is_old})

    def _sweep(self, uids: Collection[Uid]) -> None:
        latest = self._database.latest
        for collection in (latest.trial, latest.history, latest.report):
            collection.delete_many({"uid": {"$in": list(uids)}})
        for ranges in slices([{"_id": within(uid)} for uid in uids], RANGES_AT_ONCE):
            latest.telemetry.delete_many({"$or": ranges})
