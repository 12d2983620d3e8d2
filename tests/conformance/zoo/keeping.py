"""Backends that find, order, hold or delete wrongly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec.structs import replace

from trialstore.records import (
    ExperimentQuery,
    ExperimentRecord,
    Order,
    StatusChange,
    StoredTelemetryRow,
    TelemetryQuery,
    TrialQuery,
    TrialRecord,
)
from trialstore_memory import MemoryBackend

__all__ = [
    "DeletesByName",
    "FindsInOrderOfInsertion",
    "LeavesTelemetry",
    "LetsTheLastWriterWin",
    "LimitsBeforeItSorts",
    "MixesAttempts",
    "ReturnsItsOwnLists",
    "ReusesConfigIds",
    "SortsByTime",
    "SortsHistoryByTime",
    "TakesLimitZeroForNone",
    "TakesNoIdsForAll",
    "TruncatesLists",
]


class FindsInOrderOfInsertion(MemoryBackend):
    """Has no order of its own."""

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        order = list(self._uids)
        return sorted(super().find_experiments(query), key=lambda record: order.index(record.experiment_id))


class LetsTheLastWriterWin(MemoryBackend):
    """Creates experiments with an upsert."""

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        with self._lock:
            stored = super().put_experiment(new)
            self._experiments[stored.uid].record = replace(stored, description=new.description)
            return self._experiments[stored.uid].record


class LimitsBeforeItSorts(MemoryBackend):
    """Cuts by id, and sorts what is left."""

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        if query.limit is None:
            return super().find_trials(query)
        first = super().find_trials(replace(query, order=Order.TRIAL_ID))
        ids = [trial.trial_id for trial in first]
        return super().find_trials(replace(query, trial_ids=ids))


class SortsByTime(MemoryBackend):
    """Gives completions in the order of the times at which runners say that they ended."""

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        found = super().find_trials(query)
        if query.order is Order.TRIAL_ID:
            return found
        return sorted(found, key=lambda trial: trial.ts_end or 0)


class TakesLimitZeroForNone(MemoryBackend):
    """Asks whether there is a limit by whether it is true."""

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        return super().find_trials(replace(query, limit=query.limit or None))


class TakesNoIdsForAll(MemoryBackend):
    """Asks whether there are ids to look for by whether their list is true."""

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        return super().find_trials(replace(query, trial_ids=query.trial_ids or None))


class TruncatesLists(MemoryBackend):
    """Binds as many parameters as old SQLite takes, and passes over the others."""

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        ids = None if query.trial_ids is None else list(query.trial_ids)[-999:]
        return super().find_trials(replace(query, trial_ids=ids))


class MixesAttempts(MemoryBackend):
    """Gives the telemetry of a trial, whichever attempt it is from."""

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        return super().find_telemetry(replace(query, all_attempts=True))


class SortsHistoryByTime(MemoryBackend):
    """Gives history in the order of its times, which come from clocks that do not agree."""

    def find_status_changes(self, uid: str, trial_ids: Collection[int] | None) -> list[StatusChange]:
        return sorted(super().find_status_changes(uid, trial_ids), key=lambda row: (row.trial_id, row.ts))


class ReturnsItsOwnLists(MemoryBackend):
    """Returns a list that grows when the history does."""

    def find_status_changes(self, uid: str, trial_ids: Collection[int] | None) -> list[StatusChange]:
        with self._lock:
            found = super().find_status_changes(uid, trial_ids)
            ids = {row.trial_id for row in found}
            return self._experiment(uid).history[ids.pop()] if len(ids) == 1 else found


class LeavesTelemetry(MemoryBackend):
    """Keys telemetry by the name of the experiment, and does not delete it."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._left: dict[str, Any] = {}

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        with self._lock:
            stored = super().put_experiment(new)
            experiment = self._experiments[stored.uid]
            experiment.telemetry = self._left.setdefault(new.experiment_id, experiment.telemetry)
            return stored


class DeletesByName(MemoryBackend):
    """Remembers the name of a uid, so that a repeated deletion hits its namesake."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._names: dict[str, str] = {}

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        self._names[new.uid] = new.experiment_id
        return super().put_experiment(new)

    def delete_experiment(self, uid: str) -> None:
        name = self._names.get(uid, "")
        for record in self.find_experiments(ExperimentQuery(experiment_ids=[name])):
            super().delete_experiment(record.uid)


class ReusesConfigIds(MemoryBackend):
    """Deletes tunable configs with the experiment that used them."""

    def delete_experiment(self, uid: str) -> None:
        with self._lock:
            super().delete_experiment(uid)
            self._configs.clear()
            self._config_ids.clear()
