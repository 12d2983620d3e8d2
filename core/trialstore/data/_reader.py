"""Reads the trials of one stored experiment and what belongs to them, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trialstore.data._tunable_config import TunableConfigData
from trialstore.records import ExperimentRecord, TrialQuery
from trialstore.tunable_configs import values_by_id, values_of

if TYPE_CHECKING:
    from trialstore.records import TrialRecord
    from trialstore.session import Session
    from trialstore.values import Scalar


class Reader:
    """The session and the stored experiment, for the data objects that read from them."""

    def __init__(self, session: Session, record: ExperimentRecord) -> None:
        self.session = session
        self.record = record

    def find(self, **conditions: Any) -> list[TrialRecord]:
        """Return the trials that meet the conditions of a `TrialQuery`."""
        return self.session.find_trials(TrialQuery(uid=self.record.uid, **conditions))

    def configs(self, config_ids: Iterable[int]) -> dict[int, TunableConfigData]:
        """Return tunable configs that trials refer to, by id ascending."""
        return _configs(values_by_id(self.session, config_ids))

    def configs_of(self, trials: Iterable[TrialRecord]) -> dict[int, TunableConfigData]:
        """Return the tunable configs of trials, by id."""
        return _configs(values_of(self.session, trials))

    def first_trial_ids(self, tunable_config_id: int | None = None) -> dict[int, int]:
        """Return, by tunable config id ascending, the smallest id of the trials that share it."""
        limit = None if tunable_config_id is None else 1
        firsts: dict[int, int] = {}
        for record in self.find(tunable_config_id=tunable_config_id, limit=limit):
            firsts.setdefault(record.tunable_config_id, record.trial_id)
        return dict(sorted(firsts.items()))


def _configs(values: dict[int, dict[str, Scalar]]) -> dict[int, TunableConfigData]:
    return {config_id: TunableConfigData(config_id, values[config_id]) for config_id in values}
