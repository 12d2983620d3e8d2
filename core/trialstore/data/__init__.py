"""The read side: snapshots of what is stored, and their pandas frames."""

from trialstore.data._experiment import ExperimentData, experiments_of
from trialstore.data._kv import kv_df_to_dict
from trialstore.data._mapping import LazyMapping
from trialstore.data._queue import PendingTrials, QueueData, RecentTrials, RunningTrial
from trialstore.data._trial import TrialData
from trialstore.data._trial_group import TunableConfigTrialGroupData
from trialstore.data._tunable_config import TunableConfigData

__all__ = [
    "ExperimentData",
    "LazyMapping",
    "PendingTrials",
    "QueueData",
    "RecentTrials",
    "RunningTrial",
    "TrialData",
    "TunableConfigData",
    "TunableConfigTrialGroupData",
    "experiments_of",
    "kv_df_to_dict",
]
