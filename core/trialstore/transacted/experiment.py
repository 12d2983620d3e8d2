"""What each call does to one experiment, in terms of its engine's steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from operator import attrgetter

from msgspec import UNSET
from msgspec.structs import replace

from trialstore import transitions
from trialstore.errors import TrialNotFoundError
from trialstore.records import (
    ChangeOutcome,
    Claim,
    Expiry,
    NewTrial,
    StatusChange,
    StoredTelemetryRow,
    TelemetryBatch,
    TelemetryQuery,
    TrialChange,
    TrialQuery,
    TrialRecord,
)
from trialstore.selection import LEASED, chosen, place_of, queue_of, selected, still_held
from trialstore.status import Status
from trialstore.times import Micros
from trialstore.transacted.steps import Steps

__all__ = ["StoredExperiment"]

_IN_A_TRIAL = attrgetter("attempt", "ts", "metric")


class StoredExperiment(Steps):
    """One experiment with all that belongs to it, within a transaction; what is abstract here is its engine's."""

    def trial(self, trial_id: int) -> TrialRecord:
        """Return a trial, or raise `TrialNotFoundError`."""
        found = self.get_trial(trial_id)
        if found is None:
            raise TrialNotFoundError.of(trial_id)
        return found

    def add(self, new: NewTrial, first_id: int, now: Micros) -> TrialRecord:
        """Add a trial under the next id, unless its token is known."""
        known = self.added_by(new.token)
        if known is not None:
            return self.trial(known)
        trial_id = first_id if self.record.next_trial_id is None else self.record.next_trial_id
        self.put_record(replace(self.record, next_trial_id=trial_id + 1))
        self.note_added(new.token, trial_id)
        trial = transitions.added(new, trial_id, self.config_id(new), now)
        return self._put(trial, transitions.first_ts(trial, now))

    def select(self, query: TrialQuery) -> list[TrialRecord]:
        """Return the trials of a query, reading no more than its ids or its completions leave."""
        ids: Iterable[int] | None = query.trial_ids
        if ids is None and query.completed_after is not None:
            ids = self.completed(query.completed_after, query.completions)
        return selected(self.scan_trials(query.after_id) if ids is None else self._those_of(ids), query)

    def count(self) -> Mapping[Status, int]:
        """Return how many trials have each status."""
        return Counter(trial.status for trial in self.scan_trials(None))

    def claim(self, claim: Claim) -> list[TrialRecord]:
        """Hand trials to a runner for their next attempts, or return those that this claim got before."""
        known = self.claimed_by(claim.token)
        if known is not None:
            return still_held((self.trial(trial_id), attempt) for trial_id, attempt in known)
        now = self.now()
        claimed = [self._claim(trial, claim, now) for trial in chosen(self._open_to(claim, now), claim, now)]
        if claimed:
            self.note_claimed(claim.token, [(trial.trial_id, trial.attempt) for trial in claimed])
        return claimed

    def expire(self, expiry: Expiry) -> list[TrialRecord]:
        """Fail the running trials whose leases are over and used up."""
        now = self.now()
        lost = self.first_of(LEASED, now if expiry.due_by is None else expiry.due_by, None)
        used_up = [trial for trial in lost if transitions.is_used_up(trial, expiry.max_attempts)]
        return [self._put(transitions.failed(trial, now), now, expiry.reason, trial) for trial in used_up]

    def change(self, change: TrialChange) -> ChangeOutcome:
        """Apply a change, unless it was met before, or what it expects does not stand there."""
        stored = self.trial(change.trial_id)
        if change.token is not None and self.has_met(change.trial_id, change.token):
            return ChangeOutcome(applied=True, record=stored)
        if not transitions.holds(change, stored):
            return ChangeOutcome(applied=False, record=stored)
        if change.token is not None:
            self.note_met(change.trial_id, change.token)
        changed = replace(stored, **transitions.new_values(change, self.now))
        if change.status is UNSET:
            self._store(changed, stored)
        else:
            changed = self._put(changed, change.ts, change.reason, stored)
        return ChangeOutcome(applied=True, record=changed)

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        """Add the rows of a batch that are new, and the reported status, unless the batch was met before."""
        trial = self.trial(batch.trial_id)
        if self.has_met(batch.trial_id, batch.token):
            return
        transitions.check_telemetry(batch, trial)
        self.note_met(batch.trial_id, batch.token)
        self.add_rows(batch)
        self.add_history(transitions.report_of(batch, trial))

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        """Return the telemetry of some trials, of their current attempts or of all."""
        found = (
            sorted(
                self.rows_of(trial.trial_id, None if query.all_attempts else trial.attempt), key=_IN_A_TRIAL
            )
            for trial in self._those_of(query.trial_ids)
        )
        return list(chain.from_iterable(found))

    def find_status_changes(self, trial_ids: Collection[int] | None) -> list[StatusChange]:
        """Return the history of some or (None) all trials."""
        asked: list[int | None] = [None] if trial_ids is None else [*sorted(set(trial_ids))]
        return list(chain.from_iterable(map(self.history_of, asked)))

    def _those_of(self, ids: Iterable[int]) -> Iterable[TrialRecord]:
        return (trial for trial in map(self.get_trial, sorted(set(ids))) if trial is not None)

    def _open_to(self, claim: Claim, now: Micros) -> Iterable[TrialRecord]:
        at = now if claim.due_by is None else claim.due_by
        waiting = {queue_of(None), queue_of(claim.trial_runner_id)}
        mine = (self.first_of(queue, at, claim.limit) for queue in waiting)
        return chain(self.first_of(LEASED, at, None), *mine)

    def _claim(self, trial: TrialRecord, claim: Claim, now: Micros) -> TrialRecord:
        claimed = transitions.claimed(trial, claim, now)
        return self._put(claimed, now, transitions.takeover_reason(trial), trial)

    def _put(
        self, trial: TrialRecord, ts: Micros, reason: str | None = None, before: TrialRecord | None = None
    ) -> TrialRecord:
        """Store a trial that got a status, with its row of history and, if that ends it, a completion number."""
        if trial.status.is_completed():
            trial = replace(trial, completion=self.complete(trial.trial_id))
        self._store(trial, before)
        self.add_history(transitions.status_change(trial, ts, reason))
        return trial

    def _store(self, trial: TrialRecord, before: TrialRecord | None = None) -> None:
        """Store a trial, and its place in a queue instead of the one that it had before."""
        left, taken = None if before is None else place_of(before), place_of(trial)
        if left == taken:
            left = taken = None
        self.put_trial(trial, left, taken)
