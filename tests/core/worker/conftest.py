"""An experiment to work on, and a look at what became of its trials."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trialstore import Experiment, Status, Storage

History = Callable[[int], list[tuple[Status, str | None]]]


@pytest.fixture
def history(storage: Storage, plain: Experiment) -> History:
    """Returns the statuses that a trial has had, each with its reason."""

    def history(trial_id: int) -> list[tuple[Status, str | None]]:
        uid = plain._context.uid
        changes = storage.session.find_status_changes(uid, [trial_id])
        return [(change.status, change.reason) for change in changes]

    return history
