"""A backend that passes every call on to another one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import ParamSpec, TypeVar

from trialstore.backend import Backend
from trialstore.codec import Encoded
from trialstore.records import (
    ChangeOutcome,
    Claim,
    ExperimentQuery,
    ExperimentRecord,
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
from trialstore.retry import retried
from trialstore.status import Status

_P = ParamSpec("_P")
_T = TypeVar("_T")
_PATIENCE_SECONDS = 60.0


class PassingBackend(Backend):
    """Passes every call on, by way of `_call`.

    Parameters
    ----------
    backend
        The backend that does the work.
    """

    def __init__(self, backend: Backend) -> None:
        self.capabilities = backend.capabilities
        self.label = backend.label
        self._backend = backend

    def open(self, *, create: bool, read_only: bool) -> None:
        self._backend.open(create=create, read_only=read_only)

    def close(self) -> None:
        self._backend.close()

    def upgrade(self) -> None:
        self._backend.upgrade()

    def after_fork(self) -> None:
        self._backend.after_fork()

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        return self._call(self._backend.put_experiment, new)

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        return self._call(self._backend.find_experiments, query)

    def delete_experiment(self, uid: Uid) -> None:
        self._call(self._backend.delete_experiment, uid)

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        return self._call(self._backend.find_tunable_configs, ids)

    def add_trials(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        return self._call(self._backend.add_trials, uid, new, first_id)

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        return self._call(self._backend.find_trials, query)

    def count_trials(self, uid: Uid) -> Mapping[Status, int]:
        return self._call(self._backend.count_trials, uid)

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        return self._call(self._backend.claim_trials, claim)

    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        return self._call(self._backend.expire_leases, expiry)

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        return self._call(self._backend.change_trial, change)

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        self._call(self._backend.add_telemetry, batch)

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        return self._call(self._backend.find_telemetry, query)

    def find_status_changes(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        return self._call(self._backend.find_status_changes, uid, trial_ids)

    @abstractmethod
    def _call(self, method: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what a method of the other backend returns."""


class PatientBackend(PassingBackend):
    """Calls again what fails in passing, as the core does: what many do at once may make some of them repeat it."""

    def _call(self, method: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        return retried(_PATIENCE_SECONDS, method, *args, **kwargs)
