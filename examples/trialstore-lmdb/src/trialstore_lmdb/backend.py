"""The backend: each call is one transaction of LMDB."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from trialstore import Capability, errors, records
from trialstore.codec import Encoded
from trialstore.selection import Place, is_asked_for
from trialstore.times import Micros
from trialstore.transacted import StoredExperiment, TransactedBackend
from trialstore_lmdb import _tables as tables
from trialstore_lmdb._environment import ENVIRONMENTS, transaction
from trialstore_lmdb.plugin import DEFAULT_MAP_SIZE

T = TypeVar("T")
_CURRENT = 1


class LmdbExperiment(StoredExperiment):
    """One experiment with all that belongs to it; raises `ExperimentNotFoundError` if there is none."""

    def __init__(self, tx: tables.Transaction, uid: records.Uid) -> None:
        record = tx.get(tables.EXPERIMENTS, uid)
        if record is None:
            raise errors.ExperimentNotFoundError.of(uid)
        super().__init__(record)
        self._tx, self._uid = tx, uid

    def put_record(self, record: records.ExperimentRecord) -> None:
        self.record = record
        self._tx.put(tables.EXPERIMENTS, record, self._uid)

    def config_id(self, new: records.NewTrial) -> int:
        config_id = self._tx.get(tables.CONFIG_IDS, new.config_hash)
        if config_id is None:
            config_id = self._tx.next_number(tables.CONFIGS)
            self._tx.put(tables.CONFIG_IDS, config_id, new.config_hash)
            self._tx.put(tables.CONFIGS, new.config, config_id)
        return config_id

    def get_trial(self, trial_id: int) -> records.TrialRecord | None:
        return self._tx.get(tables.TRIALS, self._uid, trial_id)

    def scan_trials(self, after_id: int | None) -> Iterable[records.TrialRecord]:
        return self._tx.scan(tables.TRIALS, self._uid, after=after_id)

    def put_trial(self, trial: records.TrialRecord, left: Place | None, taken: Place | None) -> None:
        self._tx.put(tables.TRIALS, trial, self._uid, trial.trial_id)
        if left is not None:
            self._tx.delete(tables.QUEUES, self._uid, *left)
        if taken is not None:
            self._tx.put(tables.QUEUES, trial.trial_id, self._uid, *taken)

    def first_of(self, queue: str, until: Micros, limit: int | None) -> Iterable[records.TrialRecord]:
        ids = self._tx.scan(tables.QUEUES, self._uid, queue, until=until)
        return map(self.trial, islice(ids, limit))

    def added_by(self, token: records.Token) -> int | None:
        return self._tx.get(tables.ADDED, self._uid, token)

    def note_added(self, token: records.Token, trial_id: int) -> None:
        self._tx.put(tables.ADDED, trial_id, self._uid, token)

    def claimed_by(self, token: records.Token) -> Iterable[tuple[int, int]] | None:
        return self._tx.get(tables.CLAIMED, self._uid, token)

    def note_claimed(self, token: records.Token, attempts: Sequence[tuple[int, int]]) -> None:
        self._tx.put(tables.CLAIMED, list(attempts), self._uid, token)

    def has_met(self, trial_id: int, token: records.Token) -> bool:
        return self._tx.get(tables.MET, self._uid, trial_id, token) is not None

    def note_met(self, trial_id: int, token: records.Token) -> None:
        self._tx.put(tables.MET, True, self._uid, trial_id, token)

    def add_history(self, row: records.StatusChange) -> None:
        number = self._tx.next_number(tables.HISTORY, self._uid, row.trial_id)
        self._tx.put(tables.HISTORY, row, self._uid, row.trial_id, number)

    def history_of(self, trial_id: int | None) -> Iterable[records.StatusChange]:
        return self._tx.scan(tables.HISTORY, self._uid, trial_id)

    def add_rows(self, batch: records.TelemetryBatch) -> None:
        for row in batch.rows:
            key = (batch.trial_id, batch.attempt, row.ts, row.metric)
            stored = records.StoredTelemetryRow(*key, row.value)
            self._tx.put(tables.TELEMETRY, stored, self._uid, *key, overwrite=False)

    def rows_of(self, trial_id: int, attempt: int | None) -> Iterable[records.StoredTelemetryRow]:
        return self._tx.scan(tables.TELEMETRY, self._uid, trial_id, attempt)

    def complete(self, trial_id: int) -> int:
        number = self._tx.next_number(tables.COMPLETIONS, self._uid)
        self._tx.put(tables.COMPLETIONS, trial_id, self._uid, number)
        return number

    def completed(self, after: int, others: Collection[int]) -> Iterable[int]:
        found = (self._tx.get(tables.COMPLETIONS, self._uid, other) for other in others)
        yield from (trial_id for trial_id in found if trial_id is not None)
        yield from self._tx.scan(tables.COMPLETIONS, self._uid, after=after)


class LmdbBackend(TransactedBackend):
    """Stores experiments and trials in an LMDB file, for any number of processes of one machine.

    Parameters
    ----------
    config
        ``database`` is the path of the file, ``map_size`` how many bytes it may grow to.
    """

    capabilities = frozenset({Capability.PERSISTENT, Capability.MULTI_PROCESS, Capability.ATOMIC_CALLS})

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._file = Path(config["database"]).resolve(), config.get("map_size", DEFAULT_MAP_SIZE)
        self.label = f"lmdb:{self._file[0]}"
        self._kept, self._is_read_only = ExitStack(), False

    def open(self, *, create: bool, read_only: bool) -> None:
        if not create and not os.access(self._file[0], os.F_OK):
            raise errors.StorageNotFoundError(f"there is no {self.label}, and none was to be created")
        self._is_read_only = read_only
        with self._transaction(write=not read_only) as tx:
            self._check_version(tx, create=create)
            self._kept.enter_context(ENVIRONMENTS.held(*self._file))

    def close(self) -> None:
        self._kept.close()

    def upgrade(self) -> None:
        """Create an absent schema; there is no older one to be migrated yet."""
        with self._transaction(write=True) as tx:
            self._check_version(tx, create=True)

    def after_fork(self) -> None:
        ENVIRONMENTS.after_fork()

    def put_experiment(self, new: records.ExperimentRecord) -> records.ExperimentRecord:
        with self._transaction(write=True) as tx:
            uid = tx.get(tables.UIDS, new.experiment_id)
            if uid is None:
                tx.put(tables.UIDS, new.uid, new.experiment_id)
                tx.put(tables.EXPERIMENTS, new, new.uid)
            return LmdbExperiment(tx, uid or new.uid).record

    def find_experiments(self, query: records.ExperimentQuery) -> list[records.ExperimentRecord]:
        with self._transaction(write=False) as tx:
            found = [record for record in tx.scan(tables.EXPERIMENTS) if is_asked_for(record, query)]
        return sorted(found, key=lambda record: record.experiment_id)

    def delete_experiment(self, uid: records.Uid) -> None:
        with self._transaction(write=True) as tx:
            record = tx.get(tables.EXPERIMENTS, uid)
            if record is not None:
                tx.delete(tables.UIDS, record.experiment_id)
            for table in tables.OF_EXPERIMENT:
                tx.delete(table, uid)

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        with self._transaction(write=False) as tx:
            found = ((config_id, tx.get(tables.CONFIGS, config_id)) for config_id in ids)
            return {config_id: text for config_id, text in found if text is not None}

    def read(self, uid: records.Uid, step: Callable[[StoredExperiment], T]) -> T:
        with self._transaction(write=False) as tx:
            return step(LmdbExperiment(tx, uid))

    def write(self, uid: records.Uid, step: Callable[[StoredExperiment], T]) -> T:
        with self._transaction(write=True) as tx:
            return step(LmdbExperiment(tx, uid))

    def _transaction(self, *, write: bool) -> AbstractContextManager[tables.Transaction]:
        if write and self._is_read_only:
            raise errors.ReadOnlyError(f"{self.label} was opened for reading only")
        return transaction(*self._file, write=write)

    def _check_version(self, tx: tables.Transaction, *, create: bool) -> None:
        """Give an empty file the current version if `create` is set, and refuse everything else that is not current."""
        version = tx.get(tables.VERSION)
        if version is None and not tx.is_empty():
            raise errors.CorruptStorageError(f"{self.label} is another program's: choose another file")
        if version is None and not create:
            raise errors.StorageNotFoundError(f"{self.label} is empty, and nothing was to be created")
        if version is None:
            tx.put(tables.VERSION, _CURRENT)
        elif version != _CURRENT:
            raise errors.SchemaVersionError.of(self.label, version, _CURRENT, is_older=version < _CURRENT)
