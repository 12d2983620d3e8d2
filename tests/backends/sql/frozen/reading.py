"""All that a storage tells its readers, in a form whose JSON tells 1, 1.0, true and "1" apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pandas as pd

from trialstore import Storage
from trialstore.codec import decode_definition
from trialstore.records import ExperimentQuery, ExperimentRecord, Parts, TelemetryQuery, TrialQuery

AT_THE_END = datetime.max.replace(tzinfo=UTC)


def reading(storage: Storage) -> dict[str, Any]:
    """Return what the experiments of a storage are; `text_of` makes a text of it."""
    records = storage.session.find_experiments(ExperimentQuery())
    return {"experiments": {record.experiment_id: _experiment(storage, record) for record in records}}


def text_of(value: Any) -> str:
    """Return JSON with one line for each record."""
    return f"{_text(value, 4)}\n"


def _text(value: Any, depth: int) -> str:
    if not value or not depth or not isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    pairs = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    items = [_label(key) + _text(item, depth - 1) for key, item in pairs]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    return ",\n".join([f"{begin}\n{items[0]}", *items[1:]]) + f"\n{end}"


def _label(key: Any) -> str:
    return "" if key is None else f"{json.dumps(str(key), ensure_ascii=False)}: "


def plain(records: Any) -> Any:
    """Return records as dicts, without the texts of configs, which are read by their ids."""
    return _without_configs(msgspec.to_builtins(records))


def _experiment(storage: Storage, record: ExperimentRecord) -> dict[str, Any]:
    data = storage.experiments[record.experiment_id]
    trials = list(data.trials)
    return {
        "record": msgspec.to_builtins(record),
        "tunables": record.tunables and decode_definition(record.tunables),
        "counts": {status.name: count for status, count in data.trial_counts.items()},
        "configs": {key: config.config_dict for key, config in data.tunable_configs.items()},
        "groups": {key: list(group.trials) for key, group in data.tunable_config_trial_groups.items()},
        "default_config": data.default_tunable_config_id,
        "results_df": {str(name): _cells(column) for name, column in data.results_df.items()},
        **_records(storage, record.uid, trials),
        **_handles(storage, record.experiment_id, trials),
    }


def _cells(column: pd.Series[Any]) -> list[Any]:
    """Return the values of a column; versions of pandas mark in different ways what is not there."""
    return [None if pd.isna(value) else value for value in column.tolist()]


def _records(storage: Storage, uid: str, trials: list[int]) -> dict[str, Any]:
    """Return the records, which hold what handles do not show: attempts, leases and completion numbers."""
    session = storage.session
    found: dict[str, list[Any]] = {
        "trials": session.find_trials(TrialQuery(uid=uid, parts=Parts.METADATA | Parts.METRICS)),
        "history": session.find_status_changes(uid, None),
        "telemetry": session.find_telemetry(TelemetryQuery(uid=uid, trial_ids=trials, all_attempts=True)),
    }
    return {name: [plain(record) for record in records] for name, records in found.items()}


def _without_configs(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_configs(field) for name, field in value.items() if name != "config"}
    return [_without_configs(item) for item in value] if isinstance(value, list) else value


def _handles(storage: Storage, experiment_id: str, trials: list[int]) -> dict[str, Any]:
    experiment = storage.get_experiment_by_id(experiment_id)
    assert experiment is not None
    pending = experiment.pending_trials(AT_THE_END, running=True)
    return {
        "next_trial_id": experiment.trial_id,
        "load": _rows(*experiment.load()),
        "pending": [[trial.trial_id, trial.status.name, trial.config()] for trial in pending],
        "current_telemetry": {trial_id: experiment.load_telemetry(trial_id) for trial_id in trials},
    }


def _rows(*columns: list[Any]) -> list[Any]:
    """Return what `Experiment.load` gave, one row for each trial."""
    return [[*row, status.name] for *row, status in zip(*columns, strict=True)]
