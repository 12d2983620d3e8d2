"""The frame of the status history."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from trialstore.data import _frames as frames

if TYPE_CHECKING:
    from trialstore.data._reader import Reader


def history_frame(reader: Reader, trial_ids: Collection[int] | None = None) -> pd.DataFrame:
    """Return one row per change of the status of some or (None) all trials; see `ExperimentData.history_df`."""
    changes = reader.session.find_status_changes(reader.record.uid, trial_ids)
    columns = {
        "trial_id": frames.integers(change.trial_id for change in changes),
        "attempt": frames.integers(change.attempt for change in changes),
        "ts": frames.times(change.ts for change in changes),
        "status": frames.texts(change.status.name for change in changes),
        "trial_runner_id": frames.objects([change.trial_runner_id for change in changes]),
        "reason": frames.objects([change.reason for change in changes]),
        "reported": frames.flags(change.reported for change in changes),
    }
    return pd.DataFrame(columns)
