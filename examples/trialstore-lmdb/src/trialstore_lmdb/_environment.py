"""The LMDB environments of this process, and what their errors mean."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock

import lmdb
from msgspec import MsgspecError

from trialstore import errors
from trialstore_lmdb._tables import Transaction

_MAX_READERS = 1024
_UNAVAILABLE, _CORRUPT = errors.StorageUnavailableError, errors.CorruptStorageError
_ADVICE: tuple[tuple[type[Exception], type[errors.TrialstoreError], str], ...] = (
    (lmdb.MapFullError, _UNAVAILABLE, "the file is full: give it a larger map_size"),
    (lmdb.MapResizedError, _UNAVAILABLE, "give it the map_size that other programs give it"),
    (lmdb.ReadersFullError, errors.TransientError, "too many read at the same time"),
    (lmdb.ReadonlyError, errors.ReadOnlyError, "check its rights; even readers write to its lock file"),
    (lmdb.InvalidError, _CORRUPT, "choose another file"),
    (lmdb.VersionMismatchError, _CORRUPT, "another version of LMDB made it"),
    (lmdb.CorruptedError, _CORRUPT, "restore a copy"),
    (MsgspecError, _CORRUPT, "it holds what this backend never wrote"),
    (lmdb.Error, _UNAVAILABLE, "look at the file, its folder, and the room on the disk"),
)


class Environments:
    """The environments of a process, by file, each for all who use it: LMDB must not open a file twice in one."""

    def __init__(self) -> None:
        self._open: dict[Path, lmdb.Environment] = {}
        self._inherited: dict[Path, lmdb.Environment] = {}
        self._holders: Counter[Path] = Counter()
        self._lock, self._pid = Lock(), os.getpid()

    def hold(self, path: Path, map_size: int) -> lmdb.Environment:
        """Return the environment of a file, open until all who hold it have let it go."""
        with self._lock:
            if path not in self._open:
                self._open[path] = self._opened(path, map_size)
            self._holders[path] += 1
            return self._open[path]

    def let_go(self, path: Path) -> None:
        """Close the environment of a file if nobody else holds it."""
        with self._lock:
            self._holders[path] -= 1
            if not self._holders[path] and path in self._open:
                self._open.pop(path).close()

    def after_fork(self) -> None:
        """Abandon what the parent process has open; does nothing when it is called again."""
        if self._pid != os.getpid():
            self._lock, self._pid = Lock(), os.getpid()
            self._inherited, self._open = self._inherited | self._open, {}

    def _opened(self, path: Path, map_size: int) -> lmdb.Environment:
        if path in self._inherited:
            # It would count as open here. The core forks between calls, so no transaction of the parent is in it.
            self._inherited.pop(path).close()
        is_readonly = os.access(path, os.F_OK) and not os.access(path, os.W_OK)
        opened = lmdb.open(
            str(path), map_size=map_size, subdir=False, readonly=is_readonly, max_readers=_MAX_READERS
        )
        opened.reader_check()  # one that was killed would keep the pages that it saw, for ever
        return opened


_ENVIRONMENTS = Environments()  # the rule that it keeps is one for the whole process


class File:
    """An LMDB file, as one backend uses it.

    Parameters
    ----------
    path
        Where it is.
    map_size
        How many bytes it may grow to.
    """

    def __init__(self, path: Path, map_size: int) -> None:
        self.path = path
        self._map_size = map_size
        self._kept = ExitStack()

    def keep_open(self) -> None:
        """Keep the environment open until `close`."""
        self._kept.enter_context(self._environment())

    def close(self) -> None:
        """Let the environment go; calls of other threads that are under way end first."""
        self._kept.close()

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Transaction]:
        """Begin a transaction that is committed at the end, all of it, or in case of an error nothing."""
        try:
            with self._environment() as environment, environment.begin(write=write) as txn:
                yield Transaction(txn)
        except (lmdb.Error, MsgspecError) as error:
            raise _translated(self.path, error) from error

    @contextmanager
    def _environment(self) -> Iterator[lmdb.Environment]:
        environment = _ENVIRONMENTS.hold(self.path, self._map_size)
        try:
            yield environment
        finally:
            _ENVIRONMENTS.let_go(self.path)


def after_fork() -> None:
    """Abandon, in a forked child, what its parent has open."""
    _ENVIRONMENTS.after_fork()


def _translated(path: Path, error: Exception) -> errors.TrialstoreError:
    """Return trialstore's error for one of the engine."""
    kind, advice = next((kind, advice) for theirs, kind, advice in _ADVICE if isinstance(error, theirs))
    return kind(f"lmdb:{path}: {error} ({advice})")
