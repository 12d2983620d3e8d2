"""Storage for experiments and their trials, on the engine that you already have.

Every public name is imported when it is first used, so that ``import trialstore`` costs next to nothing.

Examples
--------
>>> import trialstore
>>> from datetime import datetime
>>> with trialstore.open("memory://") as storage:
...     with storage.experiment(experiment_id="demo", opt_targets={"latency": "min"}) as experiment:
...         trial = experiment.new_trial({"cache_mb": 64})
...         _ = trial.update(trialstore.Status.SUCCEEDED, datetime.now(), {"latency": 12.5})
...         experiment.load()
([1], [{'cache_mb': 64}], [{'latency': 12.5}], [<Status.SUCCEEDED: 4>])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialstore.backend import (
        Backend,
        Capability,
    )
    from trialstore.claimed_trial import (
        ClaimedTrial,
    )
    from trialstore.config import (
        composed_schema,
    )
    from trialstore.data import (
        ExperimentData,
        TrialData,
        TunableConfigData,
        TunableConfigTrialGroupData,
        kv_df_to_dict,
    )
    from trialstore.errors import (
        AlreadyCompletedError,
        BackendNotInstalledError,
        ConfigError,
        ConfigNotFoundError,
        CorruptStorageError,
        ExperimentMismatchWarning,
        ExperimentNotFoundError,
        ForkedStorageError,
        InvalidInputError,
        NotFoundError,
        PluginError,
        ReadOnlyError,
        SchemaVersionError,
        StaleTrialError,
        StorageClosedError,
        StorageNotFoundError,
        StorageUnavailableError,
        TransientError,
        TrialNotFoundError,
        TrialstoreError,
        TunableConfigNotFoundError,
        TunablesMismatchError,
        UnknownBackendError,
        UnknownTunableError,
        UnsupportedError,
        UsageError,
    )
    from trialstore.experiment import (
        Experiment,
    )
    from trialstore.factory import (
        from_config,
        open,  # noqa: A004 - trialstore.open() reads like gzip.open()
    )
    from trialstore.plugins import (
        BackendInfo,
        BackendSpec,
        hookimpl,
        list_backends,
    )
    from trialstore.status import (
        Status,
    )
    from trialstore.storage import (
        Storage,
    )
    from trialstore.trial import (
        Trial,
    )
    from trialstore.tunables import (
        CovariantGroup,
        Tunable,
        TunableGroups,
        load_tunables,
    )
    from trialstore.worker import (
        Completion,
        Outcome,
        Worker,
        WorkerResult,
    )

__all__ = [
    "AlreadyCompletedError",
    "Backend",
    "BackendInfo",
    "BackendNotInstalledError",
    "BackendSpec",
    "Capability",
    "ClaimedTrial",
    "Completion",
    "ConfigError",
    "ConfigNotFoundError",
    "CorruptStorageError",
    "CovariantGroup",
    "Experiment",
    "ExperimentData",
    "ExperimentMismatchWarning",
    "ExperimentNotFoundError",
    "ForkedStorageError",
    "InvalidInputError",
    "NotFoundError",
    "Outcome",
    "PluginError",
    "ReadOnlyError",
    "SchemaVersionError",
    "StaleTrialError",
    "Status",
    "Storage",
    "StorageClosedError",
    "StorageNotFoundError",
    "StorageUnavailableError",
    "TransientError",
    "Trial",
    "TrialData",
    "TrialNotFoundError",
    "TrialstoreError",
    "Tunable",
    "TunableConfigData",
    "TunableConfigNotFoundError",
    "TunableConfigTrialGroupData",
    "TunableGroups",
    "TunablesMismatchError",
    "UnknownBackendError",
    "UnknownTunableError",
    "UnsupportedError",
    "UsageError",
    "Worker",
    "WorkerResult",
    "composed_schema",
    "from_config",
    "hookimpl",
    "kv_df_to_dict",
    "list_backends",
    "load_tunables",
    "open",
]

_HOMES = {
    "trialstore.backend": ("Backend", "Capability"),
    "trialstore.claimed_trial": ("ClaimedTrial",),
    "trialstore.config": ("composed_schema",),
    "trialstore.data": (
        "ExperimentData",
        "TrialData",
        "TunableConfigData",
        "TunableConfigTrialGroupData",
        "kv_df_to_dict",
    ),
    "trialstore.errors": (
        "AlreadyCompletedError",
        "BackendNotInstalledError",
        "ConfigError",
        "ConfigNotFoundError",
        "CorruptStorageError",
        "ExperimentMismatchWarning",
        "ExperimentNotFoundError",
        "ForkedStorageError",
        "InvalidInputError",
        "NotFoundError",
        "PluginError",
        "ReadOnlyError",
        "SchemaVersionError",
        "StaleTrialError",
        "StorageClosedError",
        "StorageNotFoundError",
        "StorageUnavailableError",
        "TransientError",
        "TrialNotFoundError",
        "TrialstoreError",
        "TunableConfigNotFoundError",
        "TunablesMismatchError",
        "UnknownBackendError",
        "UnknownTunableError",
        "UnsupportedError",
        "UsageError",
    ),
    "trialstore.experiment": ("Experiment",),
    "trialstore.factory": ("from_config", "open"),
    "trialstore.plugins": ("BackendInfo", "BackendSpec", "hookimpl", "list_backends"),
    "trialstore.status": ("Status",),
    "trialstore.storage": ("Storage",),
    "trialstore.trial": ("Trial",),
    "trialstore.tunables": ("CovariantGroup", "Tunable", "TunableGroups", "load_tunables"),
    "trialstore.worker": ("Completion", "Outcome", "Worker", "WorkerResult"),
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("trialstore")
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
