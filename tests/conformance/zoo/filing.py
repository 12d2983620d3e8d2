"""A right backend that several processes share, and backends beside it that are not."""

from __future__ import annotations

import fcntl
import os
import pickle
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from trialstore.backend import Capability
from trialstore.errors import StorageNotFoundError
from trialstore.records import ChangeOutcome, NewTrial, TrialChange, TrialQuery, TrialRecord
from trialstore_memory import MemoryBackend

__all__ = [
    "CreatesWhatIsAbsent",
    "EmptiesItsFile",
    "FileBackend",
    "KeepsAFileForEachProcess",
    "LivesInOneProcess",
    "ReadsBeforeItLocks",
    "SharesItsSession",
    "WritesInTwoSteps",
    "WritesLater",
]

ALONE = frozenset({Capability.PERSISTENT, Capability.ATOMIC_CALLS})


class FileBackend(MemoryBackend):
    """Reads everything from one file before each call, and writes it back after it: slow, and right."""

    capabilities = ALONE | {Capability.MULTI_PROCESS}

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.path = Path(config["database"])
        self.label = f"file:{self.path.name}"
        self._lock: Any = FileLock(self)

    def open(self, *, create: bool, read_only: bool) -> None:
        if not create and not self.path.exists():
            raise StorageNotFoundError(f"{self.label} does not exist")
        self.upgrade()

    def close(self) -> None:
        """Do nothing: between the calls no file is open."""

    def upgrade(self) -> None:
        with self._lock:
            """Write the file, if it is absent."""

    def load(self) -> None:
        """Read the file."""
        self._clear()
        if self.path.exists():
            vars(self).update(pickle.loads(self.path.read_bytes()))

    def save(self) -> None:
        """Replace the file in one step."""
        names = ("_experiments", "_uids", "_config_ids", "_configs")
        new = self.path.with_suffix(".new")
        new.write_bytes(pickle.dumps({name: getattr(self, name) for name in names}))
        new.replace(self.path)


class FileLock:
    """Keeps threads and processes apart, and lets each in with what the one before has left."""

    def __init__(self, backend: FileBackend) -> None:
        self._backend = backend
        self._threads = RLock()
        self._depth = 0

    def __enter__(self) -> None:
        self._threads.acquire()
        self._depth += 1
        if self._depth == 1:
            self._file = os.open(self._backend.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._backend.load()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._depth == 1:
            if error is None:
                self._backend.save()
            os.close(self._file)
        self._depth -= 1
        self._threads.release()


class LivesInOneProcess(MemoryBackend):
    """Says that processes can share it, because threads can."""

    capabilities = MemoryBackend.capabilities | {Capability.MULTI_PROCESS}


class CreatesWhatIsAbsent(FileBackend):
    """Creates whatever it is asked to open, as many drivers do."""

    def open(self, *, create: bool, read_only: bool) -> None:
        self.upgrade()


class EmptiesItsFile(FileBackend):
    """Opens its file for writing, which empties it."""

    def open(self, *, create: bool, read_only: bool) -> None:
        if create:
            self.path.unlink(missing_ok=True)
        super().open(create=create, read_only=read_only)


class KeepsAFileForEachProcess(FileBackend):
    """Keeps its records in a place that belongs to the process, not to the config."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__({**config, "database": f"{config['database']}-{os.getpid()}"})


class ReadsBeforeItLocks(FileBackend):
    """Decides on a change by what it has read before it takes the lock."""

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        found = self.find_trials(TrialQuery(uid=change.uid, trial_ids=[change.trial_id]))
        time.sleep(0.002)
        if not any(trial.status in change.from_statuses for trial in found):
            return super().change_trial(change)
        return super().change_trial(replace(change, from_statuses=change.from_statuses | {change.status}))


class SharesItsSession(FileBackend):
    """Numbers the requests of a session for retries, and goes on with parent's session in a forked child."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._session, self._requests = uuid.uuid4().hex, 0

    def add_trials(self, uid: str, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        self._requests += 1
        done = self.path.with_name(f"{self._session}-{self._requests}")
        if done.exists():
            return self.find_trials(TrialQuery(uid=uid))[-len(new) :]
        done.touch()
        return super().add_trials(uid, new, first_id)


class WritesInTwoSteps(FileBackend):
    """Completes a trial in one transaction, and writes its metrics in the next."""

    capabilities = ALONE

    def change_trial(self, change: TrialChange) -> ChangeOutcome:
        begun = time.monotonic()
        outcome = super().change_trial(replace(change, metrics=UNSET))
        if change.metrics is UNSET or not outcome.applied:
            return outcome
        time.sleep(20 * (time.monotonic() - begun))
        with self._lock:
            trial = replace(self._experiment(change.uid).trial(change.trial_id), metrics=change.metrics)
            self._experiment(change.uid).trials[trial.trial_id] = trial
            return ChangeOutcome(applied=True, record=trial)


class WritesLater(FileBackend):
    """Keeps what was written in a buffer, until that is worth a write."""

    capabilities = ALONE
    worth_a_write = 100
    """More than what a process does before it is killed: one that had just written would have nothing to lose."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self._unwritten = 0

    def load(self) -> None:
        if not self._unwritten:
            super().load()

    def save(self) -> None:
        self._unwritten = (self._unwritten + 1) % self.worth_a_write
        if not self._unwritten:
            super().save()

    def close(self) -> None:
        if self._unwritten:
            super().save()
