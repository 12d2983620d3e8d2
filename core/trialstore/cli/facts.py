"""Turns experiments and trials into plain values: what ``--json`` prints, and what the tables are made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from trialstore.data import ExperimentData, TrialData
    from trialstore.records import Direction

__all__ = ["best_trials", "experiment_facts", "trial_facts"]


def experiment_facts(experiment: ExperimentData) -> dict[str, Any]:
    """Return what is known of an experiment, without its trials but for their number."""
    root_env_config, git_repo, git_commit = experiment.root_env_config
    counts = {status.name: count for status, count in experiment.trial_counts.items()}
    return {
        "experiment_id": experiment.experiment_id,
        "description": experiment.description,
        "root_env_config": root_env_config,
        "git_repo": git_repo,
        "git_commit": git_commit,
        "objectives": experiment.objectives,
        "trials": sum(counts.values()),
        "trial_counts": counts,
    }


def trial_facts(trial: TrialData) -> dict[str, Any]:
    """Return all of a trial but its telemetry; times are ISO 8601 in UTC."""
    return {
        "trial_id": trial.trial_id,
        "status": trial.status.name,
        "ts_start": trial.ts_start.isoformat(),
        "ts_end": _iso(trial.ts_end),
        "tunable_config_id": trial.tunable_config_id,
        "trial_runner_id": trial.trial_runner_id,
        "config": trial.tunable_config.config_dict,
        "metadata": trial.metadata_dict,
        "metrics": trial.results_dict,
    }


def best_trials(objectives: dict[str, Direction], trials: Collection[TrialData]) -> dict[str, TrialData]:
    """Return the best of the trials that succeeded, by objective; one that no trial has a number for is left out."""
    best = {}
    for metric, direction in objectives.items():
        scores = {trial: score for trial in trials if (score := _score(trial, metric)) is not None}
        if scores:
            best[metric] = (min if direction == "min" else max)(scores, key=scores.__getitem__)
    return best


def _score(trial: TrialData, metric: str) -> float | None:
    score = trial.results_dict.get(metric) if trial.status.is_succeeded() else None
    if isinstance(score, bool) or not isinstance(score, (int, float)) or math.isnan(score):
        return None
    return score


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
