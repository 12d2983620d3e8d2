"""What a storage tells its observers, once, after the commit of what happened."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from trialstore.status import Status

_LOG = logging.getLogger(__name__)


class Events(Protocol):
    """Receives what has happened to experiments and trials."""

    def experiment_opened(self, experiment_id: str) -> None:
        """Take note that an experiment was created or resumed."""

    def trials_added(self, experiment_id: str, trial_ids: Sequence[int]) -> None:
        """Take note that trials were added to an experiment."""

    def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
        """Take note that a trial got a status."""


class GuardedEvents:
    """Passes events on to an observer, whose failure is logged: it must not break a write that has happened."""

    def __init__(self, observer: Events | None) -> None:
        self._observer = observer

    def experiment_opened(self, experiment_id: str) -> None:
        """Pass on that an experiment was created or resumed."""
        if self._observer is not None:
            _tell(self._observer.experiment_opened, experiment_id)

    def trials_added(self, experiment_id: str, trial_ids: Sequence[int]) -> None:
        """Pass on that trials were added to an experiment."""
        if self._observer is not None:
            _tell(self._observer.trials_added, experiment_id, trial_ids)

    def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
        """Pass on that a trial got a status."""
        if self._observer is not None:
            _tell(self._observer.trial_changed, experiment_id, trial_id, status)


def _tell(event: Callable[..., None], *facts: Any) -> None:
    try:
        event(*facts)
    except Exception:  # noqa: BLE001 - whatever it was, the write has been committed
        _LOG.exception("an observer failed at an event; what it was to be told has happened all the same")
