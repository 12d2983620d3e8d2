"""What crosses the interface: the core's own records, and plain values in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from trialstore.records import (
    ChangeOutcome,
    ExperimentQuery,
    ExperimentRecord,
    Objective,
    StatusChange,
    StoredTelemetryRow,
    TrialRecord,
)
from trialstore.status import Status
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import ALL_PARTS, FAR, HOUR, NOON, Lab, finished_trial, new_token, new_trial

VALUES = {bool, int, str, Status, type(None)}


class PlainnessConformance(ConformanceBase):
    """Everything that a backend returns."""

    @sentence("C-014")
    def test_experiments_configs_and_counts_are_plain(self, lab: Lab) -> None:
        config_id = lab.add_one().tunable_config_id
        put = lab.backend.put_experiment(_described("another"))
        assert set(_types_in(put)) == {ExperimentRecord, Objective, tuple, int, str, type(None)}
        found = lab.backend.find_experiments(ExperimentQuery())
        assert set(_types_in(found)) == {list, *_types_in(put)}
        assert set(_types_in(lab.backend.find_tunable_configs([config_id]))) == {dict, int, str}
        assert set(_types_in(dict(lab.backend.count_trials(lab.uid)))) == {dict, Status, int}

    @sentence("C-014")
    def test_trials_history_and_telemetry_are_plain(self, lab: Lab) -> None:
        batch = [new_trial(due=None), finished_trial(), new_trial(trial_runner_id=1)]
        answers = [lab.backend.add_trials(lab.uid, batch, 1), lab.claim(lease=HOUR), lab.expire()]
        (trial,) = claimed = lab.claim(due_by=FAR)
        lab.report(trial, (NOON, "m", 1))
        done = lab.change(
            trial, status=Status.FAILED, ts_end=NOON, metrics="{}", reason="said in the history"
        )
        outcomes = [done, lab.complete(trial)]
        answers += [claimed, lab.find(parts=ALL_PARTS), lab.find()]
        assert all(answers), "each call has something to return"
        assert set(_types_in(answers)) == {list, TrialRecord, int, str, Status, type(None)}
        assert set(_types_in(outcomes)) == {list, ChangeOutcome, TrialRecord, *VALUES}
        assert set(_types_in(lab.history())) == {list, StatusChange, *VALUES}
        assert set(_types_in(lab.telemetry_rows([trial.trial_id]))) == {list, StoredTelemetryRow, int, str}


def _described(experiment_id: str) -> ExperimentRecord:
    return ExperimentRecord(
        experiment_id=experiment_id,
        uid=new_token(),
        description="with all facts",
        objectives=(Objective("score", "min"),),
        tunables="{}",
        max_attempts=3,
    )


def _types_in(value: Any) -> Iterator[type]:
    """Yield the exact type of a value and of all that is in it."""
    yield type(value)
    if isinstance(value, Struct):
        value = [getattr(value, field) for field in value.__struct_fields__]
    elif isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _types_in(item)
