"""Add and complete trials for ever, and print each acknowledged trial id: ``work_until_killed.py DATABASE``."""

from __future__ import annotations

import sys
import uuid
from typing import Any

from trialstore.records import ExperimentRecord, NewTrial, TelemetryBatch, TelemetryRow, TrialChange
from trialstore.status import Status
from trialstore_sql import SqlBackend


def main(database: str) -> None:
    backend = SqlBackend({"database": database})
    backend.open(create=True, read_only=False)
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    while True:
        sys.stdout.write(f"{run_one_trial(backend)}\n")
        sys.stdout.flush()


def run_one_trial(backend: SqlBackend) -> int:
    new = NewTrial(token=token(), config='{"a":1}', config_hash="hash")
    trial_id = backend.add_trials("u", [new], 1)[0].trial_id
    change: dict[str, Any] = {"uid": "u", "trial_id": trial_id, "ts": 0, "attempt": 0}
    pending, running = frozenset({Status.PENDING}), frozenset({Status.RUNNING})
    backend.change_trial(TrialChange(token=token(), from_statuses=pending, status=Status.RUNNING, **change))
    rows = tuple(TelemetryRow(ts, "cpu", "0.5") for ts in range(20))
    batch: dict[str, Any] = {
        "uid": "u",
        "trial_id": trial_id,
        "attempt": 0,
        "status": Status.RUNNING,
        "ts": 1,
    }
    backend.add_telemetry(TelemetryBatch(token=token(), rows=rows, **batch))
    end: dict[str, Any] = {"status": Status.SUCCEEDED, "ts_end": 2, "metrics": '{"m":1}'}
    backend.change_trial(TrialChange(token=token(), from_statuses=running, **end, **change))
    return trial_id


def token() -> str:
    return uuid.uuid4().hex


if __name__ == "__main__":
    main(sys.argv[1])
