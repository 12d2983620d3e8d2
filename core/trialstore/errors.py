"""The errors of trialstore: one tree, each also the built-in that callers naturally catch.

::

    TrialstoreError
    ├── InvalidInputError (ValueError)              a value, name, time or argument that cannot be stored
    │   ├── ConfigError                             a config that is not valid
    │   │   ├── ConfigNotFoundError (FileNotFoundError) no config file has that name
    │   │   └── UnknownBackendError                 no backend has that name
    │   └── TunablesMismatchError                   stored values do not fit the tunables at hand
    ├── NotFoundError (KeyError)
    │   ├── ExperimentNotFoundError
    │   ├── TrialNotFoundError
    │   └── TunableConfigNotFoundError
    ├── UnknownTunableError (KeyError)              no tunable, or group of tunables, has that name
    ├── AlreadyCompletedError (RuntimeError)        a completion is final
    ├── StaleTrialError (RuntimeError)              this handle's attempt is over
    ├── UsageError (RuntimeError)                   a call in the wrong order, such as entering twice
    │   └── StorageClosedError
    ├── ReadOnlyError (PermissionError)
    ├── UnsupportedError (RuntimeError)             the backend does not declare that capability
    │   └── ForkedStorageError                      an in-process storage in a forked child
    ├── SchemaVersionError (RuntimeError)           an older or newer schema stands in the storage
    ├── BackendNotInstalledError (ImportError)      the plugin is there, what it needs is not
    ├── PluginError (RuntimeError)                  a plugin that is broken or clashes with another
    ├── StorageNotFoundError (FileNotFoundError)    there is no storage there, and none is to be created
    ├── CorruptStorageError (RuntimeError)          the engine holds what trialstore never wrote
    └── StorageUnavailableError (ConnectionError)   the engine is out of reach
        └── TransientError                          raised by backends: the same call may succeed later

    ExperimentMismatchWarning (UserWarning)         an experiment is resumed with other facts than its own
"""

from __future__ import annotations

__all__ = [
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
]


class TrialstoreError(Exception):
    """The root of every error that trialstore raises on purpose."""

    def __str__(self) -> str:
        # KeyError would show the repr of its message.
        return str(self.args[0]) if len(self.args) == 1 else super().__str__()


class InvalidInputError(TrialstoreError, ValueError, AssertionError):
    """A value, name, time or argument that cannot be stored.

    It is an `AssertionError` too because that is what `mlos_bench.storage` raises for misuse.
    """


class ConfigError(InvalidInputError):
    """A config that cannot be read, does not fit its schema, or names what does not exist."""


class ConfigNotFoundError(ConfigError, FileNotFoundError):
    """A config file stands in none of the folders that are searched for it."""


class UnknownBackendError(ConfigError):
    """No registered backend has that class name, alias or URL scheme."""


class TunablesMismatchError(InvalidInputError):
    """Stored parameter values do not fit the tunables at hand."""


class NotFoundError(TrialstoreError, KeyError):
    """Something that was named does not exist in the storage."""


class ExperimentNotFoundError(NotFoundError):
    """The experiment does not exist, or the one that was meant has been deleted."""

    @classmethod
    def of(cls, uid: str) -> ExperimentNotFoundError:
        """Return the error that a backend raises when no experiment has this uid."""
        return cls(
            f"the experiment (uid {uid}) has been deleted; one of the same name would be another experiment"
        )


class TrialNotFoundError(NotFoundError):
    """The experiment has no trial with that id."""

    @classmethod
    def of(cls, trial_id: int) -> TrialNotFoundError:
        """Return the error that a backend raises when an experiment has no such trial."""
        return cls(f"the experiment has no trial {trial_id}")


class TunableConfigNotFoundError(NotFoundError):
    """The storage has no tunable config with that id."""


class UnknownTunableError(TrialstoreError, KeyError):
    """No tunable, or group of tunables, has that name."""


class AlreadyCompletedError(TrialstoreError, RuntimeError):
    """The trial has been completed already, and a completion is final."""


class StaleTrialError(TrialstoreError, RuntimeError):
    """The attempt that this handle stands for is over: the trial was taken over or given back."""

    @classmethod
    def of(cls, trial_id: int, attempt: int, current: int) -> StaleTrialError:
        """Return the error for a write of an attempt that is not the trial's current one."""
        return cls(
            f"trial {trial_id} is at attempt {current}, this write belongs to attempt {attempt}: another runner has "
            "taken the trial over; drop this handle and claim again"
        )

    @classmethod
    def of_runner(cls, trial_id: int) -> StaleTrialError:
        """Return the error for a write of a runner that the trial does not belong to any more."""
        return cls(f"trial {trial_id} was given back by its runner: drop this handle and claim again")


class UsageError(TrialstoreError, RuntimeError):
    """A call that is legal at another moment only, such as entering an experiment twice."""


class StorageClosedError(UsageError):
    """The storage has been closed."""


class ReadOnlyError(TrialstoreError, PermissionError):
    """The storage was opened for reading only, or the engine cannot be written to."""


class UnsupportedError(TrialstoreError, RuntimeError):
    """The backend does not declare the capability that the call needs."""


class ForkedStorageError(UnsupportedError):
    """An in-process storage cannot be used in a forked child: it would be a silent copy."""


class SchemaVersionError(TrialstoreError, RuntimeError):
    """An older or newer schema stands in the storage; the message holds the command that helps."""

    @classmethod
    def of(cls, label: str, version: int | str, current: int | str, *, is_older: bool) -> SchemaVersionError:
        """Return the error for a schema that is older or newer than the one that a backend reads and writes."""
        age, advice = (
            ("older", "stop the programs that use it, and run `trialstore upgrade --storage CONFIG_OR_URL`")
            if is_older
            else ("newer", "run `pip install --upgrade trialstore`")
        )
        return cls(
            f"the schema in {label} is of version {version}, {age} than this trialstore's {current}: {advice}"
        )


class BackendNotInstalledError(TrialstoreError, ImportError):
    """The backend is known, but a package that it needs is not installed."""


class PluginError(TrialstoreError, RuntimeError):
    """A plugin that fails to load, breaks the rules of plugins, or clashes with another."""


class StorageNotFoundError(TrialstoreError, FileNotFoundError):
    """There is no storage at that place, and none was to be created."""


class CorruptStorageError(TrialstoreError, RuntimeError):
    """The engine holds something that trialstore never wrote and cannot read."""


class StorageUnavailableError(TrialstoreError, ConnectionError):
    """The engine is out of reach, or stayed busy for longer than `retry_for`."""


class TransientError(StorageUnavailableError):
    """A passing failure (deadlock, busy file, failover, lost connection): the same call may succeed later.

    Backends raise it; the core repeats the call, which is safe because every write is idempotent.
    """


class ExperimentMismatchWarning(UserWarning):
    """An experiment is resumed with facts that differ from the stored ones, which win."""
