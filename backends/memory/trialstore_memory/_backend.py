"""The reference backend: every method under one lock, over plain dicts of immutable records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from threading import RLock
from typing import Any

from trialstore.backend import Backend, Capability
from trialstore.codec import Encoded
from trialstore.errors import ExperimentNotFoundError, StorageNotFoundError
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
from trialstore.selection import is_asked_for
from trialstore.status import Status
from trialstore.times import now_micros
from trialstore.transitions import is_used_up
from trialstore_memory._experiment import StoredExperiment


class MemoryBackend(Backend):
    """Keeps everything in this process, until it is closed.

    Parameters
    ----------
    config
        ``database`` is a name to show; storages with the same name are different storages all the same.
    """

    capabilities = frozenset({Capability.ATOMIC_CALLS})

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.label = f"memory:{config.get('database') or ''}"
        self._lock = RLock()
        self._clear()

    def open(self, *, create: bool, read_only: bool) -> None:
        if read_only or not create:
            raise StorageNotFoundError(
                f"{self.label} is empty until this process fills it: open it for writing"
            )

    def close(self) -> None:
        with self._lock:
            self._clear()

    def upgrade(self) -> None:
        """Do nothing: what lives as long as the process has no older schema."""

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        with self._lock:
            uid = self._uids.setdefault(new.experiment_id, new.uid)
            return self._experiments.setdefault(uid, StoredExperiment(new)).record

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        with self._lock:
            records = (self._experiments[uid].record for _, uid in sorted(self._uids.items()))
            return [record for record in records if is_asked_for(record, query)]

    def delete_experiment(self, uid: Uid) -> None:
        with self._lock:
            experiment = self._experiments.pop(uid, None)
            if experiment is not None:
                del self._uids[experiment.record.experiment_id]

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        with self._lock:
            return {config_id: self._configs[config_id] for config_id in ids if config_id in self._configs}

    def add_trials(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        with self._lock:
            experiment, now = self._experiment(uid), now_micros()
            return [experiment.add(trial, self._config_id(trial), first_id, now) for trial in new]

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        with self._lock:
            return self._experiment(query.uid).select(query)

    def count_trials(self, uid: Uid) -> Mapping[Status, int]:
        with self._lock:
            return Counter(trial.status for trial in self._experiment(uid).trials.values())

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        with self._lock:
            return self._experiment(claim.uid).claim(claim, now_micros())

    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        with self._lock:
            experiment, now = self._experiment(expiry.uid), now_micros()
            at = now if expiry.due_by is None else expiry.due_by
            used_up = [trial for trial in experiment.lost(at) if is_used_up(trial, expiry.max_attempts)]
            return [experiment.fail(trial, now, expiry.reason) for trial in used_up]

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        with self._lock:
            experiment = self._experiment(change.uid)
            applied = experiment.change(change, now_micros())
            return ChangeOutcome(applied, experiment.trial(change.trial_id))

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        with self._lock:
            self._experiment(batch.uid).add_telemetry(batch)

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        with self._lock:
            experiment = self._experiment(query.uid)
            return [
                row
                for trial_id in sorted(experiment.trials.keys() & set(query.trial_ids))
                for key, row in sorted(experiment.telemetry[trial_id].items())
                if query.all_attempts or key[0] == experiment.trials[trial_id].attempt
            ]

    def find_status_changes(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        with self._lock:
            experiment = self._experiment(uid)
            asked = (
                experiment.trials.keys()
                if trial_ids is None
                else sorted(experiment.trials.keys() & set(trial_ids))
            )
            return [change for trial_id in asked for change in experiment.history[trial_id]]

    def _clear(self) -> None:
        self._experiments: dict[Uid, StoredExperiment] = {}
        self._uids: dict[str, Uid] = {}
        self._config_ids: dict[str, int] = {}
        self._configs: dict[int, Encoded] = {}

    def _experiment(self, uid: Uid) -> StoredExperiment:
        if uid not in self._experiments:
            raise ExperimentNotFoundError.of(uid)
        return self._experiments[uid]

    def _config_id(self, new: NewTrial) -> int:
        config_id = self._config_ids.setdefault(new.config_hash, len(self._config_ids) + 1)
        self._configs.setdefault(config_id, new.config)
        return config_id
