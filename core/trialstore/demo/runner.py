"""Runs the plan: adds the trials that the experiment lacks, then claims and runs them one by one.

Nothing depends on the run being the first or the only one. A trial that a killed run left running is claimed again
when its lease is over, one that Ctrl-C met is given back at once, and two demos on one storage share the work.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from trialstore.demo.plan import demo_tunables, make_plan
from trialstore.demo.sampler import ResourceSampler
from trialstore.demo.workload import Workload
from trialstore.errors import AlreadyCompletedError, InvalidInputError, StaleTrialError, TrialstoreError
from trialstore.status import Status

if TYPE_CHECKING:
    from trialstore.claimed_trial import ClaimedTrial
    from trialstore.demo.plan import PlannedTrial
    from trialstore.experiment import Experiment
    from trialstore.records import Direction
    from trialstore.storage import Storage

__all__ = ["LEASE", "OBJECTIVES", "OnProgress", "run_demo"]

OnProgress: TypeAlias = Callable[[int, int], None]
"""Told how many trials are done, and of how many."""
OBJECTIVES: dict[str, Direction] = {"throughput": "max", "write_p95_ms": "min"}
_ROOT = "trialstore demo"
LEASE = 5.0
"""Seconds after which a trial of a killed run is taken over: many times what a trial takes."""


def run_demo(
    storage: Storage, *, experiment_id: str, seconds: float, seed: int, on_progress: OnProgress
) -> None:
    """Run what the plan still lacks in the storage, and what earlier runs left behind.

    Parameters
    ----------
    storage
        Where the experiment is created or resumed.
    experiment_id
        The id of the experiment.
    seconds
        About how long a run of the whole plan takes.
    seed
        Another seed adds other random configurations.
    on_progress
        Called at the beginning and after each trial.

    Raises
    ------
    InvalidInputError
        If the experiment exists and is not one of the demo's.
    """
    _must_be_of_the_demo(storage, experiment_id)
    tunables = demo_tunables()
    experiment = storage.experiment(
        experiment_id=experiment_id,
        root_env_config=_ROOT,
        description="SQLite on this machine: an order book with small transactions, point reads and range scans",
        tunables=tunables,
        opt_targets=OBJECTIVES,
    )
    with experiment, TemporaryDirectory(prefix="trialstore-demo-") as folder:
        _add_missing(storage, experiment, make_plan(tunables, seconds=seconds, seed=seed))
        _run_all(storage, experiment, Workload(folder=Path(folder)), on_progress)


def _must_be_of_the_demo(storage: Storage, experiment_id: str) -> None:
    """Keep the demo from claiming and running the trials of somebody's own experiment."""
    stored = storage.experiments.get(experiment_id)
    if stored and stored.root_env_config[0] != _ROOT:
        raise InvalidInputError(
            f"experiment {experiment_id!r} in {storage!r} is not one of the demo's: give another --experiment"
        )


def _add_missing(storage: Storage, experiment: Experiment, plan: list[PlannedTrial]) -> None:
    """Store the trials of the plan that the storage lacks, or has failed ones of."""
    trials = storage.experiments[experiment.experiment_id].trials.values()
    stored = [trial.metadata_dict for trial in trials if not trial.status.is_failed()]
    missing = [planned for planned in plan if not any(map(planned.is_trial, stored))]
    if missing:
        experiment.new_trials(
            [planned.values for planned in missing], config=[planned.metadata for planned in missing]
        )


def _run_all(storage: Storage, experiment: Experiment, workload: Workload, on_progress: OnProgress) -> None:
    trials = storage.experiments[experiment.experiment_id].trials.values()
    total, done = len(trials), sum(trial.status.is_completed() for trial in trials)
    on_progress(done, total)
    for trial in _claimed(experiment):
        _run(trial, workload)
        done += 1
        on_progress(done, total)


def _claimed(experiment: Experiment, patience: float = 2 * LEASE) -> Iterator[ClaimedTrial]:
    """Claim trial after trial, until none is left, or what others run has not come back for `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if claimed := experiment.claim_trials(os.getpid(), lease=LEASE):
            yield from claimed
            deadline = time.monotonic() + patience
        elif not any(experiment.pending_trials(datetime.now(UTC), running=True)):
            return
        else:
            time.sleep(0.1)


def _run(trial: ClaimedTrial, workload: Workload) -> None:
    try:
        _measure(trial, workload)
    except (StaleTrialError, AlreadyCompletedError):
        return  # this process slept for longer than the lease, and somebody else took the trial over
    except KeyboardInterrupt:
        with suppress(TrialstoreError):
            trial.release("interrupted")
        raise


def _measure(trial: ClaimedTrial, workload: Workload) -> None:
    """Run the trial, and store its telemetry and its metrics."""
    try:
        with ResourceSampler() as sampler:
            metrics = workload.run(trial.tunable_values, seed=trial.config()["repeat_i"])
    except sqlite3.Error as error:
        trial.update(Status.FAILED, datetime.now(UTC), {"error": str(error)})
        return
    trial.update_telemetry(Status.RUNNING, datetime.now(UTC), sampler.samples)
    trial.update(Status.SUCCEEDED, datetime.now(UTC), metrics)
