"""Which records a query or a claim asks for, in which order, and with which of their parts.

A backend whose engine cannot filter brings its records here: all of them, or those that its indexes leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from msgspec.structs import replace

from trialstore.records import Claim, ExperimentQuery, ExperimentRecord, Order, Parts, TrialQuery, TrialRecord
from trialstore.times import Micros
from trialstore.transitions import is_eligible

__all__ = ["chosen", "is_asked_for", "selected", "still_held", "with_parts"]


def is_asked_for(experiment: ExperimentRecord, query: ExperimentQuery) -> bool:
    """Tell whether a query asks for an experiment."""
    return (query.experiment_ids is None or experiment.experiment_id in query.experiment_ids) and (
        query.uids is None or experiment.uid in query.uids
    )


def selected(trials: Iterable[TrialRecord], query: TrialQuery) -> list[TrialRecord]:
    """Return those of some trials that a query asks for, in its order, within its limit and with its parts.

    The trials come by id. They may be few already, but must hold all that the query asks for.
    """
    query = _for_many_lookups(query)
    found: Iterable[TrialRecord] = (trial for trial in trials if _matches(trial, query))
    if query.order is Order.COMPLETION:
        found = sorted(
            (t for t in found if t.completion is not None), key=lambda trial: trial.completion or 0
        )
    return [with_parts(trial, query.parts) for trial in islice(found, query.limit)]


def with_parts(trial: TrialRecord, parts: Parts) -> TrialRecord:
    """Return a trial with only those of its parts that are asked for."""
    return replace(
        trial,
        metadata=trial.metadata if Parts.METADATA in parts else None,
        metrics=trial.metrics if Parts.METRICS in parts else None,
    )


def chosen(trials: Iterable[TrialRecord], claim: Claim, now: Micros) -> list[TrialRecord]:
    """Return those of some trials that a claim takes, by (due, trial id)."""
    eligible = (trial for trial in trials if is_eligible(trial, claim, now))
    return sorted(eligible, key=_due_order)[: claim.limit]


def still_held(handed_out: Iterable[tuple[TrialRecord, int]]) -> list[TrialRecord]:
    """Return the trials that are still in the attempts for which a claim got them, by (due, trial id)."""
    return sorted((trial for trial, attempt in handed_out if trial.attempt == attempt), key=_due_order)


def _due_order(trial: TrialRecord) -> tuple[Micros, int]:
    return trial.due, trial.trial_id


def _for_many_lookups(query: TrialQuery) -> TrialQuery:
    ids = None if query.trial_ids is None else frozenset(query.trial_ids)
    return replace(query, trial_ids=ids, completions=frozenset(query.completions))


def _matches(trial: TrialRecord, query: TrialQuery) -> bool:
    conditions: tuple[tuple[object, Callable[[], bool]], ...] = (
        (query.trial_ids, lambda: trial.trial_id in (query.trial_ids or ())),
        (query.after_id, lambda: trial.trial_id > (query.after_id or 0)),
        (query.statuses, lambda: trial.status in (query.statuses or ())),
        (query.due_by, lambda: trial.due <= (query.due_by or 0)),
        (query.runner_assigned, lambda: (trial.trial_runner_id is not None) is query.runner_assigned),
        (query.tunable_config_id, lambda: trial.tunable_config_id == query.tunable_config_id),
        (query.completed_after, lambda: _is_completed_after(trial, query)),
    )
    return all(holds() for asked, holds in conditions if asked is not None)


def _is_completed_after(trial: TrialRecord, query: TrialQuery) -> bool:
    number = trial.completion
    return number is not None and (number > (query.completed_after or 0) or number in query.completions)
