"""``trialstore run``: runs a shell command for each trial of an experiment."""

from __future__ import annotations

import math
import os
import secrets
from datetime import UTC, datetime
from signal import Signals
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialstore.cli.options import ExperimentId, Json, StorageName, find_experiment, open_storage
from trialstore.cli.output import hint, print_json, show
from trialstore.cli.tables import cell
from trialstore.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trialstore.claimed_trial import ClaimedTrial
    from trialstore.cli.run_display import RunDisplay
    from trialstore.cli.trial_command import TrialCommand
    from trialstore.data import ExperimentData
    from trialstore.experiment import Experiment
    from trialstore.worker import Completion, Worker

__all__ = ["run_trials"]

_Command = Annotated[
    str, typer.Option("--command", "-c", metavar="COMMAND", help="What the shell runs for each trial.")
]
_RunnerId = Annotated[
    int | None, typer.Option(metavar="N", help="The id of this runner; by default, a random number.")
]
_Lease = Annotated[
    float,
    typer.Option(min=1, metavar="SECONDS", help="When others may take over a trial if this runner dies."),
]
_Limit = Annotated[int | None, typer.Option(min=1, metavar="N", help="Run N trials at most.")]
_Timeout = Annotated[
    float | None,
    typer.Option(min=0.1, metavar="SECONDS", help="How long the command may take for one trial."),
]
_Wait = Annotated[
    bool, typer.Option("--wait", help="Wait for more trials when there are none, until Ctrl-C.")
]


def run_trials(
    experiment_id: ExperimentId,
    *,
    command: _Command,
    storage: StorageName,
    runner_id: _RunnerId = None,
    lease: _Lease = 60,
    limit: _Limit = None,
    timeout: _Timeout = None,
    wait: _Wait = False,
    json: Json = False,
) -> None:
    """Run a shell command for each trial of an experiment that waits to be run.

    The command finds the tunables in its environment (TUNABLE_<name>), and
    the whole trial as a JSON object on stdin. It prints its metrics as a JSON
    object: all that it prints, or the last line of it. Any number of runners
    may share the work.

    The exit code is 0 if every trial succeeded, 1 if one did not, 130 after
    Ctrl-C and 143 after SIGTERM.
    """
    from trialstore.cli.run_display import RunDisplay

    _must_have_process_groups()
    with open_storage(storage) as opened:
        data = find_experiment(opened, experiment_id)
        with opened.experiment(experiment_id=experiment_id) as experiment:
            _check_tunables(experiment)
        worker = experiment.worker(_random_id() if runner_id is None else runner_id, lease=lease)
        hint(f"runner {worker.trial_runner_id} runs the trials of {experiment_id!r} in {opened!r}")
        display = RunDisplay()
        function = _command(command, worker, data, display, timeout)
        stopped_by = _run(worker, function, display, limit=limit, wait=wait)
        if json:
            print_json(_facts(worker, data, display, stopped_by))
        else:
            show(cell(_summary(data, display, stopped_by)))
    raise typer.Exit(_exit_code(display, stopped_by))


def _must_have_process_groups() -> None:
    if not hasattr(os, "killpg"):
        raise UnsupportedError(
            "trialstore run needs process groups, to end a command with all of its processes, and this system has none: "
            "write a runner with experiment.worker() instead"
        )


def _check_tunables(experiment: Experiment) -> None:
    """Raise an error if two tunables would be one environment variable, before anything runs."""
    from trialstore.cli.trial_command import check_names

    if experiment.tunables is not None:
        check_names(experiment.tunables.get_param_values())
    else:
        for trial in experiment.pending_trials(datetime.max.replace(tzinfo=UTC)):
            check_names(trial.tunable_values)


def _random_id() -> int:
    return secrets.randbelow(999_999_999) + 1


def _command(
    command: str, worker: Worker, data: ExperimentData, display: RunDisplay, timeout: float | None
) -> TrialCommand:
    from trialstore.cli.trial_command import TrialCommand

    def metadata_of(trial_id: int) -> dict[str, Any]:
        return data.trials[trial_id].metadata_dict

    return TrialCommand(command, worker, metadata_of, display.pass_on, timeout or math.inf)


def _run(
    worker: Worker, command: TrialCommand, display: RunDisplay, *, limit: int | None, wait: bool
) -> Signals | None:
    """Run the trials, and return the signal that stopped it, if one did."""

    def function(trial: ClaimedTrial) -> Mapping[str, Any] | Completion:
        with display.running(trial):
            return command(trial)

    try:
        with display:
            return worker.run(function, limit=limit, wait=wait, interrupt=False, on_end=display.end).signal
    except KeyboardInterrupt:
        return Signals.SIGINT


def _facts(
    worker: Worker, data: ExperimentData, display: RunDisplay, stopped_by: Signals | None
) -> dict[str, Any]:
    from trialstore.worker import Outcome

    return {
        "experiment_id": data.experiment_id,
        "trial_runner_id": worker.trial_runner_id,
        **{outcome.value: display.outcomes[outcome] for outcome in Outcome},
        "stopped_by": None if stopped_by is None else stopped_by.name,
    }


def _summary(data: ExperimentData, display: RunDisplay, stopped_by: Signals | None) -> str:
    stopped = "" if stopped_by is None else f"; stopped by {stopped_by.name}"
    if display.counts:
        return f"{display.counts}{stopped}"
    counts = ", ".join(f"{count} {status.name}" for status, count in data.trial_counts.items())
    return f"nothing to run: {data.experiment_id} has {counts or 'no trials'}{stopped}"


def _exit_code(display: RunDisplay, stopped_by: Signals | None) -> int:
    if stopped_by is not None:
        return 128 + stopped_by
    return 0 if display.all_succeeded else 1
