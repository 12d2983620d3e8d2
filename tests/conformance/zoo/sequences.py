"""Backends whose mistakes need several steps, in an order that no single test of the suite goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from trialstore.records import ChangeOutcome, Claim, NewTrial, TelemetryBatch, TrialChange, TrialRecord
from trialstore.status import Status
from trialstore_memory import MemoryBackend

__all__ = ["ForgivesWhatIsReleased", "MixesLaterAttempts", "PutsReleasedLast", "RestoresMetadata"]


class ForgivesWhatIsReleased(MemoryBackend):
    """Makes a trial that was given back as good as new: the leases that it lost before are forgotten."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        with self._lock:
            outcome = super().change_trial(change)
            if not outcome.record.status.is_pending():
                return outcome
            trial = replace(outcome.record, expirations=0)
            self._experiment(change.uid).trials[trial.trial_id] = trial
            return ChangeOutcome(outcome.applied, trial)


class MixesLaterAttempts(MemoryBackend):
    """Keys telemetry by whether the trial was claimed, instead of by how often."""

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        with self._lock:
            known = self._experiment(batch.uid).telemetry[batch.trial_id]
            claimed = {key[1:] for key in known if 0 < key[0] < batch.attempt}
            rows = tuple(row for row in batch.rows if (row.ts, row.metric) not in claimed)
            super().add_telemetry(replace(batch, rows=rows))


class PutsReleasedLast(MemoryBackend):
    """Hands out again what was given back when there is nothing else, however long it has been due."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._lock:
            experiment = self._experiment(claim.uid)
            released = [t for t in experiment.trials.values() if t.status.is_pending() and t.attempt]
            for trial in released:
                experiment.trials[trial.trial_id] = replace(trial, status=Status.READY)
            others = super().claim_trials(claim)
            for trial in released:
                experiment._store(trial)
            return others or super().claim_trials(claim)


class RestoresMetadata(MemoryBackend):
    """Claims by writing a whole row, with the metadata that it had when it came into a cache."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._cache: dict[tuple[str, int], str | None] = {}

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        added = super().add_trials(uid, new, first_id)
        for trial in added:
            self._cache.setdefault((uid, trial.trial_id), trial.metadata)
        return added

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._lock:
            found = super().claim_trials(claim)
            claimed = [replace(trial, metadata=self._cache[claim.uid, trial.trial_id]) for trial in found]
            self._experiment(claim.uid).trials.update({trial.trial_id: trial for trial in claimed})
            return claimed
