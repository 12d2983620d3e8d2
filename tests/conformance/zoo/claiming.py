"""Backends that hand out trials wrongly."""

from __future__ import annotations

import time

from msgspec.structs import replace

from trialstore.backend import Capability
from trialstore.records import Claim, Parts, TrialQuery, TrialRecord
from trialstore.status import Status
from trialstore_memory import MemoryBackend

__all__ = [
    "ClaimsById",
    "ClaimsTwice",
    "ForgetsClaims",
    "ForgivesLostLeases",
    "GivesOneAttemptMore",
    "GoesByTheClientsClock",
    "HandsOutAnothersConfig",
    "HandsOutWithoutParts",
    "IgnoresRunners",
    "ReplacesHistory",
    "WaitsTooLong",
    "WritesTheOldAttempt",
]

PENDING = frozenset({Status.PENDING})


class ClaimsTwice(MemoryBackend):
    """Reads what is pending, then writes: two runners that read at the same moment both get it."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        pending = TrialQuery(
            uid=claim.uid,
            statuses=PENDING,
            due_by=claim.due_by,
            parts=Parts.METADATA,
        )
        found = self.find_trials(pending)[: claim.limit]
        time.sleep(0.001)
        experiment = self._experiment(claim.uid)
        return [experiment._claim(trial, claim, claim.due_by or 0) for trial in found]


class ForgetsClaims(MemoryBackend):
    """Does not store the token of a claim, so a repeated claim takes more trials."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        return super().claim_trials(replace(claim, token=f"{claim.token[:20]}{time.monotonic_ns()}"))


class IgnoresRunners(MemoryBackend):
    """Hands trials that are assigned to one runner to another."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._lock:
            experiment = self._experiment(claim.uid)
            for trial in experiment.select(TrialQuery(uid=claim.uid, statuses=PENDING, parts=Parts(3))):
                experiment.trials[trial.trial_id] = replace(trial, trial_runner_id=None)
            return super().claim_trials(claim)


class ClaimsById(MemoryBackend):
    """Hands out by trial id, whatever is due first."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        return sorted(super().claim_trials(claim), key=lambda trial: trial.trial_id)


class WaitsTooLong(MemoryBackend):
    """Compares due times with `<` instead of `<=`."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        return super().claim_trials(replace(claim, due_by=claim.due_by and claim.due_by - 1))


class ForgivesLostLeases(MemoryBackend):
    """Does not count the leases that a trial has lost."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._lock:
            trials = self._experiment(claim.uid).trials
            claimed = [replace(trial, expirations=0) for trial in super().claim_trials(claim)]
            trials.update({trial.trial_id: trial for trial in claimed})
            return claimed


class GivesOneAttemptMore(MemoryBackend):
    """Compares the lost leases with `max_attempts` before it counts the one that is lost now."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        more = None if claim.max_attempts is None else claim.max_attempts + 1
        return super().claim_trials(replace(claim, max_attempts=more))


class GoesByTheClientsClock(MemoryBackend):
    """Says that it goes by its server's clock, and asks the client's."""

    capabilities = MemoryBackend.capabilities | {Capability.SERVER_CLOCK}


class HandsOutAnothersConfig(MemoryBackend):
    """Joins what it hands out with the config of the first of the trials."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        claimed = super().claim_trials(claim)
        configs = self.find_tunable_configs({trial.tunable_config_id for trial in claimed})
        return [replace(trial, config=configs[claimed[0].tunable_config_id]) for trial in claimed]


class HandsOutWithoutParts(MemoryBackend):
    """Returns what the update of a claim touches."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        return [replace(trial, metadata=None) for trial in super().claim_trials(claim)]


class ReplacesHistory(MemoryBackend):
    """Keeps the history since a trial was claimed last."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._lock:
            claimed = super().claim_trials(claim)
            history = self._experiment(claim.uid).history
            history.update({trial.trial_id: history[trial.trial_id][-1:] for trial in claimed})
            return claimed


class WritesTheOldAttempt(MemoryBackend):
    """Writes the history of a claim from the row as it was before."""

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._lock:
            claimed = super().claim_trials(claim)
            for trial in claimed:
                rows = self._experiment(claim.uid).history[trial.trial_id]
                rows[-1] = replace(rows[-1], attempt=trial.attempt - 1)
            return claimed
