"""Turns what a user gives for new trials into records, or refuses it, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from trialstore.codec import EMPTY, encode, hash_of
from trialstore.errors import InvalidInputError
from trialstore.records import NewTrial
from trialstore.session import new_token
from trialstore.times import to_micros
from trialstore.tunables import TunableGroups
from trialstore.values import Scalar, Value, plain_metadata, plain_scalars

_T = TypeVar("_T")

Assignment: TypeAlias = TunableGroups | Mapping[str, Any]
Moment: TypeAlias = datetime | None
Metadata: TypeAlias = Mapping[str, Value] | None


def new_trials(
    definition: TunableGroups | None,
    assignments: Sequence[Assignment],
    ts_start: Moment | Sequence[Moment],
    config: Metadata | Sequence[Metadata],
) -> list[tuple[NewTrial, dict[str, Scalar]]]:
    """Return a record and the full parameter values of each new trial."""
    if isinstance(assignments, (TunableGroups, Mapping, str)) or not isinstance(assignments, Sequence):
        raise InvalidInputError("new_trials() takes a list of assignments; new_trial() takes one")
    starts = _one_each(ts_start, len(assignments), "ts_start")
    configs = _one_each(config, len(assignments), "config")
    return [_new_trial(definition, *given) for given in zip(assignments, starts, configs, strict=True)]


def full_values(definition: TunableGroups | None, assignment: Assignment) -> dict[str, Scalar]:
    """Return the values that an assignment stands for: with a definition, of all its tunables and coerced."""
    given = assignment.get_param_values() if isinstance(assignment, TunableGroups) else assignment
    values = plain_scalars(given, "tunables")
    if definition is None:
        return values
    current = definition if values else definition.copy().restore_defaults()  # as assign({}) does
    return {**current.get_param_values(), **definition.check(values)}


def _new_trial(
    definition: TunableGroups | None, assignment: Assignment, ts_start: Moment, config: Metadata
) -> tuple[NewTrial, dict[str, Scalar]]:
    values = full_values(definition, assignment)
    text = encode(values, "the parameter values")
    new = NewTrial(
        token=new_token(),
        config=text,
        config_hash=hash_of(text),
        metadata=EMPTY if config is None else encode(plain_metadata(config, "config"), "the metadata"),
        due=None if ts_start is None else to_micros(ts_start, "ts_start"),
    )
    return new, values


def _one_each(given: _T | Sequence[_T], count: int, what: str) -> Sequence[_T]:
    if not isinstance(given, Sequence):
        return [given] * count
    if len(given) != count:
        raise InvalidInputError(
            f"{what} has {len(given)} elements for {count} trials; give one for all or one for each"
        )
    return given
