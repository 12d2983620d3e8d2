"""Experiments: the documents that everything else of an experiment hangs on, and the counters that stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec.structs import asdict
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from trialstore.errors import CorruptStorageError, ExperimentNotFoundError, TransientError
from trialstore.records import ExperimentQuery, ExperimentRecord, Objective, Uid
from trialstore.times import Micros
from trialstore_mongo._client import Document
from trialstore_mongo._collections import read
from trialstore_mongo._database import Database
from trialstore_mongo._documents import plain
from trialstore_mongo._looks import look
from trialstore_mongo._updates import NOW, literal

_COUNTED = [("trial_id", "next_trial_id", 1), ("completion", "completions", 0)]
"""The fields of trials that are numbered, the counters, and how far these are ahead."""


class TakenIds(NamedTuple):
    """Trial ids that nobody else gets, and when they were taken."""

    first: int
    now: Micros


class Experiments:
    """What is done with the collection of experiments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, new: ExperimentRecord) -> ExperimentRecord:
        """Insert an experiment unless its id is taken, and return the one that has the id."""
        query = ExperimentQuery(experiment_ids=[new.experiment_id])
        found = self.find(query)
        if not found:
            self._insert(new)
            found = self.find(query)
        if not found:
            raise TransientError(f"experiment {new.experiment_id!r} was deleted by others at this moment")
        return found[0]

    def find(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        """Return the experiments of a query, ordered by id."""
        asked = {"experiment_id": query.experiment_ids, "_id": query.uids}
        conditions = {name: {"$in": list(ids)} for name, ids in asked.items() if ids is not None}
        found = read(self._database.settled.experiment, conditions, order={"experiment_id": 1})
        return [_record(document) for document in found]

    def check(self, uid: Uid) -> None:
        """Raise `ExperimentNotFoundError` unless the experiment is there."""
        if self._database.settled.experiment.find_one({"_id": uid}, {"_id": 1}) is None:
            raise ExperimentNotFoundError.of(uid)

    def now(self, uid: Uid) -> Micros:
        """Return the server's now, or raise `ExperimentNotFoundError`."""
        return look(self._database.latest.experiment, uid).now

    def take_ids(self, uid: Uid, number: int, first_id: int) -> TakenIds:
        """Take `number` trial ids in a row; `first_id` counts if there never was a trial."""
        start = {"$ifNull": ["$next_trial_id", literal(first_id)]}
        taken = self._step(uid, [{"$set": {"next_trial_id": {"$add": [start, literal(number)]}}}])
        # A server that repeats an answer, because the first one was lost, does not compute fields again.
        now = int(taken["now"]) if "now" in taken else self.now(uid)
        return TakenIds(int(taken["next_trial_id"]) - number, now)

    def take_completions(self, uid: Uid, number: int = 1) -> int:
        """Take `number` completion numbers in a row, and return the first; the first ever is 1."""
        taken = self._step(uid, {"$inc": {"completions": number}})
        return int(taken["completions"]) - number + 1

    def return_ids(self, uid: Uid, ids: Sequence[int]) -> None:
        """Give ids in a row back that were not needed, unless later ones have been taken: a gap is legal, too."""
        self._give_back(uid, {"next_trial_id": ids[-1] + 1}, len(ids))

    def return_completions(self, uid: Uid, numbers: Sequence[int]) -> None:
        """Give completion numbers in a row back in the same way."""
        self._give_back(uid, {"completions": numbers[-1]}, len(numbers))

    def catch_up(self, uid: Uid) -> None:
        """Bring counters that a failover has set back up to what has been numbered."""
        reached: Document = {}
        for field, counter, more in _COUNTED:
            last = self._database.latest.trial.find_one({"uid": uid, field: {"$gt": 0}}, sort=[(field, -1)])
            if last is not None:
                reached[counter] = last[field] + more
        self._database.settled.experiment.update_one({"_id": uid}, {"$max": reached})

    def caught_up(self, uid: Uid) -> TransientError:
        """Catch up, and return the error that makes the core repeat the call, which will get numbers of its own."""
        self.catch_up(uid)
        return TransientError("a failover has set a counter back; it has been put right")

    def _insert(self, new: ExperimentRecord) -> None:
        fields: Document = {"_id": new.uid, **asdict(new), "completions": 0}
        fields["objectives"] = [asdict(objective) for objective in new.objectives]
        del fields["uid"]
        try:
            self._database.settled.experiment.insert_one(fields)
        except DuplicateKeyError:
            return  # the server has answered only after the other one was settled, too

    def _give_back(self, uid: Uid, counter: Document, number: int) -> None:
        back = {"$inc": dict.fromkeys(counter, -number)}
        self._database.settled.experiment.update_one({"_id": uid, **counter}, back)

    def _step(self, uid: Uid, update: Any) -> Document:
        """Move a counter on, and return the counters and the server's now."""
        counters = {"next_trial_id": 1, "completions": 1, "now": NOW}
        found = self._database.latest.experiment.find_one_and_update(
            {"_id": uid}, update, counters, return_document=ReturnDocument.AFTER
        )
        if found is None:
            raise ExperimentNotFoundError.of(uid)
        return found


def _record(document: Document) -> ExperimentRecord:
    fields: Document = {
        name: document.get(name) for name in ExperimentRecord.__struct_fields__ if name != "uid"
    }
    try:
        fields["objectives"] = tuple(Objective(**objective) for objective in document["objectives"])
        fields["max_attempts"] = plain(document["max_attempts"])
        fields["next_trial_id"] = plain(document["next_trial_id"])
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptStorageError(
            f"the document of experiment {document.get('experiment_id')!r} is not as trialstore wrote it: {error!r}"
        ) from error
    return ExperimentRecord(uid=document["_id"], **fields)
