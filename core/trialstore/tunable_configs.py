"""Reads tunable configs: each once, however many trials share it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from trialstore.codec import decode
from trialstore.errors import CorruptStorageError

if TYPE_CHECKING:
    from trialstore.session import Session
    from trialstore.values import Scalar


def values_by_id(session: Session, config_ids: Iterable[int]) -> dict[int, dict[str, Scalar]]:
    """Return the parameter values of tunable configs that trials refer to, by id ascending."""
    wanted = set(config_ids)
    texts = session.find_tunable_configs(wanted) if wanted else {}
    if missing := wanted - texts.keys():
        raise CorruptStorageError(f"trials refer to tunable configs that do not exist: {sorted(missing)}")
    return {config_id: decode(texts[config_id]) for config_id in sorted(texts)}
