"""Backends whose writes are not atomic, not idempotent, or not fenced."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from msgspec import UNSET
from msgspec.structs import replace

from trialstore.errors import NotFoundError
from trialstore.records import (
    ChangeOutcome,
    Expiry,
    NewTrial,
    TelemetryBatch,
    TrialChange,
    TrialQuery,
    TrialRecord,
)
from trialstore_memory import MemoryBackend

__all__ = [
    "AcceptsStaleTelemetry",
    "AddsTwice",
    "AppliesHalfABatch",
    "BeatsForOthers",
    "ChangesTwice",
    "CompletesTwice",
    "CountsInTheClient",
    "ForgetsOldTokens",
    "KeepsTheRunner",
    "KnowsTokensEverywhere",
    "LetsTheLastTelemetryWin",
    "NumbersByCounting",
    "NumbersNoExpiry",
    "ReportsChangeTheTrial",
    "SwallowsErrors",
    "TakesFirstIdsAgain",
    "WritesMetricsFirst",
]


class CountsInTheClient(MemoryBackend):
    """Reads the counter, counts by itself, and writes the counter back."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        experiment = self._experiment(uid)
        next_trial_id = experiment.record.next_trial_id
        time.sleep(0.001)
        with self._lock:
            experiment.record = replace(experiment.record, next_trial_id=next_trial_id)
            return super().add_trials(uid, new, first_id)


class AddsTwice(MemoryBackend):
    """Ignores the tokens of new trials, so that a retry adds them again."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        return super().add_trials(uid, [replace(trial, token=uuid.uuid4().hex) for trial in new], first_id)


class AppliesHalfABatch(MemoryBackend):
    """Takes a batch for done when one of its trials is there."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        with self._lock:
            known = [trial for trial in new if trial.token in self._experiment(uid)._added]
            return super().add_trials(uid, known or new, first_id)


class KnowsTokensEverywhere(MemoryBackend):
    """Has an index that makes tokens unique in the whole storage."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        with self._lock:
            known = set().union(*(other._added for other in self._experiments.values()))
            mine = self._experiment(uid)._added
            fresh = [trial for trial in new if trial.token not in known or trial.token in mine]
            return super().add_trials(uid, fresh, first_id)


class TakesFirstIdsAgain(MemoryBackend):
    """Lets the counter begin anew wherever a caller says."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        with self._lock:
            experiment = self._experiment(uid)
            counter = max(experiment.record.next_trial_id or first_id, first_id)
            experiment.record = replace(experiment.record, next_trial_id=counter)
            return super().add_trials(uid, new, first_id)


class ForgetsOldTokens(MemoryBackend):
    """Keeps a trial's last token beside it, and no other."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        with self._lock:
            outcome = super().change_trial(change)
            experiment = self._experiment(change.uid)
            others = {met for met in experiment._met if met[0] != change.trial_id}
            if change.token is not None:
                experiment._met = others | {(change.trial_id, change.token)}
            return outcome


class KeepsTheRunner(MemoryBackend):
    """Sets the runner with COALESCE, so that nobody can be taken off a trial."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        runner = UNSET if change.trial_runner_id is None else change.trial_runner_id
        return super().change_trial(replace(change, trial_runner_id=runner))


class BeatsForOthers(MemoryBackend):
    """Renews the lease of whoever has the trial now."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        if change.token is not None:
            return super().change_trial(change)
        attempt = self._experiment(change.uid).trial(change.trial_id).attempt
        return super().change_trial(replace(change, attempt=attempt, expected_trial_runner_id=UNSET))


class NumbersByCounting(MemoryBackend):
    """Takes one more than the greatest number of a completion, without a lock, for the next one."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        trials = self._experiment(change.uid).trials
        number = max((trial.completion or 0 for trial in list(trials.values())), default=0) + 1
        time.sleep(0.001)
        with self._lock:
            is_open = self._experiment(change.uid).trial(change.trial_id).completion is None
            outcome = super().change_trial(change)
            if not is_open or outcome.record.completion is None:
                return outcome
            trials[change.trial_id] = replace(outcome.record, completion=number)
            return ChangeOutcome(outcome.applied, trials[change.trial_id])


class NumbersNoExpiry(MemoryBackend):
    """Numbers the completions that runners report, not those that it makes itself."""

    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        with self._lock:
            failed = [replace(trial, completion=None) for trial in super().expire_leases(expiry)]
            self._experiment(expiry.uid).trials.update({trial.trial_id: trial for trial in failed})
            return failed


class ChangesTwice(MemoryBackend):
    """Ignores the token of a change: a retry after a lost answer is refused as if it were another change."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        return super().change_trial(replace(change, token=uuid.uuid4().hex))


class WritesMetricsFirst(MemoryBackend):
    """Writes the metrics, and looks at the status then."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        with self._lock:
            trial = self._experiment(change.uid).trial(change.trial_id)
            if change.metrics is not UNSET:
                self._experiment(change.uid).trials[trial.trial_id] = replace(trial, metrics=change.metrics)
            return super().change_trial(change)


class CompletesTwice(MemoryBackend):
    """Checks the conditions of a change in one step and applies it in another."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        found = self.find_trials(TrialQuery(uid=change.uid, trial_ids=[change.trial_id]))
        time.sleep(0.001)
        if not any(trial.status in change.from_statuses for trial in found):
            return super().change_trial(change)
        return super().change_trial(replace(change, from_statuses=change.from_statuses | {change.status}))


class LetsTheLastTelemetryWin(MemoryBackend):
    """Stores telemetry with an upsert."""

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        with self._lock:
            rows = self._experiment(batch.uid).telemetry[batch.trial_id]
            for row in batch.rows:
                rows.pop((batch.attempt, row.ts, row.metric), None)
            super().add_telemetry(batch)


class AcceptsStaleTelemetry(MemoryBackend):
    """Stores telemetry without looking at the attempt."""

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        with self._lock:
            attempt = self._experiment(batch.uid).trial(batch.trial_id).attempt
            super().add_telemetry(replace(batch, attempt=attempt))


class ReportsChangeTheTrial(MemoryBackend):
    """Takes the status that is reported with telemetry for the status of the trial."""

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        with self._lock:
            super().add_telemetry(batch)
            experiment = self._experiment(batch.uid)
            changed = replace(experiment.trial(batch.trial_id), status=batch.status)
            experiment.trials[batch.trial_id] = changed


class SwallowsErrors(MemoryBackend):
    """Takes telemetry of a trial that is not there for stored."""

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        try:
            super().add_telemetry(batch)
        except NotFoundError:
            return
