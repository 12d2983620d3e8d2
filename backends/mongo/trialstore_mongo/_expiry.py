"""Ending trials whose leases are lost and used up."""

from __future__ import annotations

import uuid
from itertools import count

from msgspec.structs import replace
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from trialstore import transitions
from trialstore.records import Expiry, TrialRecord
from trialstore_mongo._client import Document
from trialstore_mongo._collections import read
from trialstore_mongo._database import Database
from trialstore_mongo._documents import WITHOUT_CONFIG, record
from trialstore_mongo._errors import clashes
from trialstore_mongo._experiments import Experiments
from trialstore_mongo._history import History, row
from trialstore_mongo._queue import BY_DUE, lost
from trialstore_mongo._updates import literal, updating


class Expiries:
    """Fails trials, each if it still stands as it was found."""

    def __init__(self, database: Database, experiments: Experiments, history: History) -> None:
        self._database, self._experiments, self._history = database, experiments, history

    def expire(self, expiry: Expiry) -> list[TrialRecord]:
        """Fail the trials whose leases are lost and used up."""
        now = self._experiments.now(expiry.uid)
        used_up = {
            "uid": expiry.uid,
            **lost(now if expiry.due_by is None else expiry.due_by),
            "expirations": {"$gte": expiry.max_attempts - 1},
        }
        found = read(self._database.latest.trial, used_up, WITHOUT_CONFIG, order=BY_DUE)
        if not found:
            return []
        numbers = count(self._experiments.take_completions(expiry.uid, len(found)))
        ended = [
            replace(transitions.failed(trial, now), completion=number)
            for trial, number in zip(map(record, found), numbers, strict=False)
        ]
        tried = zip(found, ended, strict=True)
        return [after for before, after in tried if self._fail(expiry, before, after)]

    def _fail(self, expiry: Expiry, before: Document, after: TrialRecord) -> bool:
        """Store that a trial has failed, unless another client was faster."""
        same = {name: before[name] for name in ("uid", "trial_id", "attempt", "status", "lease_expires")}
        try:
            trial = self._database.settled.trial.find_one_and_update(
                same, _update(expiry, after), WITHOUT_CONFIG, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError as error:
            clashes(error)
            raise self._experiments.caught_up(expiry.uid) from error
        if trial is not None:
            self._history.trim(trial)
        return trial is not None


def _update(expiry: Expiry, failed: TrialRecord) -> list[Document]:
    settings = {
        "status": literal(failed.status.value),
        "ts_end": literal(failed.ts_end),
        "lease_expires": literal(None),
        "expirations": literal(failed.expirations),
        "completion": literal(failed.completion),
    }
    ended = row(
        token=literal(uuid.uuid4().hex),
        ordinal=0,
        attempt="$attempt",
        status="$status",
        ts="$ts_end",
        trial_runner_id="$trial_runner_id",
        reason=literal(expiry.reason),
    )
    return updating(settings, ended)
