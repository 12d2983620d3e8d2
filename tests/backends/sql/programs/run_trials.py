"""Run trials through the public API, and acknowledge every step: ``run_trials.py NUMBER``.

Reads the storage's config, a line of JSON. Each acknowledgement is a line with a word and a trial id.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

from trialstore import ClaimedTrial, Experiment, Status, from_config

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def main(number: int) -> None:
    config = json.loads(sys.stdin.readline())
    with from_config(config) as storage, storage.experiment(experiment_id="e") as experiment:
        for i in range(number):
            run_one(experiment, i)


def run_one(experiment: Experiment, i: int) -> None:
    acknowledge("added", experiment.new_trial({"i": i}).trial_id)
    trial = claimed(experiment)
    acknowledge("claimed", trial.trial_id)
    trial.update_telemetry(Status.RUNNING, WHEN, [(WHEN, f"m{j}", j) for j in range(20)])
    acknowledge("reported", trial.trial_id)
    trial.update(Status.SUCCEEDED, WHEN, {"i": i})
    acknowledge("completed", trial.trial_id)


def claimed(experiment: Experiment) -> ClaimedTrial:
    """Claim until there is something: after a crash, a transaction that the server has yet to undo may hold it."""
    while True:
        for trial in experiment.claim_trials(trial_runner_id=1):
            return trial


def acknowledge(step: str, trial_id: int) -> None:
    sys.stdout.write(f"{step} {trial_id}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
