"""The backend: each call is one transaction of LMDB."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

from trialstore import Backend, Capability, Status, records
from trialstore.codec import Encoded
from trialstore.errors import ReadOnlyError, StorageNotFoundError
from trialstore.selection import is_asked_for
from trialstore.times import now_micros
from trialstore_lmdb import _schema
from trialstore_lmdb import _tables as tables
from trialstore_lmdb._environment import File, after_fork
from trialstore_lmdb._experiment import StoredExperiment
from trialstore_lmdb._tables import Transaction
from trialstore_lmdb.plugin import DEFAULT_MAP_SIZE


class LmdbBackend(Backend):
    """Stores experiments and trials in an LMDB file, for any number of processes of one machine.

    Parameters
    ----------
    config
        ``database`` is the path of the file, ``map_size`` how many bytes it may grow to.
    """

    capabilities = frozenset({Capability.PERSISTENT, Capability.MULTI_PROCESS, Capability.ATOMIC_CALLS})

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config
        self._file = File(Path(config["database"]).resolve(), config.get("map_size", DEFAULT_MAP_SIZE))
        self.label = f"lmdb:{self._file.path}"
        self._is_read_only = False

    def open(self, *, create: bool, read_only: bool) -> None:
        if not create and not os.access(self._file.path, os.F_OK):
            raise StorageNotFoundError(f"there is no {self.label}, and none was to be created")
        self._is_read_only = read_only
        with self._file.transaction(write=not read_only) as tx:
            _schema.ensure(tx, self._file.path, create=create)
            self._file.keep_open()

    def close(self) -> None:
        self._file.close()

    def upgrade(self) -> None:
        """Create an absent schema; there is no older one to be migrated yet."""
        with closing(LmdbBackend(self._config)) as other:
            other.open(create=True, read_only=False)

    def after_fork(self) -> None:
        after_fork()

    def put_experiment(self, new: records.ExperimentRecord) -> records.ExperimentRecord:
        with self._write() as tx:
            uid = tx.get(tables.UIDS, new.experiment_id)
            if uid is not None:
                return StoredExperiment(tx, uid).record
            tx.put(tables.UIDS, new.uid, new.experiment_id)
            tx.put(tables.EXPERIMENTS, new, new.uid)
            return new

    def find_experiments(self, query: records.ExperimentQuery) -> list[records.ExperimentRecord]:
        with self._read() as tx:
            found = [record for record in tx.scan(tables.EXPERIMENTS) if is_asked_for(record, query)]
        return sorted(found, key=lambda record: record.experiment_id)

    def delete_experiment(self, uid: records.Uid) -> None:
        with self._write() as tx:
            record = tx.get(tables.EXPERIMENTS, uid)
            if record is not None:
                tx.delete(tables.UIDS, record.experiment_id)
            for table in tables.OF_EXPERIMENT:
                tx.sweep(table, uid)

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        with self._read() as tx:
            found = ((config_id, tx.get(tables.CONFIGS, config_id)) for config_id in ids)
            return {config_id: text for config_id, text in found if text is not None}

    def add_trials(
        self, uid: records.Uid, new: Sequence[records.NewTrial], first_id: int
    ) -> list[records.TrialRecord]:
        with self._write() as tx:
            experiment, now = StoredExperiment(tx, uid), now_micros()
            return [experiment.add(trial, first_id, now) for trial in new]

    def find_trials(self, query: records.TrialQuery) -> list[records.TrialRecord]:
        with self._read() as tx:
            return StoredExperiment(tx, query.uid).find(query)

    def count_trials(self, uid: records.Uid) -> Mapping[Status, int]:
        with self._read() as tx:
            return Counter(trial.status for trial in StoredExperiment(tx, uid).trials())

    def claim_trials(self, claim: records.Claim) -> list[records.TrialRecord]:
        with self._write() as tx:
            return StoredExperiment(tx, claim.uid).claim(claim, now_micros())

    def expire_leases(self, expiry: records.Expiry) -> list[records.TrialRecord]:
        with self._write() as tx:
            return StoredExperiment(tx, expiry.uid).expire(expiry, now_micros())

    def change_trial(self, change: records.TrialChange) -> records.ChangeOutcome:
        with self._write() as tx:
            return StoredExperiment(tx, change.uid).change(change, now_micros())

    def add_telemetry(self, batch: records.TelemetryBatch) -> None:
        with self._write() as tx:
            StoredExperiment(tx, batch.uid).add_telemetry(batch)

    def find_telemetry(self, query: records.TelemetryQuery) -> list[records.StoredTelemetryRow]:
        with self._read() as tx:
            return StoredExperiment(tx, query.uid).telemetry(query)

    def find_status_changes(
        self, uid: records.Uid, trial_ids: Collection[int] | None
    ) -> list[records.StatusChange]:
        with self._read() as tx:
            return StoredExperiment(tx, uid).history(trial_ids)

    def _read(self) -> AbstractContextManager[Transaction]:
        return self._file.transaction(write=False)

    def _write(self) -> AbstractContextManager[Transaction]:
        if self._is_read_only:
            raise ReadOnlyError(f"{self.label} was opened for reading only")
        return self._file.transaction(write=True)
