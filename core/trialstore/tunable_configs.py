"""Reads tunable configs: each once, however many trials share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from trialstore.codec import decode
from trialstore.errors import CorruptStorageError

if TYPE_CHECKING:
    from trialstore.codec import Encoded
    from trialstore.records import TrialRecord
    from trialstore.session import Session
    from trialstore.values import Scalar

_NONE: Mapping[int, Encoded] = MappingProxyType({})


def values_of(session: Session, trials: Iterable[TrialRecord]) -> dict[int, dict[str, Scalar]]:
    """Return the parameter values of the tunable configs of trials, by id ascending."""
    texts = {trial.tunable_config_id: trial.config for trial in trials}
    known = {config_id: text for config_id, text in texts.items() if text is not None}
    return values_by_id(session, texts, known)


def values_by_id(
    session: Session, config_ids: Iterable[int], known: Mapping[int, Encoded] = _NONE
) -> dict[int, dict[str, Scalar]]:
    """Return the parameter values of tunable configs that trials refer to, by id ascending.

    Those whose texts are known are not read again.
    """
    wanted = set(config_ids)
    unknown = wanted - known.keys()
    found = session.find_tunable_configs(unknown) if unknown else {}
    if missing := unknown - found.keys():
        raise CorruptStorageError(f"trials refer to tunable configs that do not exist: {sorted(missing)}")
    texts = {**known, **found}
    return {config_id: decode(texts[config_id]) for config_id in sorted(texts)}
