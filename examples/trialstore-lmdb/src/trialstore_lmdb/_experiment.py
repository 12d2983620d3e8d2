"""What a call does to one experiment, in the call's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, islice
from operator import attrgetter

from msgspec import UNSET
from msgspec.structs import replace

from trialstore import records, transitions
from trialstore.errors import ExperimentNotFoundError, TrialNotFoundError
from trialstore.selection import chosen, selected, still_held
from trialstore.times import Micros
from trialstore_lmdb import _tables as tables
from trialstore_lmdb._tables import Part, Table, Transaction

_TELEMETRY_ORDER = attrgetter("trial_id", "attempt", "ts", "metric")


class StoredExperiment:
    """One experiment with all that belongs to it; raises `ExperimentNotFoundError` if there is none."""

    def __init__(self, tx: Transaction, uid: records.Uid) -> None:
        record = tx.get(tables.EXPERIMENTS, uid)
        if record is None:
            raise ExperimentNotFoundError.of(uid)
        self.record = record
        self._tx, self._uid = tx, uid

    def trials(
        self, ids: Iterable[int] | None = None, after_id: int | None = None
    ) -> Iterator[records.TrialRecord]:
        """Yield trials by id: those that there are of some, or all."""
        if ids is None:
            return self._tx.scan(tables.TRIALS, self._uid, after=after_id)
        found = (self._tx.get(tables.TRIALS, self._uid, trial_id) for trial_id in sorted(set(ids)))
        return (trial for trial in found if trial is not None)

    def add(self, new: records.NewTrial, first_id: int, now: Micros) -> records.TrialRecord:
        """Add a trial under the next id, unless its token is known."""
        known = self._tx.get(tables.ADDED, self._uid, new.token)
        if known is not None:
            return self._trial(known)
        trial_id = first_id if self.record.next_trial_id is None else self.record.next_trial_id
        self.record = replace(self.record, next_trial_id=trial_id + 1)
        self._tx.put(tables.EXPERIMENTS, self.record, self._uid)
        self._tx.put(tables.ADDED, trial_id, self._uid, new.token)
        trial = transitions.added(new, trial_id, self._config_id(new), now)
        return self._put(trial, transitions.first_ts(trial, now))

    def find(self, query: records.TrialQuery) -> list[records.TrialRecord]:
        """Return the trials of a query, looking at no more than an index leaves."""
        ids = query.trial_ids
        if ids is None and query.completed_after is not None:
            ids = self._completed(query.completed_after, query.completions)
        return selected(self.trials(ids, query.after_id), query)

    def claim(self, claim: records.Claim, now: Micros) -> list[records.TrialRecord]:
        """Hand trials to a runner for their next attempts, or return those that this claim got before."""
        known = self._tx.get(tables.CLAIMED, self._uid, claim.token)
        if known is not None:
            return still_held((self._trial(trial_id), attempt) for trial_id, attempt in known)
        at = now if claim.due_by is None else claim.due_by
        found = chosen(chain(self._lost(at), self._waiting(claim, at)), claim, now)
        claimed = [self._claim(trial, claim, now) for trial in found]
        if claimed:
            attempts = [(trial.trial_id, trial.attempt) for trial in claimed]
            self._tx.put(tables.CLAIMED, attempts, self._uid, claim.token)
        return claimed

    def expire(self, expiry: records.Expiry, now: Micros) -> list[records.TrialRecord]:
        """Fail the running trials whose leases are lost and used up."""
        lost = self._lost(now if expiry.due_by is None else expiry.due_by)
        used_up = [trial for trial in lost if transitions.is_used_up(trial, expiry.max_attempts)]
        return [
            self._put(transitions.failed(trial, now), now, expiry.reason, before=trial) for trial in used_up
        ]

    def change(self, change: records.TrialChange, now: Micros) -> records.ChangeOutcome:
        """Apply a change, unless it was met before or what it expects does not stand there."""
        stored = self._trial(change.trial_id)
        if change.token is not None and self._has_met(change.trial_id, change.token):
            return records.ChangeOutcome(applied=True, record=stored)
        if not transitions.holds(change, stored):
            return records.ChangeOutcome(applied=False, record=stored)
        if change.token is not None:
            self._tx.put(tables.MET, True, self._uid, change.trial_id, change.token)
        changed = replace(stored, **transitions.new_values(change, now))
        if change.status is UNSET:
            self._store(changed, before=stored)
        else:
            changed = self._put(changed, change.ts, change.reason, before=stored)
        return records.ChangeOutcome(applied=True, record=changed)

    def add_telemetry(self, batch: records.TelemetryBatch) -> None:
        """Add the rows of a batch that are new, and the reported status, unless the batch was met before."""
        trial = self._trial(batch.trial_id)
        if self._has_met(batch.trial_id, batch.token):
            return
        transitions.check_telemetry(batch, trial)
        self._tx.put(tables.MET, True, self._uid, batch.trial_id, batch.token)
        self._append(transitions.report_of(batch, trial))
        for row in batch.rows:
            key = (batch.trial_id, batch.attempt, row.ts, row.metric)
            stored = records.StoredTelemetryRow(*key, row.value)
            self._tx.put(tables.TELEMETRY, stored, self._uid, *key, overwrite=False)

    def telemetry(self, query: records.TelemetryQuery) -> list[records.StoredTelemetryRow]:
        """Return telemetry, of the current attempts or of all."""
        keys = (
            (trial.trial_id,) if query.all_attempts else (trial.trial_id, trial.attempt)
            for trial in self.trials(query.trial_ids)
        )
        found = chain.from_iterable(self._tx.scan(tables.TELEMETRY, self._uid, *key) for key in keys)
        return sorted(found, key=_TELEMETRY_ORDER)

    def history(self, trial_ids: Collection[int] | None) -> list[records.StatusChange]:
        """Return the history of some or all trials."""
        if trial_ids is None:
            return list(self._tx.scan(tables.HISTORY, self._uid))
        ids = sorted(set(trial_ids))
        return [row for trial_id in ids for row in self._tx.scan(tables.HISTORY, self._uid, trial_id)]

    def _config_id(self, new: records.NewTrial) -> int:
        config_id = self._tx.get(tables.CONFIG_IDS, new.config_hash)
        if config_id is None:
            config_id = self._tx.next_number(tables.CONFIGS)
            self._tx.put(tables.CONFIG_IDS, config_id, new.config_hash)
            self._tx.put(tables.CONFIGS, new.config, config_id)
        return config_id

    def _trial(self, trial_id: int) -> records.TrialRecord:
        found = self._tx.get(tables.TRIALS, self._uid, trial_id)
        if found is None:
            raise TrialNotFoundError.of(trial_id)
        return found

    def _has_met(self, trial_id: int, token: records.Token) -> bool:
        return self._tx.get(tables.MET, self._uid, trial_id, token) is not None

    def _completed(self, number: int, others: Collection[int]) -> set[int]:
        found = (self._tx.get(tables.COMPLETIONS, self._uid, other) for other in others)
        after = self._tx.scan(tables.COMPLETIONS, self._uid, after=number)
        return {*after, *(trial_id for trial_id in found if trial_id is not None)}

    def _waiting(self, claim: records.Claim, at: Micros) -> Iterator[records.TrialRecord]:
        for runner in {None, claim.trial_runner_id}:
            due = self._tx.scan(tables.QUEUE, self._uid, _name_of(runner), until=at)
            yield from self.trials(islice(due, claim.limit))

    def _lost(self, at: Micros) -> Iterator[records.TrialRecord]:
        return self.trials(self._tx.scan(tables.LEASES, self._uid, until=at))

    def _claim(self, trial: records.TrialRecord, claim: records.Claim, now: Micros) -> records.TrialRecord:
        claimed = transitions.claimed(trial, claim, now)
        return self._put(claimed, now, transitions.takeover_reason(trial), before=trial)

    def _put(
        self,
        trial: records.TrialRecord,
        ts: Micros,
        reason: str | None = None,
        before: records.TrialRecord | None = None,
    ) -> records.TrialRecord:
        """Store a trial that got a status, with its row of history and, if that ends it, a completion number."""
        if trial.status.is_completed():
            number = self._tx.next_number(tables.COMPLETIONS, self._uid)
            self._tx.put(tables.COMPLETIONS, trial.trial_id, self._uid, number)
            trial = replace(trial, completion=number)
        self._append(transitions.status_change(trial, ts, reason))
        self._store(trial, before)
        return trial

    def _append(self, row: records.StatusChange) -> None:
        number = self._tx.next_number(tables.HISTORY, self._uid, row.trial_id)
        self._tx.put(tables.HISTORY, row, self._uid, row.trial_id, number)

    def _store(self, trial: records.TrialRecord, before: records.TrialRecord | None) -> None:
        """Store a trial and its place in the index that claims look at, instead of the one that it had before."""
        for table, key in () if before is None else self._places_of(before):
            self._tx.delete(table, *key)
        self._tx.put(tables.TRIALS, trial, self._uid, trial.trial_id)
        for table, key in self._places_of(trial):
            self._tx.put(table, trial.trial_id, *key)

    def _places_of(self, trial: records.TrialRecord) -> Iterator[tuple[Table[int], tuple[Part, ...]]]:
        if trial.status.is_pending():
            yield tables.QUEUE, (self._uid, _name_of(trial.trial_runner_id), trial.due, trial.trial_id)
        elif trial.status.is_running() and trial.lease_expires is not None:
            yield tables.LEASES, (self._uid, trial.lease_expires, trial.trial_id)


def _name_of(runner: int | None) -> str:
    return "" if runner is None else str(runner)
