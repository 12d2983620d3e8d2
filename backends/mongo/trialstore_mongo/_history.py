"""The log of every write to a trial: its status history, and the tokens by which a repetition is recognised.

The latest rows stand in the trial's own document, so that a write and its row are one update. Older rows move to a
collection of their own, where nobody changes them any more: a row's number is its place among all of its trial.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pymongo.errors import BulkWriteError

from trialstore.records import StatusChange, Token, Uid
from trialstore.status import stored_status
from trialstore_mongo._client import Document
from trialstore_mongo._collections import read
from trialstore_mongo._database import Database
from trialstore_mongo._documents import plain
from trialstore_mongo._errors import clashes
from trialstore_mongo._experiments import Experiments

ADDED = -1
"""The ordinal of the row with which a trial begins; those of changes and claims count from 0."""
MOST_ROWS, FEWEST_ROWS = 8, 4
"""How many rows a trial's document holds; when there are more, the oldest move out."""


class History:
    """What is done with the logs of trials."""

    def __init__(self, database: Database, experiments: Experiments) -> None:
        self._database, self._experiments = database, experiments

    def has_moved(self, uid: Uid, trial_id: int, token: Token) -> bool:
        """Tell whether a trial has met the token of a change so long ago that its row has moved out."""
        this = {"uid": uid, "trial_id": trial_id, "token": {"$eq": token}, "ordinal": {"$gt": ADDED}}
        return self._database.latest.history.find_one(this, {"_id": 1}) is not None

    def trim(self, trial: Document) -> None:
        """Move the oldest rows out of a trial's document if it holds too many.

        First copied, then cut off: a row is missing at no moment, nor after a crash. Only what is appended comes in between.
        """
        log, moved = trial["log"], trial["moved"]
        number = len(log) - FEWEST_ROWS
        if len(log) <= MOST_ROWS:
            return
        self._copy([_moved_row(trial, moved + i, row) for i, row in enumerate(log[:number])])
        rest = {"$slice": ["$log", number, {"$size": "$log"}]}
        self._database.latest.trial.update_one(
            {"uid": trial["uid"], "trial_id": trial["trial_id"], "moved": moved},
            [{"$set": {"log": rest, "moved": moved + number}}],
        )

    def find(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        """Return the status history of some or all trials."""
        these: Document = {"uid": uid}
        if trial_ids is not None:
            these["trial_id"] = {"$in": list(trial_ids)}
        shown = {"_id": 0, "trial_id": 1, "log": 1, "moved": 1}
        trials = read(self._database.snapshot.trial, these, shown, order={"trial_id": 1})
        moved, reports = self._moved(these, trials), self._reports(these)
        self._experiments.check(uid)
        changes = []
        for trial in trials:
            trial_id = trial["trial_id"]
            rows = [row for row in moved[trial_id] if row["_id"]["seq"] < trial["moved"]] + trial["log"]
            changes += _merged(_changes(trial_id, rows), reports[trial_id])
        return changes

    def _copy(self, rows: list[Document]) -> None:
        try:
            self._database.ahead.history.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            clashes(error)  # another writer has copied the same

    def _moved(self, these: Document, trials: Iterable[Document]) -> Mapping[Any, list[Document]]:
        if not any(trial["moved"] for trial in trials):
            return defaultdict(list)
        return _by_trial(read(self._database.settled.history, these, order={"_id": 1}))

    def _reports(self, these: Document) -> Mapping[Any, list[StatusChange]]:
        order = {"trial_id": 1, "attempt": 1, "ts": 1}
        documents = _by_trial(read(self._database.settled.report, these, order=order))
        return defaultdict(list, {i: _changes(i, rows, reported=True) for i, rows in documents.items()})


def row(
    *,
    token: Any,
    ordinal: int,
    attempt: Any,
    status: Any,
    ts: Any,
    trial_runner_id: Any,
    reason: Any,
) -> Document:
    """Return a row, of values or (in a pipeline) of expressions; without a status it only keeps the token."""
    return {
        "token": token,
        "ordinal": ordinal,
        "attempt": attempt,
        "status": status,
        "ts": ts,
        "trial_runner_id": trial_runner_id,
        "reason": reason,
    }


def holds_token(token: Token, ordinal: Document) -> Document:
    """Return the condition on a log that one of its rows has a token and such an ordinal."""
    return {"$elemMatch": {"token": {"$eq": token}, "ordinal": ordinal}}


def _moved_row(trial: Document, seq: int, log_row: Document) -> Document:
    place = {"uid": trial["uid"], "trial_id": trial["trial_id"], "seq": seq}
    return {"_id": place, "uid": trial["uid"], "trial_id": trial["trial_id"], **log_row}


def _by_trial(documents: Iterable[Document]) -> defaultdict[Any, list[Document]]:
    found: defaultdict[Any, list[Document]] = defaultdict(list)
    for document in documents:
        found[document["trial_id"]].append(document)
    return found


def _changes(trial_id: Any, rows: Iterable[Document], *, reported: bool = False) -> list[StatusChange]:
    return [
        StatusChange(
            trial_id=int(trial_id),
            attempt=int(row["attempt"]),
            status=stored_status(row["status"]),
            ts=int(row["ts"]),
            trial_runner_id=plain(row["trial_runner_id"]),
            reason=row.get("reason"),
            reported=reported,
        )
        for row in rows
        if row["status"] is not None
    ]


def _merged(changes: list[StatusChange], reports: list[StatusChange]) -> list[StatusChange]:
    """Return the changes in their order, and each report before the first change that is later than it."""
    merged: list[StatusChange] = []
    waiting = reports
    for i, change in enumerate(changes):
        earlier = [report for report in waiting if i and _moment(report) < _moment(change)]
        merged += [*earlier, change]
        waiting = waiting[len(earlier) :]
    return merged + waiting


def _moment(change: StatusChange) -> tuple[int, int]:
    return change.attempt, change.ts
