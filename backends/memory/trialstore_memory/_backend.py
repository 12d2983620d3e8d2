"""The reference backend: every call under one lock, over plain dicts of immutable records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from threading import RLock
from typing import Any, TypeVar

from trialstore.backend import Capability
from trialstore.codec import Encoded
from trialstore.errors import ExperimentNotFoundError, StorageNotFoundError
from trialstore.records import ExperimentQuery, ExperimentRecord, Uid
from trialstore.selection import is_asked_for
from trialstore.transacted import StoredExperiment, TransactedBackend
from trialstore_memory._experiment import MemoryExperiment

T = TypeVar("T")


class MemoryBackend(TransactedBackend):
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
            empty = MemoryExperiment(new, self._config_ids, self._configs)
            return self._experiments.setdefault(uid, empty).record

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

    def read(self, uid: Uid, step: Callable[[StoredExperiment], T]) -> T:
        with self._lock:
            return step(self._experiment(uid))

    def write(self, uid: Uid, step: Callable[[StoredExperiment], T]) -> T:
        with self._lock:
            return step(self._experiment(uid))

    def _clear(self) -> None:
        self._experiments: dict[Uid, MemoryExperiment] = {}
        self._uids: dict[str, Uid] = {}
        self._config_ids: dict[str, int] = {}
        self._configs: dict[int, Encoded] = {}

    def _experiment(self, uid: Uid) -> MemoryExperiment:
        if uid not in self._experiments:
            raise ExperimentNotFoundError.of(uid)
        return self._experiments[uid]
