"""A storage with a hundred thousand trials, in the states in which they are found in practice."""

from __future__ import annotations

from typing import Any

from trialstore.codec import hash_of
from trialstore.records import Claim, ExperimentRecord, NewTrial, TelemetryBatch, TelemetryRow
from trialstore.status import Status
from trialstore_sql import SqlBackend

MANY = 100_000
CONFIGS = 2_000
LEASED = 2_000
LOST = 20
SERVED = 20
DUE = MANY * 7 // 100 - LEASED - LOST - SERVED
BATCHES = 200
"""Of telemetry, of trial 1."""
OTHERS = 1_000
"""Trials in each of some other experiments, "other 1" to "other 5"."""


def fill(backend: SqlBackend) -> None:
    """Fill a storage: the experiment with many trials has the uid "u"."""
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    for start in range(0, MANY, 10_000):
        backend.add_trials("u", [new_trial(i) for i in range(start, start + 10_000)], 1)
    for number in range(1, 6):
        uid, first = f"other {number}", number * 10**7
        backend.put_experiment(ExperimentRecord(experiment_id=uid, uid=uid))
        backend.add_trials(uid, [new_trial(i) for i in range(first, first + OTHERS)], 1)
    _claim(backend, "leased", LEASED, lease=10**15)
    _claim(backend, "lost", LOST, lease=1)
    _claim(backend, "served", SERVED, lease=10**15)
    for i in range(BATCHES):
        backend.add_telemetry(telemetry(1, f"telemetry {i}", range(10 * i, 10 * i + 10)))
    for trial_id in range(7, 37, 2):
        backend.add_telemetry(telemetry(trial_id, f"telemetry of {trial_id}", range(100)))


def new_trial(i: int) -> NewTrial:
    """Return the trial of a number: that with the id `i` + 1 in the big experiment. Most have succeeded."""
    config = f'{{"cache_mb":{i % CONFIGS},"flavour":"plain","threads":8,"x":0.5}}'
    return NewTrial(
        token=f"{i:032x}",
        config=config,
        config_hash=hash_of(config),
        metadata='{"location":"here","repeat_i":1}',
        **_state(i),
    )


def telemetry(trial_id: int, token: str, moments: range) -> TelemetryBatch:
    """Return a batch of a trial that was never claimed."""
    rows = tuple(TelemetryRow(moment, "cpu", "0.5") for moment in moments)
    return TelemetryBatch(
        uid="u", trial_id=trial_id, token=token, attempt=0, status=Status.RUNNING, ts=0, rows=rows
    )


def _state(i: int) -> dict[str, Any]:
    if i % 100 in {3, 13, 23, 43, 53, 63, 83}:
        return {"due": 1_000 + i % 977, "trial_runner_id": i % 5 if i % 3 == 0 else None}
    if i % 100 == 4:
        return {"due": 2**61}
    ended: dict[str, Any] = {
        "due": 1_000,
        "ts_start": 2_000 + i,
        "ts_end": 3_000 + i,
        "trial_runner_id": i % 7,
    }
    if i % 50 == 1:
        return {**ended, "status": Status.FAILED}
    return {**ended, "status": Status.SUCCEEDED, "metrics": '{"latency":1.5,"throughput":250}'}


def _claim(backend: SqlBackend, token: str, limit: int, lease: int) -> None:
    claim = Claim(uid="u", token=token, trial_runner_id=1, limit=limit, lease=lease)
    claimed = backend.claim_trials(claim)
    assert len(claimed) == limit
