"""Handing trials out to runners, one by one.

The trials of one claim carry its token, each with another ordinal, and an index keeps the two together unique: of two
calls with one token that run at the same moment, each takes for the ordinals that the other one leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from trialstore.errors import TransientError
from trialstore.records import Claim, TrialRecord
from trialstore.status import Status
from trialstore.times import Micros
from trialstore.transitions import LEASE_EXPIRED
from trialstore_mongo._client import Document
from trialstore_mongo._collections import Documents, read
from trialstore_mongo._database import Database
from trialstore_mongo._documents import records
from trialstore_mongo._history import ADDED, History, holds_token, row
from trialstore_mongo._queue import BY_DUE, Probe, Queue, View, eligible
from trialstore_mongo._updates import NOW, literal, updating

_FIRST = 0


class Claims:
    """Hands trials out."""

    def __init__(self, database: Database, history: History) -> None:
        self._database, self._history = database, history
        self._queue = Queue(database)

    def claim(self, claim: Claim) -> list[TrialRecord]:
        """Hand out eligible trials, unless this claim has been served before."""
        view = self._queue.view(claim)
        if view.is_served:
            self._database.settle(self._database.settled.trial, claim.uid)
            view = self._queue.view(claim)  # a failover may have taken back what was seen
        if view.is_served:
            return records(self._served(claim))
        trials = [] if view.is_empty else self._take(claim, view)
        for trial in trials:
            self._history.trim(trial)
        return records(trials)

    def _take(self, claim: Claim, view: View) -> list[Document]:
        """Take what the claim sees, and return it, or what other calls with the same token have taken of it."""
        is_one = claim.limit == 1
        trials = self._database.settled.trial if is_one else self._database.latest.trial
        taking = _Taking(trials, claim, view.at)
        for head in view.heads:
            taking.take(head.probe)
        if is_one and taking.taken:
            return taking.taken
        return self._finished(claim, taking.taken)

    def _finished(self, claim: Claim, taken: list[Document]) -> list[Document]:
        """Finish a claim, and return what it got, which a failover may have made less than was taken."""
        first = {"uid": claim.uid, "log": holds_token(claim.token, {"$eq": _FIRST})}
        self._database.settled.trial.update_one(
            first,
            {"$unset": {"log.$[row].is_open": ""}},
            array_filters=[{"row.token": {"$eq": claim.token}, "row.ordinal": {"$eq": _FIRST}}],
        )
        trials = self._served(claim)
        if len(trials) < len(taken):
            raise TransientError("a failover has taken trials back while they were claimed")
        return trials

    def _served(self, claim: Claim) -> list[Document]:
        """Return the trials that carry the claim's token and are still in that attempt."""
        settled, has_ordinal = self._database.settled, {"$gt": ADDED}
        found = read(settled.trial, {"uid": claim.uid, "log": holds_token(claim.token, has_ordinal)})
        # Only now, so that a row which moves out at this moment is seen.
        moved = {"uid": claim.uid, "token": {"$eq": claim.token}, "ordinal": has_ordinal}
        attempts = {row["trial_id"]: row["attempt"] for row in read(settled.history, moved)}
        absent = list(attempts.keys() - {trial["trial_id"] for trial in found})
        if absent:
            found += read(settled.trial, {"uid": claim.uid, "trial_id": {"$in": absent}})
        current = (trial for trial in found if _is_current(trial, claim, attempts.get(trial["trial_id"])))
        return sorted(current, key=lambda trial: (trial["due"], trial["trial_id"]))


class _Taking:
    """Takes trials for one claim, as many as it has ordinals.

    Attributes
    ----------
    taken
        The trials' documents.
    """

    def __init__(self, trials: Documents, claim: Claim, at: Micros) -> None:
        self.taken: list[Document] = []
        self._trials, self._claim, self._at = trials, claim, at
        self._ordinal = _FIRST
        self._empty: set[Probe] = set()

    def take(self, probe: Probe) -> None:
        """Take the first trial of one part of the queue, unless that is empty or the claim has enough."""
        while self._ordinal < self._claim.limit and probe not in self._empty:
            try:
                trial = self._try(probe)
            except DuplicateKeyError:
                self._ordinal += 1  # another call with the same token has it
                continue
            if trial is None:
                self._empty.add(probe)
                return
            self._ordinal += 1
            self.taken.append(trial)
            return

    def _try(self, probe: Probe) -> Document | None:
        return self._trials.find_one_and_update(
            eligible(self._claim, probe, self._at),
            _update(self._claim, probe, self._ordinal),
            sort=BY_DUE,
            return_document=ReturnDocument.AFTER,
        )


def _update(claim: Claim, probe: Probe, ordinal: int) -> list[Document]:
    is_lost = probe is Probe.LOST
    settings = {
        "status": literal(Status.RUNNING.value),
        "trial_runner_id": literal(claim.trial_runner_id),
        "attempt": {"$add": ["$attempt", 1]},
        "expirations": {"$add": ["$expirations", int(is_lost)]},
        "ts_start": NOW,
        "lease_expires": literal(None) if claim.lease is None else {"$add": [NOW, literal(claim.lease)]},
    }
    return updating(settings, _row(claim, ordinal, LEASE_EXPIRED if is_lost else None))


def _row(claim: Claim, ordinal: int, reason: str | None) -> Document:
    new = row(
        token=literal(claim.token),
        ordinal=ordinal,
        attempt="$attempt",
        status="$status",
        ts="$ts_start",
        trial_runner_id="$trial_runner_id",
        reason=literal(reason),
    )
    # Until the claim is finished, a repetition of it goes on taking.
    return {**new, "is_open": True} if ordinal == _FIRST and claim.limit > 1 else new


def _is_current(trial: Document, claim: Claim, attempt: Any) -> bool:
    """Tell whether a trial is in the attempt that the claim began; `attempt` is that, if its row has moved out."""
    return trial["attempt"] in {attempt, *_attempts(trial, claim)}


def _attempts(trial: Document, claim: Claim) -> Iterator[Any]:
    return (r["attempt"] for r in trial["log"] if r["token"] == claim.token and r["ordinal"] > ADDED)
