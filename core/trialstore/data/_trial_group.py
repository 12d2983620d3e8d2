"""The trials of one experiment that share a tunable config, for those who read them."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from trialstore.data._mapping import LazyMapping
from trialstore.data._trial import TrialData, trial_ids_of, trials_of
from trialstore.errors import TrialNotFoundError

if TYPE_CHECKING:
    import pandas as pd

    from trialstore.data._reader import Reader
    from trialstore.data._tunable_config import TunableConfigData


class TunableConfigTrialGroupData:
    """The repetitions of one tunable config in an experiment. Two are equal if experiment and config are."""

    def __init__(self, reader: Reader, tunable_config: TunableConfigData, group_id: int) -> None:
        self._reader = reader
        self._tunable_config = tunable_config
        self._group_id = group_id

    def __repr__(self) -> str:
        return f"TunableConfigTrialGroup :: {self.experiment_id} cid:{self.tunable_config_id}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TunableConfigTrialGroupData):
            return NotImplemented
        return self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, int]:
        return self._reader.record.uid, self.tunable_config_id

    @property
    def experiment_id(self) -> str:
        """The id of the experiment."""
        return self._reader.record.experiment_id

    @property
    def tunable_config_id(self) -> int:
        """The id of the tunable config that the trials share."""
        return self._tunable_config.tunable_config_id

    @property
    def tunable_config_trial_group_id(self) -> int:
        """The id of the group: the smallest id of its trials."""
        return self._group_id

    @property
    def tunable_config(self) -> TunableConfigData:
        """The parameter values that the trials share."""
        return self._tunable_config

    @property
    def trials(self) -> LazyMapping[int, TrialData]:
        """The trials of the group by id ascending; each access reads."""
        return LazyMapping(int, self._trial_ids, self._find_trials, self._no_trial)

    @property
    def results_df(self) -> pd.DataFrame:
        """The rows of `ExperimentData.results_df` that belong to the group, read now."""
        from trialstore.data._results import results_frame

        return results_frame(self._reader, tunable_config_id=self.tunable_config_id)

    def _trial_ids(self) -> Collection[int]:
        return trial_ids_of(self._reader, tunable_config_id=self.tunable_config_id)

    def _find_trials(self, ids: Collection[int] | None) -> dict[int, TrialData]:
        return trials_of(self._reader, tunable_config_id=self.tunable_config_id, trial_ids=ids)

    def _no_trial(self, trial_id: int) -> TrialNotFoundError:
        return TrialNotFoundError(f"{self!r} has no trial {trial_id!r}")
