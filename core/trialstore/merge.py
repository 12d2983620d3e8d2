"""Copies the completed trials of other experiments, so that repeating it adds nothing twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from trialstore.codec import EMPTY, decode, encode, hash_of
from trialstore.context import ExperimentContext
from trialstore.errors import InvalidInputError, TunablesMismatchError
from trialstore.new_trials import full_values
from trialstore.records import ExperimentRecord, NewTrial, Parts, TrialRecord
from trialstore.status import COMPLETED
from trialstore.tunable_configs import values_of
from trialstore.values import Scalar, plain_name

if TYPE_CHECKING:
    from trialstore.session import Session
    from trialstore.tunables import TunableGroups

SOURCE = "merged_from"
"""The metadata entry that names the experiment and trial which a copy comes from."""


class Source(NamedTuple):
    """The completed trials of one experiment, and the parameter values of each that the target will store."""

    context: ExperimentContext
    records: list[TrialRecord]
    values: dict[int, dict[str, Scalar]]


def read_sources(session: Session, experiment_ids: Sequence[str]) -> list[Source]:
    """Return the completed trials of some experiments, or raise if one of these does not exist."""
    if isinstance(experiment_ids, str) or not isinstance(experiment_ids, Iterable):
        raise InvalidInputError(f"merge() takes a list of experiment ids, not {experiment_ids!r}")
    return [_read(_context(session, experiment_id)) for experiment_id in experiment_ids]


def fitted(sources: Sequence[Source], target: ExperimentContext) -> list[Source]:
    """Return the sources with values for all tunables of the target, or raise if something does not fit."""
    if target.tunables is None:
        return list(sources)
    defaults = target.tunables.copy().restore_defaults()
    return [source._replace(values=_fitted(source, target, defaults)) for source in sources]


def copies_of(
    sources: Sequence[Source], target: ExperimentContext
) -> list[tuple[NewTrial, dict[str, Scalar]]]:
    """Return the trials of fitted sources as new trials of `target`, with their parameter values.

    A copy of a copy is a copy of the original, and there is none in the experiment that the original is in.
    """
    copies: dict[str, tuple[NewTrial, dict[str, Scalar]]] = {}
    for source in sources:
        for record in source.records:
            origin, values = _origin(source.context, record), source.values[record.tunable_config_id]
            if origin["experiment_uid"] != target.uid:
                new = _copy(record, values, origin, target)
                copies.setdefault(new.token, (new, values))
    return list(copies.values())


def _context(session: Session, experiment_id: str) -> ExperimentContext:
    name = plain_name(experiment_id, "an experiment id")
    context = ExperimentContext(session, ExperimentRecord(experiment_id=name, uid=""), None, is_stored=False)
    context.ensure_found()
    return context


def _read(context: ExperimentContext) -> Source:
    records = context.find(statuses=COMPLETED, parts=Parts.METADATA | Parts.METRICS | Parts.CONFIG)
    return Source(context, records, values_of(context.session, records))


def _fitted(
    source: Source, target: ExperimentContext, defaults: TunableGroups
) -> dict[int, dict[str, Scalar]]:
    try:
        return {config_id: full_values(defaults, values) for config_id, values in source.values.items()}
    except (KeyError, ValueError) as error:
        names = (
            f"{source.context.record.experiment_id!r} cannot be merged into {target.record.experiment_id!r}"
        )
        raise TunablesMismatchError(f"experiment {names}: {error}") from error


def _origin(source: ExperimentContext, record: TrialRecord) -> dict[str, Any]:
    own = {
        "experiment_id": source.record.experiment_id,
        "experiment_uid": source.uid,
        "trial_id": record.trial_id,
    }
    stored = decode(record.metadata or EMPTY).get(SOURCE)
    return stored if isinstance(stored, dict) and stored.keys() == own.keys() else own


def _copy(
    record: TrialRecord, values: dict[str, Scalar], origin: dict[str, Any], target: ExperimentContext
) -> NewTrial:
    config = encode(values, "the parameter values")
    metadata = {**decode(record.metadata or EMPTY), SOURCE: origin}
    name = f"{origin['experiment_uid']}:{origin['trial_id']}:{target.uid}"
    return NewTrial(
        token=hashlib.sha256(name.encode()).hexdigest(),
        config=config,
        config_hash=hash_of(config),
        metadata=encode(metadata, f"the metadata of the copy of trial {record.trial_id}"),
        due=record.due,
        status=record.status,
        ts_start=record.ts_start,
        ts_end=record.ts_end,
        metrics=record.metrics,
        trial_runner_id=record.trial_runner_id,
    )
