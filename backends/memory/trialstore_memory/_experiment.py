"""Everything that belongs to one experiment, in plain dicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from msgspec import UNSET
from msgspec.structs import replace

from trialstore import transitions
from trialstore.errors import TrialNotFoundError
from trialstore.records import (
    Claim,
    ExperimentRecord,
    NewTrial,
    StatusChange,
    StoredTelemetryRow,
    TelemetryBatch,
    Token,
    TrialChange,
    TrialQuery,
    TrialRecord,
)
from trialstore.selection import chosen, selected, still_held
from trialstore.times import Micros
from trialstore_memory._queue import Queue


class StoredExperiment:
    """One experiment with its trials, their histories and their telemetry; the caller holds the lock."""

    def __init__(self, record: ExperimentRecord) -> None:
        self.record = record
        self.trials: dict[int, TrialRecord] = {}  # in the order of their ids, because these only rise
        self.history: dict[int, list[StatusChange]] = defaultdict(list)
        self.telemetry: dict[int, dict[tuple[int, Micros, str], StoredTelemetryRow]] = defaultdict(dict)
        self._added: dict[Token, int] = {}
        self._met: set[tuple[int, Token]] = set()
        self._claims: dict[Token, list[tuple[int, int]]] = defaultdict(list)
        self._queue = Queue(self.trials)
        self._ended: list[int] = []  # the ids of completed trials; a completion's number is its place, from 1

    def trial(self, trial_id: int) -> TrialRecord:
        """Return a trial, or raise `TrialNotFoundError`."""
        if trial_id not in self.trials:
            raise TrialNotFoundError.of(trial_id)
        return self.trials[trial_id]

    def add(self, new: NewTrial, tunable_config_id: int, first_id: int, now: Micros) -> TrialRecord:
        """Add a trial under the next id, unless its token is known."""
        if new.token in self._added:
            return self.trials[self._added[new.token]]
        trial_id = first_id if self.record.next_trial_id is None else self.record.next_trial_id
        self.record = replace(self.record, next_trial_id=trial_id + 1)
        self._added[new.token] = trial_id
        trial = transitions.added(new, trial_id, tunable_config_id, now)
        return self._put(trial, transitions.first_ts(trial, now))

    def select(self, query: TrialQuery) -> list[TrialRecord]:
        """Return the trials that a query asks for, with the parts that it asks for."""
        return selected(self._candidates(query), query)

    def claim(self, claim: Claim, now: Micros) -> list[TrialRecord]:
        """Hand trials to a runner for their next attempts, or return those that this claim got before."""
        if claim.token in self._claims:
            return still_held((self.trials[i], attempt) for i, attempt in self._claims[claim.token])
        at = now if claim.due_by is None else claim.due_by
        waiting = (self._queue.waiting(runner, at, claim.limit) for runner in {None, claim.trial_runner_id})
        found = chosen(chain(self.lost(at), *waiting), claim, now)
        return [self._claim(trial, claim, now) for trial in found]

    def lost(self, at: Micros) -> list[TrialRecord]:
        """Return the running trials whose leases are over."""
        return self._queue.lost(at)

    def fail(self, trial: TrialRecord, now: Micros, reason: str) -> TrialRecord:
        """End a trial whose last lease is over."""
        failed = transitions.failed(trial, now)
        return self._put(failed, now, reason)

    def change(self, change: TrialChange, now: Micros) -> bool:
        """Apply a change if it was not met before and its conditions hold, and tell whether it counts as applied."""
        stored = self.trial(change.trial_id)
        if (change.trial_id, change.token) in self._met:
            return True
        if not transitions.holds(change, stored):
            return False
        if change.token is not None:
            self._met.add((change.trial_id, change.token))
        changed = replace(stored, **transitions.new_values(change, now))
        if change.status is UNSET:
            self._store(changed)
        else:
            self._put(changed, change.ts, change.reason)
        return True

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        """Add the rows of a batch that are new, and the reported status, unless the batch was met before."""
        trial = self.trial(batch.trial_id)
        if (batch.trial_id, batch.token) in self._met:
            return
        transitions.check_telemetry(batch, trial)
        self._met.add((batch.trial_id, batch.token))
        for row in batch.rows:
            stored = StoredTelemetryRow(batch.trial_id, batch.attempt, row.ts, row.metric, row.value)
            self.telemetry[batch.trial_id].setdefault((batch.attempt, row.ts, row.metric), stored)
        self.history[batch.trial_id].append(transitions.report_of(batch, trial))

    def _claim(self, trial: TrialRecord, claim: Claim, now: Micros) -> TrialRecord:
        claimed = transitions.claimed(trial, claim, now)
        self._claims[claim.token].append((claimed.trial_id, claimed.attempt))
        return self._put(claimed, now, transitions.takeover_reason(trial))

    def _put(self, trial: TrialRecord, ts: Micros, reason: str | None = None) -> TrialRecord:
        """Store a trial that got a status, with its history row and, if that ends it, a completion number."""
        if trial.status.is_completed():
            self._ended.append(trial.trial_id)
            trial = replace(trial, completion=len(self._ended))
        self._store(trial)
        self.history[trial.trial_id].append(transitions.status_change(trial, ts, reason))
        return trial

    def _store(self, trial: TrialRecord) -> None:
        self.trials[trial.trial_id] = trial
        self._queue.put(trial)

    def _candidates(self, query: TrialQuery) -> Iterator[TrialRecord]:
        if query.trial_ids is not None:
            ids: Iterable[int] = sorted(self.trials.keys() & set(query.trial_ids))
        elif query.completed_after is not None:
            ids = sorted(self._ended_after(query.completed_after, query.completions))
        else:
            ids = self.trials
        return (self.trials[trial_id] for trial_id in ids)

    def _ended_after(self, number: int, others: Collection[int]) -> Iterator[int]:
        asked = (other for other in others if 0 < other <= min(number, len(self._ended)))
        return chain(self._ended[max(number, 0) :], (self._ended[other - 1] for other in asked))
