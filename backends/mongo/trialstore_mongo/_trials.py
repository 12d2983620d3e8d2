"""Trials: the queries for them."""

from __future__ import annotations

from collections.abc import Callable

from trialstore.records import Order, TrialQuery, TrialRecord, Uid
from trialstore.status import Status, stored_status
from trialstore_mongo._client import Document
from trialstore_mongo._collections import stream
from trialstore_mongo._database import Database
from trialstore_mongo._documents import projection, records
from trialstore_mongo._experiments import Experiments
from trialstore_mongo._indexes import QUEUE


class Trials:
    """The queries for trials; each is two commands, the second of which sees that the experiment is still there."""

    def __init__(self, database: Database, experiments: Experiments) -> None:
        self._database, self._experiments = database, experiments

    def find(self, query: TrialQuery) -> list[TrialRecord]:
        """Return the trials of a query."""
        trials = [] if query.limit == 0 else self._find(query)
        self._experiments.check(query.uid)
        return trials

    def _find(self, query: TrialQuery) -> list[TrialRecord]:
        with stream(
            self._database.snapshot.trial,
            _conditions(query),
            projection(query.parts),
            order={"trial_id" if query.order is Order.TRIAL_ID else "completion": 1},
            limit=query.limit or 0,
            index=QUEUE if _is_of_queue(query) else None,
        ) as found:
            return records(found)

    def count(self, uid: Uid) -> dict[Status, int]:
        """Return how many trials have each status."""
        pipeline: list[Document] = [
            {"$match": {"uid": uid}},
            {"$group": {"_id": "$status", "number": {"$sum": 1}}},
        ]
        found = self._database.snapshot.trial.aggregate(pipeline)
        counts = {stored_status(group["_id"]): int(group["number"]) for group in found}
        self._experiments.check(uid)
        return counts


def _is_of_queue(query: TrialQuery) -> bool:
    """Tell whether the index of the queue knows which trials are due; few of all are."""
    return query.statuses is not None and query.due_by is not None and query.trial_ids is None


def _conditions(query: TrialQuery) -> Document:
    conditions: list[Document] = [
        {field: condition()} for field, asked, condition in _possible(query) if asked is not None
    ]
    if query.completed_after is not None:
        conditions.append(_completed_after(query.completed_after, list(query.completions)))
    elif query.order is Order.COMPLETION:
        conditions.append({"completion": {"$gt": 0}})
    return {"uid": query.uid, **({"$and": conditions} if conditions else {})}


def _possible(query: TrialQuery) -> list[tuple[str, object, Callable[[], Document]]]:
    """Return each field with what the query asks of it, if anything, and the condition that this makes."""
    return [
        ("trial_id", query.trial_ids, lambda: {"$in": list(query.trial_ids or ())}),
        ("trial_id", query.after_id, lambda: {"$gt": query.after_id}),
        ("status", query.statuses, lambda: {"$in": [status.value for status in query.statuses or ()]}),
        ("due", query.due_by, lambda: {"$lte": query.due_by}),
        ("trial_runner_id", query.runner_assigned, lambda: {"$ne" if query.runner_assigned else "$eq": None}),
        ("tunable_config_id", query.tunable_config_id, lambda: {"$eq": query.tunable_config_id}),
    ]


def _completed_after(number: int, others: list[int]) -> Document:
    after: Document = {"completion": {"$gt": max(number, 0)}}
    return {"$or": [after, {"completion": {"$in": others}}]} if others else after
