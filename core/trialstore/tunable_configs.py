"""Reads tunable configs: each once, however many trials share it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from trialstore.codec import decode
from trialstore.errors import CorruptStorageError

if TYPE_CHECKING:
    from trialstore.codec import Encoded
    from trialstore.records import TrialRecord
    from trialstore.session import Session
    from trialstore.values import Scalar


def values_of(session: Session, trials: Iterable[TrialRecord]) -> dict[int, dict[str, Scalar]]:
    """Return the parameter values of the tunable configs of trials, by id; only those that did not come along are read."""
    records = list(trials)
    known = {config_id: decode(text) for config_id, text in texts_of(records).items()}
    return known | values_by_id(session, {record.tunable_config_id for record in records} - known.keys())


def texts_of(trials: Iterable[TrialRecord]) -> dict[int, Encoded]:
    """Return the texts of the tunable configs that came along with trials, by id."""
    return {trial.tunable_config_id: trial.config for trial in trials if trial.config is not None}


def values_by_id(session: Session, config_ids: Iterable[int]) -> dict[int, dict[str, Scalar]]:
    """Return the parameter values of tunable configs that trials refer to, by id ascending."""
    wanted = set(config_ids)
    texts = session.find_tunable_configs(wanted) if wanted else {}
    if missing := wanted - texts.keys():
        raise CorruptStorageError(f"trials refer to tunable configs that do not exist: {sorted(missing)}")
    return {config_id: decode(texts[config_id]) for config_id in sorted(texts)}
