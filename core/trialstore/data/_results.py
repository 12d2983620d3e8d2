"""The frame of all trials with their parameters and results."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import pandas as pd

from trialstore.codec import EMPTY, decode
from trialstore.data import _frames as frames
from trialstore.records import Parts, TrialQuery
from trialstore.session import PAGE
from trialstore.tunable_configs import texts_of, values_by_id

if TYPE_CHECKING:
    from trialstore.data._reader import Reader
    from trialstore.records import TrialRecord
    from trialstore.session import Session
    from trialstore.values import Scalar

CONFIG_PREFIX = "config."
RESULT_PREFIX = "result."


def results_frame(reader: Reader, **conditions: Any) -> pd.DataFrame:
    """Return one row per trial, by trial id; see `ExperimentData.results_df`."""
    query = TrialQuery(uid=reader.record.uid, parts=Parts.METRICS | Parts.CONFIG, **conditions)
    facts, parameters, results = _Facts(), _Parameters(), frames.Columns()
    for page in reader.session.trial_pages(query):
        facts.extend(page)
        parameters.extend(page)
        results.extend([decode(record.metrics or EMPTY) for record in page])
    parameters.complete(reader.session, facts.tunable_config_ids)
    configs = parameters.frame(facts.tunable_config_ids)
    return pd.concat([facts.frame(), configs, results.frame(RESULT_PREFIX)], axis="columns")


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

    def extend(self, records: Sequence[TrialRecord]) -> None:
        ids = [(record.tunable_config_id, record.trial_id) for record in records]
        self.tunable_config_ids.extend([config_id for config_id, _ in ids])
        self._trial_ids.extend([trial_id for _, trial_id in ids])
        self._starts.extend([record.shown_start for record in records])
        self._ends.extend([record.ts_end for record in records])
        self._group_ids.extend([self._first_trial_ids.setdefault(*each) for each in ids])
        self._statuses.extend([record.status.name for record in records])
        self._runners.extend([record.trial_runner_id for record in records])

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


class _Parameters:
    """The parameter values of tunable configs: each built once, then repeated for its trials."""

    def __init__(self) -> None:
        self._columns = frames.Columns()
        self._rows: dict[int, int] = {}

    def extend(self, records: Sequence[TrialRecord]) -> None:
        """Add the configs that have come along with trials."""
        texts = texts_of(records)
        self._add({config_id: decode(texts[config_id]) for config_id in texts if config_id not in self._rows})

    def complete(self, session: Session, config_ids: Iterable[int]) -> None:
        """Read the configs that have not come along."""
        absent = sorted(set(config_ids) - self._rows.keys())
        for start in range(0, len(absent), PAGE):
            self._add(values_by_id(session, absent[start : start + PAGE]))

    def frame(self, config_ids: Sequence[int]) -> pd.DataFrame:
        """Return a row for each trial, given the ids of their configs."""
        frame = self._columns.frame(CONFIG_PREFIX).take([self._rows[config_id] for config_id in config_ids])
        return frame.reset_index(drop=True)

    def _add(self, values: Mapping[int, Mapping[str, Scalar]]) -> None:
        self._rows.update(zip(values, count(len(self._rows)), strict=False))
        self._columns.extend([*values.values()])
