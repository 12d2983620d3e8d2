"""Backends that do not give back what they were given."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence

from msgspec.structs import replace

from trialstore import codec
from trialstore.records import ExperimentQuery, ExperimentRecord, NewTrial, TelemetryBatch, TrialRecord
from trialstore_memory import MemoryBackend

__all__ = [
    "CutsNames",
    "FoldsCase",
    "KeepsDoubles",
    "KeepsMilliseconds",
    "MergesOneAndTrue",
    "NormalisesNames",
]


class MergesOneAndTrue(MemoryBackend):
    """Finds equal configs by comparing dicts, in which `1`, `1.0` and `True` are one thing."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        as_dicts = [replace(trial, config_hash=_python_hash(trial.config)) for trial in new]
        return super().add_trials(uid, as_dicts, first_id)


class KeepsDoubles(MemoryBackend):
    """Keeps every number as a double, as engines do that have one type for numbers."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        doubled = [replace(trial, metadata=_doubled(trial.metadata)) for trial in new]
        return super().add_trials(uid, doubled, first_id)


class KeepsMilliseconds(MemoryBackend):
    """Keeps times in a date type of milliseconds."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        coarse = [replace(trial, due=trial.due and trial.due // 1000 * 1000) for trial in new]
        return super().add_trials(uid, coarse, first_id)


class FoldsCase(MemoryBackend):
    """Compares ids with a collation that ignores case."""

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        for stored in self.find_experiments(ExperimentQuery()):
            if stored.experiment_id.casefold() == new.experiment_id.casefold():
                return stored
        return super().put_experiment(new)


class NormalisesNames(MemoryBackend):
    """Stores names in normalisation form C."""

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        rows = tuple(replace(row, metric=unicodedata.normalize("NFC", row.metric)) for row in batch.rows)
        super().add_telemetry(replace(batch, rows=rows))


class CutsNames(MemoryBackend):
    """Keeps the first 255 characters of a name."""

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        rows = tuple(replace(row, metric=row.metric[:255]) for row in batch.rows)
        super().add_telemetry(replace(batch, rows=rows))


def _python_hash(config: str) -> str:
    return str(hash(frozenset(codec.decode(config).items())))


def _doubled(text: str) -> str:
    return json.dumps(json.loads(text, parse_int=float), ensure_ascii=False, separators=(",", ":"))
