"""Changing one trial: a compare-and-set in one update."""

from __future__ import annotations

import uuid
from typing import Any

from msgspec import UNSET
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from trialstore.errors import InvalidInputError, TrialNotFoundError, TrialstoreError
from trialstore.records import ChangeOutcome, TrialChange
from trialstore.rules import is_completion, settings_of
from trialstore.status import Status
from trialstore.transitions import holds
from trialstore_mongo._client import Document
from trialstore_mongo._database import Database
from trialstore_mongo._documents import WITHOUT_CONFIG, record
from trialstore_mongo._errors import clashes
from trialstore_mongo._experiments import Experiments
from trialstore_mongo._history import History, holds_token, row
from trialstore_mongo._updates import NOW, literal, updating

_CHANGE = 0
"""The ordinal of a change's row."""


class Changes:
    """Changes trials, each if it stands as it is expected to."""

    def __init__(self, database: Database, experiments: Experiments, history: History) -> None:
        self._database, self._experiments, self._history = database, experiments, history

    def change(self, change: TrialChange) -> ChangeOutcome:
        """Apply a change, unless it was applied before or its conditions do not hold."""
        number, moved = self._completion_number(change), 0
        while (changed := self._apply(change, number, moved)) is None:
            trial = self._standing(change)
            has_met = self._has_met(trial, change)
            if has_met or not holds(change, record(trial)):
                self._return(change, number)
                return ChangeOutcome(applied=has_met, record=record(trial))
            moved = trial["moved"]
        return ChangeOutcome(applied=True, record=record(changed))

    def _completion_number(self, change: TrialChange) -> int | None:
        if is_completion(change):
            return self._experiments.take_completions(change.uid)
        self._experiments.check(change.uid)
        return None

    def _apply(self, change: TrialChange, number: int | None, moved: int) -> Document | None:
        """Apply a change to a trial so many of whose rows have moved out; return the trial if it was as expected."""
        try:
            trial = self._database.settled.trial.find_one_and_update(
                _conditions(change, moved),
                _update(change, number),
                WITHOUT_CONFIG,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError as error:
            raise self._clash(change, error) from error
        if trial is not None:
            self._history.trim(trial)
        return trial

    def _standing(self, change: TrialChange) -> Document:
        """Return the trial as no failover can change it, and not older than the update that did not find it as expected.

        That update waited for all that stood in the server's log before it.
        """
        this = {"uid": change.uid, "trial_id": change.trial_id}
        trial = self._database.settled.trial.find_one(this, WITHOUT_CONFIG)
        if trial is None:
            self._experiments.check(change.uid)
            raise TrialNotFoundError.of(change.trial_id)
        return trial

    def _return(self, change: TrialChange, number: int | None) -> None:
        if number is not None:
            self._experiments.return_completions(change.uid, [number])

    def _has_met(self, trial: Document, change: TrialChange) -> bool:
        if change.token is None:
            return False
        is_in_log = any((r["token"], r["ordinal"]) == (change.token, _CHANGE) for r in trial["log"])
        return is_in_log or (
            trial["moved"] > 0 and self._history.has_moved(change.uid, change.trial_id, change.token)
        )

    def _clash(self, change: TrialChange, error: DuplicateKeyError) -> TrialstoreError:
        if "uid,completion" in clashes(error):
            return self._experiments.caught_up(change.uid)
        return InvalidInputError(
            f"token {change.token!r} names a write to another trial of the experiment already"
        )


def _conditions(change: TrialChange, moved: int) -> Document:
    conditions: Document = {
        "uid": change.uid,
        "trial_id": change.trial_id,
        "attempt": change.attempt,
        "status": {"$in": [status.value for status in change.from_statuses]},
        "moved": moved,
    }
    if change.token is not None:
        conditions["log"] = {"$not": holds_token(change.token, {"$eq": _CHANGE})}
    if change.expected_trial_runner_id is not UNSET:
        conditions["trial_runner_id"] = {"$eq": change.expected_trial_runner_id}
    if change.expected_metadata is not UNSET:
        conditions["metadata"] = {"$eq": change.expected_metadata}
    return conditions


def _update(change: TrialChange, number: int | None) -> list[Document]:
    settings: Document = {name: literal(_number_of(value)) for name, value in settings_of(change).items()}
    settings["lease_expires"] = _lease(change)
    if number is not None:
        settings["completion"] = literal(number)
    if change.token is None and change.status is UNSET:
        return updating(settings, None)
    return updating(settings, _row(change))


def _lease(change: TrialChange) -> Any:
    if change.lease is None or is_completion(change):
        return literal(None)
    return "$lease_expires" if change.lease is UNSET else {"$add": [NOW, literal(change.lease)]}


def _row(change: TrialChange) -> Document:
    return row(
        token=literal(change.token or uuid.uuid4().hex),
        ordinal=_CHANGE,
        attempt="$attempt",
        status=literal(None if change.status is UNSET else _number_of(change.status)),
        ts=literal(change.ts),
        trial_runner_id="$trial_runner_id",
        reason=literal(change.reason),
    )


def _number_of(value: Any) -> Any:
    return value.value if isinstance(value, Status) else value
