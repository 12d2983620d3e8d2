"""What a storage tells its observers, once, after the commit of what happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from trialstore.status import Status


class Events(Protocol):
    """Receives what has happened to experiments and trials."""

    def experiment_opened(self, experiment_id: str) -> None:
        """Take note that an experiment was created or resumed."""

    def trials_added(self, experiment_id: str, trial_ids: Sequence[int]) -> None:
        """Take note that trials were added to an experiment."""

    def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
        """Take note that a trial got a status."""


class NoEvents:
    """Tells nobody."""

    def experiment_opened(self, experiment_id: str) -> None:
        """Tell nobody."""

    def trials_added(self, experiment_id: str, trial_ids: Sequence[int]) -> None:
        """Tell nobody."""

    def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
        """Tell nobody."""
