"""``trialstore experiments``, ``show`` and ``trials``: read what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialstore.cli.facts import best_trials, experiment_facts, trial_facts
from trialstore.cli.options import ExperimentId, Json, StorageName, find_experiment, open_storage
from trialstore.cli.output import print_json, show
from trialstore.cli.tables import assignments, facts_table, make_table, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.table import Table

    from trialstore.data import ExperimentData, TrialData

__all__ = ["experiments", "show_experiment", "trials"]

_All = Annotated[
    bool, typer.Option("--all", "-a", help="Show every parameter and metric, not only the objectives.")
]
_Last = Annotated[
    int | None, typer.Option("--last", "-n", min=1, metavar="N", help="Only the last N trials.")
]


def experiments(*, storage: StorageName, json: Json = False) -> None:
    """List the experiments of a storage."""
    with open_storage(storage, read_only=True) as opened:
        found = [experiment_facts(experiment) for experiment in opened.experiments.values()]
        title = f"Experiments in {opened!r}"
    if json:
        print_json(found)
        return
    rows = [
        (facts["experiment_id"], facts["trials"], _in_words(facts["trial_counts"]), facts["description"])
        for facts in found
    ]
    show(make_table(title, ("experiment", "trials", "of them", "description"), rows))


def show_experiment(experiment_id: ExperimentId, *, storage: StorageName, json: Json = False) -> None:
    """Show one experiment: its facts, and the best trial for each objective."""
    with open_storage(storage, read_only=True) as opened:
        experiment = find_experiment(opened, experiment_id)
        facts = experiment_facts(experiment)
        best = best_trials(experiment.objectives, experiment.trials.values())
    if json:
        print_json({**facts, "best_trials": {metric: trial_facts(trial) for metric, trial in best.items()}})
        return
    objectives = ", ".join(f"{direction} {metric}" for metric, direction in facts.pop("objectives").items())
    counts = _in_words(facts.pop("trial_counts"))
    show(facts_table({**facts, "of them": counts, "objectives": objectives}), "")
    if best:
        show(_best_table(experiment, best))


def _best_table(experiment: ExperimentData, best: Mapping[str, TrialData]) -> Table:
    rows = [
        (
            f"{experiment.objectives[metric]} {metric}",
            trial.results_dict[metric],
            trial.trial_id,
            trial.tunable_config_id,
            assignments(trial.tunable_config.config_dict),
        )
        for metric, trial in best.items()
    ]
    return make_table("The best trials", ("objective", "value", "trial", "config", "parameters"), rows)


def trials(
    experiment_id: ExperimentId,
    *,
    storage: StorageName,
    everything: _All = False,
    last: _Last = None,
    json: Json = False,
) -> None:
    """List the trials of an experiment, by their ids."""
    with open_storage(storage, read_only=True) as opened:
        experiment = find_experiment(opened, experiment_id)
        found = list(experiment.trials.values())[-(last or 0) :]
    if json:
        print_json([trial_facts(trial) for trial in found])
        return
    show(_trials_table(experiment, found, everything=everything))


def _trials_table(experiment: ExperimentData, trials: Sequence[TrialData], *, everything: bool) -> Table:
    parameters = _names(trial.tunable_config.config_dict for trial in trials) if everything else []
    measured = _names(trial.results_dict for trial in trials)
    metrics = measured if everything or not experiment.objectives else list(experiment.objectives)
    columns = ("trial", "status", "start", "seconds", "config", "runner", *parameters, *metrics)
    rows = (_trial_row(trial, parameters, metrics) for trial in trials)
    return make_table(f"Trials of {experiment.experiment_id}", columns, rows)


def _trial_row(trial: TrialData, parameters: Sequence[str], metrics: Sequence[str]) -> list[object]:
    values, results = trial.tunable_config.config_dict, trial.results_dict
    return [
        trial.trial_id,
        trial.status.name,
        when(trial.ts_start),
        (trial.ts_end - trial.ts_start).total_seconds() if trial.ts_end else None,
        trial.tunable_config_id,
        trial.trial_runner_id,
        *(values.get(name) for name in parameters),
        *(results.get(name) for name in metrics),
    ]


def _names(dicts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return all keys, sorted."""
    return sorted({name for each in dicts for name in each})


def _in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in counts.items())
