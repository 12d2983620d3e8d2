"""Which records a query or a claim asks for, in which order, and with which of their parts.

A backend whose engine cannot filter brings its records here: all of them, or those that its indexes leave.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import TypeAlias

from msgspec.structs import replace

from trialstore.records import Claim, ExperimentQuery, ExperimentRecord, Order, Parts, TrialQuery, TrialRecord
from trialstore.status import Status
from trialstore.times import Micros
from trialstore.transitions import is_eligible

__all__ = [
    "LEASED",
    "Place",
    "chosen",
    "is_asked_for",
    "place_of",
    "queue_of",
    "selected",
    "still_held",
    "with_parts",
]

LEASED = "leased"
"""The queue of the running trials whose leases will be over."""


Place: TypeAlias = tuple[str, Micros, int]
"""The place of a trial: its queue, the moment when it is due or its lease is over, and its id."""


def queue_of(trial_runner_id: int | None) -> str:
    """Return the name of the queue of the trials that wait for a runner, or for any."""
    return "" if trial_runner_id is None else str(trial_runner_id)


def place_of(trial: TrialRecord) -> Place | None:
    """Return where a claim looks for a trial; None if no claim needs to see it."""
    if trial.status is Status.PENDING:
        return queue_of(trial.trial_runner_id), trial.due, trial.trial_id
    if trial.status is Status.RUNNING and trial.lease_expires is not None:
        return LEASED, trial.lease_expires, trial.trial_id
    return None


def is_asked_for(experiment: ExperimentRecord, query: ExperimentQuery) -> bool:
    """Tell whether a query asks for an experiment."""
    return (query.experiment_ids is None or experiment.experiment_id in query.experiment_ids) and (
        query.uids is None or experiment.uid in query.uids
    )


def selected(trials: Iterable[TrialRecord], query: TrialQuery) -> list[TrialRecord]:
    """Return those of some trials that a query asks for, in its order, within its limit and with its parts.

    The trials come by id. They may be few already, but must hold all that the query asks for.
    """
    conditions = _conditions_of(query)
    found: Iterable[TrialRecord] = (trial for trial in trials if all(holds(trial) for holds in conditions))
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


def _conditions_of(query: TrialQuery) -> list[Callable[[TrialRecord], bool]]:
    ids, completions = frozenset(query.trial_ids or ()), frozenset(query.completions)
    conditions: tuple[tuple[object, Callable[[TrialRecord], bool]], ...] = (
        (query.trial_ids, lambda trial: trial.trial_id in ids),
        (query.after_id, lambda trial: trial.trial_id > (query.after_id or 0)),
        (query.statuses, lambda trial: trial.status in (query.statuses or ())),
        (query.due_by, lambda trial: trial.due <= (query.due_by or 0)),
        (query.runner_assigned, lambda trial: (trial.trial_runner_id is not None) is query.runner_assigned),
        (query.tunable_config_id, lambda trial: trial.tunable_config_id == query.tunable_config_id),
        (query.completed_after, lambda trial: _is_completed_after(trial, query.completed_after, completions)),
    )
    return [holds for asked, holds in conditions if asked is not None]


def _is_completed_after(trial: TrialRecord, number: int | None, others: Collection[int]) -> bool:
    return trial.completion is not None and (trial.completion > (number or 0) or trial.completion in others)
