"""Everything that belongs to one experiment, in plain dicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from msgspec import UNSET
from msgspec.structs import replace

from trialstore.errors import TrialNotFoundError
from trialstore.records import (
    ExperimentRecord,
    NewTrial,
    Order,
    Parts,
    StatusChange,
    StoredTelemetryRow,
    Token,
    TrialChange,
    TrialQuery,
    TrialRecord,
)
from trialstore.status import Status
from trialstore.times import Micros


class StoredExperiment:
    """One experiment with its trials, their histories and their telemetry; the caller holds the lock."""

    def __init__(self, record: ExperimentRecord) -> None:
        self.record = record
        self.trials: dict[int, TrialRecord] = {}  # in the order of their ids, because these only rise
        self.history: dict[int, list[StatusChange]] = defaultdict(list)
        self.telemetry: dict[int, dict[tuple[int, Micros, str], StoredTelemetryRow]] = defaultdict(dict)
        self._added: dict[Token, int] = {}
        self._met: set[tuple[int, Token]] = set()
        self._claimed: dict[int, Token] = {}
        self._completions = 0

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
        return self._put(_first_record(new, trial_id, tunable_config_id, now), now)

    def select(self, query: TrialQuery) -> list[TrialRecord]:
        """Return the trials that a query asks for, with the parts that it asks for."""
        found = [trial for trial in self._candidates(query) if _matches(trial, query)]
        if query.order is Order.DUE:
            found.sort(key=lambda trial: (trial.due, trial.trial_id))
        if query.order is Order.COMPLETION:
            found = sorted(
                (t for t in found if t.completion is not None), key=lambda trial: trial.completion or 0
            )
        return [_with_parts(trial, query.parts) for trial in found[: query.limit]]

    def change(self, change: TrialChange, now: Micros) -> bool:
        """Apply a change if it was not met before and its conditions hold, and tell whether it counts as applied."""
        trial = self.trial(change.trial_id)
        if change.token is not None and self.has_met(change.trial_id, change.token):
            return True
        if not _holds(trial, change):
            return False
        if change.token is not None:
            self.meet(change.trial_id, change.token)
        changed = replace(trial, **_settings(change, now))
        if change.status is UNSET:
            self.trials[change.trial_id] = changed
        else:
            self._put(changed, change.ts, change.reason)
        return True

    def claim(
        self, trial: TrialRecord, token: Token, runner: int, now: Micros, lease: Micros | None
    ) -> TrialRecord:
        """Hand a trial to a runner for its next attempt."""
        self._claimed[trial.trial_id] = token
        claimed = replace(
            trial,
            status=Status.RUNNING,
            trial_runner_id=runner,
            attempt=trial.attempt + 1,
            expirations=trial.expirations + trial.status.is_running(),
            ts_start=now,
            lease_expires=None if lease is None else now + lease,
        )
        return self._put(claimed, now, "lease expired" if trial.status.is_running() else None)

    def claimed_with(self, token: Token) -> list[TrialRecord]:
        """Return the trials whose latest claim carries a token."""
        return [self.trials[trial_id] for trial_id, claim in self._claimed.items() if claim == token]

    def fail(self, trial: TrialRecord, now: Micros, reason: str) -> TrialRecord:
        """End a trial whose last lease is over."""
        failed = replace(
            trial, status=Status.FAILED, ts_end=now, lease_expires=None, expirations=trial.expirations + 1
        )
        return self._put(failed, now, reason)

    def has_met(self, trial_id: int, token: Token) -> bool:
        """Tell whether a write to a trial was applied before."""
        return (trial_id, token) in self._met

    def meet(self, trial_id: int, token: Token) -> None:
        """Remember that a write to a trial was applied."""
        self._met.add((trial_id, token))

    def _put(self, trial: TrialRecord, ts: Micros, reason: str | None = None) -> TrialRecord:
        """Store a trial with its new status, its completion number if that ends it, and a row of history."""
        if trial.status.is_completed():
            self._completions += 1
            trial = replace(trial, completion=self._completions, lease_expires=None)
        self.trials[trial.trial_id] = trial
        self.history[trial.trial_id].append(status_change(trial, trial.status, ts, reason))
        return trial

    def _candidates(self, query: TrialQuery) -> Iterator[TrialRecord]:
        if query.trial_ids is None:
            return iter(self.trials.values())
        return (self.trials[trial_id] for trial_id in sorted(set(query.trial_ids)) if trial_id in self.trials)


def status_change(
    trial: TrialRecord, status: Status, ts: Micros, reason: str | None = None, *, reported: bool = False
) -> StatusChange:
    """Return the history row that says that `trial` has, or is reported to have, `status`."""
    return StatusChange(
        trial_id=trial.trial_id,
        attempt=trial.attempt,
        status=status,
        ts=ts,
        trial_runner_id=trial.trial_runner_id,
        reason=reason,
        reported=reported,
    )


def due_order(trial: TrialRecord) -> tuple[Micros, int]:
    """Return the key by which waiting trials are handed out."""
    return trial.due, trial.trial_id


def _first_record(new: NewTrial, trial_id: int, tunable_config_id: int, now: Micros) -> TrialRecord:
    return TrialRecord(
        trial_id=trial_id,
        tunable_config_id=tunable_config_id,
        status=new.status,
        due=now if new.due is None else new.due,
        ts_start=new.ts_start,
        ts_end=new.ts_end,
        trial_runner_id=new.trial_runner_id,
        metadata=new.metadata,
        metrics=new.metrics,
    )


def _matches(trial: TrialRecord, query: TrialQuery) -> bool:
    conditions: tuple[tuple[object, Callable[[], bool]], ...] = (
        (query.after_id, lambda: trial.trial_id > (query.after_id or 0)),
        (query.statuses, lambda: trial.status in (query.statuses or ())),
        (query.due_by, lambda: trial.due <= (query.due_by or 0)),
        (query.runner_assigned, lambda: (trial.trial_runner_id is not None) is query.runner_assigned),
        (query.tunable_config_id, lambda: trial.tunable_config_id == query.tunable_config_id),
        (query.completed_after, lambda: (trial.completion or 0) > (query.completed_after or 0)),
    )
    return all(holds() for asked, holds in conditions if asked is not None)


def _with_parts(trial: TrialRecord, parts: Parts) -> TrialRecord:
    return replace(
        trial,
        metadata=trial.metadata if Parts.METADATA in parts else None,
        metrics=trial.metrics if Parts.METRICS in parts else None,
    )


def _holds(trial: TrialRecord, change: TrialChange) -> bool:
    return (
        trial.attempt == change.attempt
        and trial.status in change.from_statuses
        and change.expected_trial_runner_id in {UNSET, trial.trial_runner_id}
        and change.expected_metadata in {UNSET, trial.metadata}
    )


def _settings(change: TrialChange, now: Micros) -> dict[str, object]:
    names = ("status", "ts_start", "ts_end", "trial_runner_id", "metadata", "metrics")
    settings = {name: getattr(change, name) for name in names if getattr(change, name) is not UNSET}
    if change.lease is not UNSET:
        settings["lease_expires"] = None if change.lease is None else now + change.lease
    return settings
