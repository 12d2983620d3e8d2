"""The frame of all trials with their parameters and results."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import pandas as pd

from trialstore.codec import EMPTY, decode
from trialstore.data import _frames as frames
from trialstore.records import Parts, TrialQuery
from trialstore.tunable_configs import values_by_id

if TYPE_CHECKING:
    from trialstore.data._reader import Reader
    from trialstore.records import TrialRecord
    from trialstore.session import Session

CONFIG_PREFIX = "config."
RESULT_PREFIX = "result."


def results_frame(reader: Reader, **conditions: Any) -> pd.DataFrame:
    """Return one row per trial, by trial id; see `ExperimentData.results_df`."""
    query = TrialQuery(uid=reader.record.uid, parts=Parts.METRICS, **conditions)
    facts, results = _Facts(), frames.Columns()
    for page in reader.session.trial_pages(query):
        for record in page:
            facts.append(record)
            results.append(decode(record.metrics or EMPTY))
    parameters = _parameters_frame(reader.session, facts.tunable_config_ids)
    return pd.concat([facts.frame(), parameters, results.frame(RESULT_PREFIX)], axis="columns")


class _Facts:
    """The columns that every trial has, as compact as they come, because there may be many."""

    def __init__(self) -> None:
        self.tunable_config_ids = array("q")
        self._trial_ids = array("q")
        self._starts: list[int] = []
        self._ends: list[int | None] = []
        self._group_ids = array("q")
        self._statuses: list[str] = []
        self._runners: list[int | None] = []
        self._first_trial_ids: dict[int, int] = {}

    def append(self, record: TrialRecord) -> None:
        config_id = record.tunable_config_id
        self.tunable_config_ids.append(config_id)
        self._trial_ids.append(record.trial_id)
        self._starts.append(record.shown_start)
        self._ends.append(record.ts_end)
        self._group_ids.append(self._first_trial_ids.setdefault(config_id, record.trial_id))
        self._statuses.append(record.status.name)
        self._runners.append(record.trial_runner_id)

    def frame(self) -> pd.DataFrame:
        columns = {
            "trial_id": frames.integers(self._trial_ids),
            "ts_start": frames.times(self._starts),
            "ts_end": frames.times(self._ends),
            "tunable_config_id": frames.integers(self.tunable_config_ids),
            "tunable_config_trial_group_id": frames.integers(self._group_ids),
            "status": frames.texts(self._statuses),
            "trial_runner_id": frames.objects(self._runners),
        }
        return pd.DataFrame(columns)


def _parameters_frame(session: Session, config_ids: array[int]) -> pd.DataFrame:
    """Return the parameter values of each trial: built once per tunable config, then repeated."""
    parameters, rows = frames.Columns(), {}
    for row, (config_id, values) in enumerate(values_by_id(session, config_ids).items()):
        rows[config_id] = row
        parameters.append(values)
    frame = parameters.frame(CONFIG_PREFIX).take([rows[config_id] for config_id in config_ids])
    return frame.reset_index(drop=True)
