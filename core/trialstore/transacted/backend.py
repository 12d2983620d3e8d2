"""A backend whose calls are steps in transactions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from trialstore.backend import Backend
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
    Uid,
)
from trialstore.status import Status
from trialstore.transacted.experiment import StoredExperiment

__all__ = ["TransactedBackend"]

T = TypeVar("T")


class TransactedBackend(Backend):
    """A backend whose calls for one experiment are steps in a transaction; what is beyond one is the engine's."""

    @abstractmethod
    def read(self, uid: Uid, step: Callable[[StoredExperiment], T]) -> T:
        """Return what a step finds in an experiment, at one moment.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """

    @abstractmethod
    def write(self, uid: Uid, step: Callable[[StoredExperiment], T]) -> T:
        """Return what a step makes of an experiment, once all that it wrote is stored; nothing is if it raises.

        An engine whose transactions may fail because of others may take the step again, in a new one.

        Raises
        ------
        ExperimentNotFoundError
            If no experiment has this uid.
        """

    def add_trials(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        def add(experiment: StoredExperiment) -> list[TrialRecord]:
            now = experiment.now()
            return [experiment.add(trial, first_id, now) for trial in new]

        return self.write(uid, add)

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        return self.read(query.uid, lambda experiment: experiment.select(query))

    def count_trials(self, uid: Uid) -> Mapping[Status, int]:
        return self.read(uid, lambda experiment: experiment.count())

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        return self.write(claim.uid, lambda experiment: experiment.claim(claim))

    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        return self.write(expiry.uid, lambda experiment: experiment.expire(expiry))

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        return self.write(change.uid, lambda experiment: experiment.change(change))

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        self.write(batch.uid, lambda experiment: experiment.add_telemetry(batch))

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        return self.read(query.uid, lambda experiment: experiment.find_telemetry(query))

    def find_status_changes(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        return self.read(uid, lambda experiment: experiment.find_status_changes(trial_ids))
