"""Backends that do not give back what they were given."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from trialstore import codec
from trialstore.records import ExperimentQuery, ExperimentRecord, NewTrial, TelemetryBatch, TrialRecord
from trialstore_memory import MemoryBackend

__all__ = [
    "CutsNames",
    "FoldsCase",
    "KeepsDoubles",
    "KeepsLocalTime",
    "KeepsMilliseconds",
    "LosesTheSignOfZero",
    "MergesOneAndTrue",
    "NormalisesNames",
    "OverflowsIntoDoubles",
    "ReadsPercentAsAWildcard",
    "StripsSpaces",
    "TakesEmptyForAbsent",
    "WritesNullForNan",
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OF_A_DATABASE = range(4_000_000_000_000_000)
"""The times that this machine's calendar surely converts."""


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


class KeepsLocalTime(MemoryBackend):
    """Keeps times as local ones without their zone, of which one hour of autumn has two."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        local = [replace(trial, due=_there_and_back(trial.due)) for trial in new]
        return super().add_trials(uid, local, first_id)


class LosesTheSignOfZero(MemoryBackend):
    """Keeps telemetry in a column in which `-0.0` and `0.0` are one number."""

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        rows = tuple(replace(row, value="0.0") if row.value == "-0.0" else row for row in batch.rows)
        super().add_telemetry(replace(batch, rows=rows))


class OverflowsIntoDoubles(MemoryBackend):
    """Reads integers that no double holds as doubles, as JavaScript does."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        rounded = [replace(trial, metrics=trial.metrics and _rounded(trial.metrics)) for trial in new]
        return super().add_trials(uid, rounded, first_id)


class WritesNullForNan(MemoryBackend):
    """Encodes metrics with an encoder that knows no NaN."""

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        nan = codec.encode_scalar(float("nan"))
        nulled = [
            replace(trial, metrics=trial.metrics and trial.metrics.replace(nan, "null")) for trial in new
        ]
        return super().add_trials(uid, nulled, first_id)


class FoldsCase(MemoryBackend):
    """Compares ids with a collation that ignores case."""

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        for stored in self.find_experiments(ExperimentQuery()):
            if stored.experiment_id.casefold() == new.experiment_id.casefold():
                return stored
        return super().put_experiment(new)


class StripsSpaces(MemoryBackend):
    """Compares ids with a collation that pads them with spaces."""

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        for stored in self.find_experiments(ExperimentQuery()):
            if stored.experiment_id.rstrip(" ") == new.experiment_id.rstrip(" "):
                return stored
        return super().put_experiment(new)


class ReadsPercentAsAWildcard(MemoryBackend):
    """Finds experiments with LIKE, as some lookups without regard to case are written."""

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        if query.experiment_ids is None:
            return super().find_experiments(query)
        pattern = re.compile("|".join(map(_of_like, query.experiment_ids)), re.DOTALL)
        everything = super().find_experiments(replace(query, experiment_ids=None))
        return [
            record
            for record in everything
            if query.experiment_ids and pattern.fullmatch(record.experiment_id)
        ]


class TakesEmptyForAbsent(MemoryBackend):
    """Keeps the empty string as NULL, as Oracle does."""

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        return super().put_experiment(replace(new, description=new.description or None))


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


def _rounded(text: str) -> str:
    def number(digits: str) -> int | float:
        return int(digits) if abs(int(digits)) < 2**53 else float(digits)

    return json.dumps(json.loads(text, parse_int=number), ensure_ascii=False, separators=(",", ":"))


def _there_and_back(moment: int | None) -> int | None:
    if moment is None or moment not in OF_A_DATABASE:
        return moment
    local = (EPOCH + timedelta(microseconds=moment)).astimezone().replace(tzinfo=None)
    return (local.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def _of_like(pattern: str) -> str:
    return re.escape(pattern).replace("%", ".*").replace("_", ".")
