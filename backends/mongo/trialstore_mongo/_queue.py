"""The queue of an experiment: what a claim sees of it before it takes anything, and how it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from trialstore.records import Claim
from trialstore.status import Status
from trialstore.times import Micros
from trialstore_mongo._client import Document
from trialstore_mongo._collections import read
from trialstore_mongo._database import Database
from trialstore_mongo._history import ADDED, holds_token
from trialstore_mongo._looks import Part, look

BY_DUE = {"due": 1, "trial_id": 1}
EARLIEST = -(2**63)
"""Before every time: a partial index of those that have a time serves queries that leave null out."""


class Probe(Enum):
    """The parts of the queue."""

    WAITING = "waiting"
    """Pending, and the runner's or nobody's: an index has each of the two in the order of (due, trial id), to be merged."""
    LOST = "lost"
    """Running, with a lease that is over."""


class Head(NamedTuple):
    """A trial at the head of the queue."""

    due: Micros
    trial_id: int
    probe: Probe


class View(NamedTuple):
    """What a claim sees."""

    at: Micros
    """What due times and leases are compared with."""
    is_served: bool
    """Whether trials carry the claim's token, and it was not going to take more of them."""
    is_empty: bool
    """Whether nothing is there for the claim: neither to be taken nor taken by an earlier try or by one at this moment."""
    heads: list[Head]
    """The trials that are due, in the order in which they are handed out; others may take them first."""


class Queue:
    """The pending trials of an experiment, and the running ones whose leases are over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def view(self, claim: Claim) -> View:
        """Return what a claim sees.

        Raises
        ------
        ExperimentNotFoundError
            If there is no such experiment.
        """
        latest = self._database.latest
        now, found = look(latest.experiment, claim.uid, *self._parts(claim))
        at = now if claim.due_by is None else claim.due_by
        heads = _heads(Probe.WAITING, found[Probe.WAITING.value])
        is_lease_over = any(document["lease_expires"] <= at for document in found["lease"])
        if is_lease_over:
            heads += _heads(Probe.LOST, self._lost(claim, at))
        due = sorted((head for head in heads if head.due <= at), key=lambda head: (head.due, head.trial_id))
        is_empty = not (due or is_lease_over or found["served"])
        return View(at, _is_served(claim, found), is_empty, due)

    def _parts(self, claim: Claim) -> Iterator[Part]:
        trial, this = self._database.latest.trial, {"uid": claim.uid}
        leased = {"$match": {**this, "lease_expires": {"$gt": EARLIEST}}}
        yield Part("lease", trial, _first(leased, {"lease_expires": 1}, 1))
        waiting = {"$match": {**this, **_waiting(claim)}}
        yield Part(Probe.WAITING.value, trial, _first(waiting, BY_DUE, claim.limit))
        # At the end, so that a trial which this very claim takes at this moment is seen before or after it is taken.
        log = {"$match": {**this, "log": holds_token(claim.token, {"$gt": ADDED})}}
        yield Part("served", trial, [log, {"$project": {"log": 1}}])
        moved = {"$match": {**this, "token": {"$eq": claim.token}, "ordinal": {"$gt": ADDED}}}
        yield Part("moved", self._database.latest.history, [moved, {"$limit": 1}])

    def _lost(self, claim: Claim, at: Micros) -> list[Document]:
        lost_ones = eligible(claim, Probe.LOST, at)
        return read(self._database.latest.trial, lost_ones, BY_DUE, order=BY_DUE, limit=claim.limit)


def eligible(claim: Claim, probe: Probe, at: Micros) -> Document:
    """Return the condition on a trial that a claim may take it, as one of this part of the queue."""
    conditions: Document = {"uid": claim.uid, "log": {"$not": holds_token(claim.token, {"$gt": ADDED})}}
    if probe is not Probe.LOST:
        return {**conditions, **_waiting(claim), "due": {"$lte": at}}
    conditions |= lost(at)
    if claim.max_attempts is not None:
        conditions["expirations"] = {"$lt": claim.max_attempts - 1}
    return conditions


def lost(at: Micros) -> Document:
    """Return the condition on a trial that it runs with a lease that is over."""
    return {"status": Status.RUNNING.value, "lease_expires": {"$gt": EARLIEST, "$lte": at}}


def _waiting(claim: Claim) -> Document:
    return {"status": Status.PENDING.value, "trial_runner_id": {"$in": [None, claim.trial_runner_id]}}


def _first(condition: Document, order: Document, limit: int) -> list[Document]:
    """Return the stages that find the first trials in an order, and show only what that is by."""
    return [condition, {"$sort": order}, {"$limit": limit}, {"$project": {"_id": 0, **order}}]


def _heads(probe: Probe, documents: Iterable[Document]) -> list[Head]:
    return [Head(document["due"], document["trial_id"], probe) for document in documents]


def _is_served(claim: Claim, found: Mapping[str, list[Document]]) -> bool:
    rows = [row for trial in found["served"] for row in trial["log"] if row["token"] == claim.token]
    return bool(found["moved"] or rows) and not any(row.get("is_open") for row in rows)
