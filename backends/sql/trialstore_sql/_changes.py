"""Changing one trial: a compare-and-set in one transaction."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import Update, bindparam, update

from trialstore import transitions
from trialstore.records import ChangeOutcome, TrialChange, TrialRecord
from trialstore.rules import is_completion
from trialstore_sql._experiments import Experiments
from trialstore_sql._history import History, row
from trialstore_sql._parameters import placeholders, plain
from trialstore_sql._standing import StandingTrials
from trialstore_sql._tables import Tables
from trialstore_sql._transaction import Transaction
from trialstore_sql._trials import PARTS
from trialstore_sql.dialects import Dialect


class Changes:
    """Changes trials, each if it stands as it is expected to."""

    def __init__(
        self, tables: Tables, dialect: type[Dialect], experiments: Experiments, history: History
    ) -> None:
        self._table = table = tables.trial
        self._experiments, self._history = experiments, history
        self._this = (table.c.experiment_key == bindparam("key"), table.c.trial_id == bindparam("id"))
        self._trials = StandingTrials(tables, dialect, experiments, history, PARTS)
        self._updates: dict[tuple[str, ...], Update] = {}

    def change(self, tx: Transaction, change: TrialChange) -> ChangeOutcome:
        """Apply a change, unless it was applied before or its conditions do not hold."""
        key, has_met, stored = self._trials.get(tx, change.uid, change.trial_id, change.token)
        if not has_met and transitions.holds(change, stored):
            return ChangeOutcome(applied=True, record=self._apply(tx, key, stored, change))
        applied = has_met or self._history.holds(tx, key, change.trial_id, change.token)
        return ChangeOutcome(applied=applied, record=stored)

    def _apply(self, tx: Transaction, key: int, stored: TrialRecord, change: TrialChange) -> TrialRecord:
        values = self._values(tx, key, change)
        changed = replace(stored, **values)
        if values:
            new = {f"new_{name}": plain(value) for name, value in values.items()}
            tx.run(self._update(tuple(values)), {"key": key, "id": change.trial_id, **new})
        self._history.add(tx, _told(key, changed, change))
        return changed

    def _values(self, tx: Transaction, key: int, change: TrialChange) -> dict[str, Any]:
        """Return what a change sets, its completion number included."""
        values = transitions.new_values(change, tx.now)
        if is_completion(change):
            values["completion"] = self._experiments.take_completions(tx, key)
        return values

    def _update(self, names: tuple[str, ...]) -> Update:
        if names not in self._updates:
            new = placeholders(names, "new_")
            self._updates[names] = update(self._table).where(*self._this).values(new)
        return self._updates[names]


def _told(key: int, changed: TrialRecord, change: TrialChange) -> list[dict[str, Any]]:
    """Return the row of the history, if the change is to leave one."""
    status = None if change.status is UNSET else change.status
    if status is None and change.token is None:
        return []
    return [row(key, changed, change.ts, token=change.token, status=status, reason=change.reason)]
