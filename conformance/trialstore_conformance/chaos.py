"""What the processes of the chaos test do: runners whose clocks are wrong, and a reader of completions."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from trialstore import ClaimedTrial
from trialstore.backend import Capability
from trialstore.errors import AlreadyCompletedError, StaleTrialError, StorageUnavailableError
from trialstore.status import Status
from trialstore_conformance.door import Door

EXPERIMENT = "chaos"
LEASE = 0.5
"""Seconds; a runner that is paused for longer loses its trials."""
MAX_ATTEMPTS = 12
_PAUSE = 0.02


def run_in_chaos(door: Door, number: int, skew: float) -> Iterator[Any]:
    """Run trials, for ever, by a clock that is `skew` seconds ahead; report what was acknowledged and what refused."""
    storage = door.storage()
    chance = random.Random(f"{number} {skew}")  # noqa: S311 - not for secrets
    with storage.experiment(experiment_id=EXPERIMENT) as experiment, _clock(skew, storage.capabilities):
        while True:
            for trial in experiment.claim_trials(number, limit=chance.choice([1, 1, 3]), lease=LEASE):
                yield _outcome(trial, chance, skew)
            time.sleep(_PAUSE * chance.random())


def read_in_chaos(door: Door, number: int) -> Iterator[Any]:  # noqa: ARG001 - each job is numbered
    """Report the ids of trials as they end, for ever."""
    with door.storage().experiment(experiment_id=EXPERIMENT) as experiment:
        while True:
            yield experiment.poll()[0]
            time.sleep(_PAUSE)


def _outcome(trial: ClaimedTrial, chance: random.Random, skew: float) -> dict[str, Any]:
    """Do something to a trial, and return what became of it in this attempt."""
    try:
        did = _work_on(trial, chance, datetime.now(UTC) + timedelta(seconds=skew))
    except (AlreadyCompletedError, StaleTrialError):
        did = "refused"
    except StorageUnavailableError:  # one that was paused may have held a lock for the whole lease
        did = "given up"
    return {"did": did, "trial_id": trial.trial_id, "attempt": trial.attempt}


def _work_on(trial: ClaimedTrial, chance: random.Random, now: datetime) -> str:
    for _ in range(chance.choice([1, 1, 60])):
        time.sleep(_PAUSE * chance.random())
        trial.heartbeat()
    trial.update_telemetry(Status.RUNNING, now, [(now, "attempt", trial.attempt)])
    if chance.random() < 0.1:
        trial.release(reason="of two minds")
        return "released"
    if chance.random() < 0.1:
        trial.update(Status.FAILED, now, reason="bad luck")
    else:
        trial.update(Status.SUCCEEDED, now, {"attempt": trial.attempt, "runner": trial.trial_runner_id})
    return "completed"


def _clock(skew: float, capabilities: frozenset[Capability]) -> Any:
    """Return what puts this process's clock wrong; the engine's own is right, also where that is this machine's."""
    right = time.time_ns
    place = "time.time_ns" if Capability.SERVER_CLOCK in capabilities else "trialstore.trial.now_micros"
    unit = 1 if place == "time.time_ns" else 1000
    return patch(place, lambda: (right() + round(skew * 1e9)) // unit)
