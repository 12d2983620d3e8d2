"""What an optimizer learns from: the trials that have ended, in four lists of equal length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from trialstore.codec import EMPTY, decode
from trialstore.status import Status
from trialstore.values import Scalar

if TYPE_CHECKING:
    from trialstore.records import TrialRecord

Loaded: TypeAlias = tuple[list[int], list[dict[str, Scalar]], list[dict[str, Scalar] | None], list[Status]]
"""The ids of trials, their parameter values, their metrics (None unless a trial succeeded) and their statuses."""
LOADED = frozenset({Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT})


def loaded(records: Sequence[TrialRecord], values: Mapping[int, dict[str, Scalar]]) -> Loaded:
    """Return the lists of some trials; the parameter values of their tunable configs, by id, become the caller's."""
    return (
        [record.trial_id for record in records],
        _configs([record.tunable_config_id for record in records], values),
        [decode(record.metrics or EMPTY) if record.status.is_succeeded() else None for record in records],
        [record.status for record in records],
    )


def joined(parts: Iterable[Loaded]) -> Loaded:
    """Return the lists of one part after the other."""
    whole: Loaded = ([], [], [], [])
    ids, configs, scores, statuses = whole
    for part in parts:
        ids += part[0]
        configs += part[1]
        scores += part[2]
        statuses += part[3]
    return whole


def _configs(config_ids: Sequence[int], values: Mapping[int, dict[str, Scalar]]) -> list[dict[str, Scalar]]:
    """Return parameter values for each id, which nobody shares: a caller may change them."""
    if len(set(config_ids)) == len(config_ids):
        return [values[config_id] for config_id in config_ids]
    return [dict(values[config_id]) for config_id in config_ids]
