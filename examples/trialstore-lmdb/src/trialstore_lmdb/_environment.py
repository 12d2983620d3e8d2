"""The LMDB environments of this process, and what their errors mean."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import lmdb
from msgspec import MsgspecError

from trialstore import errors
from trialstore_lmdb._tables import Transaction

_ADVICE: tuple[tuple[type[Exception], type[errors.TrialstoreError], str], ...] = (
    (lmdb.MapFullError, errors.StorageUnavailableError, "the file is full: give it a larger map_size"),
    (lmdb.MapResizedError, errors.StorageUnavailableError, "give it the map_size that others give it"),
    (lmdb.ReadersFullError, errors.TransientError, "too many read at the same time"),
    (lmdb.ReadonlyError, errors.ReadOnlyError, "check its rights; even readers write to its lock file"),
    (lmdb.InvalidError, errors.CorruptStorageError, "choose another file"),
    (lmdb.VersionMismatchError, errors.CorruptStorageError, "another version of LMDB made it"),
    (lmdb.CorruptedError, errors.CorruptStorageError, "restore a copy"),
    (MsgspecError, errors.CorruptStorageError, "it holds what this backend never wrote"),
    (lmdb.Error, errors.StorageUnavailableError, "look at the file, its folder, and the room on the disk"),
)


class Environments:
    """The environments of a process, by file, each for all who use it: LMDB must not open a file twice in one."""

    def __init__(self) -> None:
        self._open: dict[Path, lmdb.Environment] = {}
        self._inherited: dict[Path, lmdb.Environment] = {}
        self._holders: Counter[Path] = Counter()
        self._lock, self._pid = Lock(), os.getpid()

    @contextmanager
    def held(self, path: Path, map_size: int) -> Iterator[lmdb.Environment]:
        """Lend the environment of a file, which is closed when all who hold it have let it go."""
        with self._lock:
            if path not in self._open:
                self._open[path] = self._opened(path, map_size)
            self._holders[path] += 1
            environment = self._open[path]
        try:
            yield environment
        finally:
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
        opened = lmdb.open(str(path), map_size, subdir=False, readonly=is_readonly, max_readers=1024)
        opened.reader_check()  # one that was killed would keep the pages that it saw, for ever
        return opened


ENVIRONMENTS = Environments()  # the rule that it keeps is one for the whole process


@contextmanager
def transaction(path: Path, map_size: int, *, write: bool) -> Iterator[Transaction]:
    """Begin a transaction that is committed at the end, all of it, or in case of an error nothing."""
    try:
        with ENVIRONMENTS.held(path, map_size) as environment, environment.begin(write=write) as txn:
            yield Transaction(txn)
    except (lmdb.Error, MsgspecError) as error:
        kind, advice = next((kind, advice) for theirs, kind, advice in _ADVICE if isinstance(error, theirs))
        raise kind(f"lmdb:{path}: {error} ({advice})") from error
