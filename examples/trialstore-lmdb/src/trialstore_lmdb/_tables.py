"""Tables in one ordered map of bytes: what they hold, and keys that sort as their parts do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Generic, TypeAlias, TypeVar

import lmdb
from msgspec.msgpack import Decoder, encode

from trialstore.records import ExperimentRecord, StatusChange, StoredTelemetryRow, TrialRecord

T = TypeVar("T")
Part: TypeAlias = str | int
_LONGEST = 64
_OFFSET = 2**63


class Table(Generic[T]):
    """A kind of entry: the first part of its keys, and the type of its values."""

    def __init__(self, name: str, kind: type[T]) -> None:
        self.name = name
        self.decode = Decoder(kind).decode


VERSION = Table("version", int)  # ()
CONFIG_IDS = Table("config-id", int)  # (hash)
CONFIGS = Table("config", str)  # (config id)
UIDS = Table("uid", str)  # (experiment id)
EXPERIMENTS = Table("experiment", ExperimentRecord)  # (uid)
TRIALS = Table("trial", TrialRecord)  # (uid, trial id)
HISTORY = Table("history", StatusChange)  # (uid, trial id, number)
TELEMETRY = Table("telemetry", StoredTelemetryRow)  # (uid, trial id, attempt, ts, metric)
QUEUES = Table("queue", int)  # (uid, queue, moment, trial id)
COMPLETIONS = Table("completion", int)  # (uid, number)
ADDED = Table("added", int)  # (uid, token)
CLAIMED = Table("claimed", list[tuple[int, int]])  # (uid, token)
MET = Table("met", bool)  # (uid, trial id, token)
OF_EXPERIMENT = (EXPERIMENTS, TRIALS, HISTORY, TELEMETRY, QUEUES, COMPLETIONS, ADDED, CLAIMED, MET)


class Transaction:
    """An LMDB transaction in terms of tables."""

    def __init__(self, txn: lmdb.Transaction[bytes]) -> None:
        self._txn = txn

    def is_empty(self) -> bool:
        """Tell whether the file holds nothing, ours or another program's."""
        return not self._txn.stat()["entries"]

    def get(self, table: Table[T], *key: Part) -> T | None:
        """Return the value of a key, if it has one."""
        found = self._txn.get(_packed(table.name, *key))
        return None if found is None else table.decode(found)

    def put(self, table: Table[T], value: T, *key: Part, overwrite: bool = True) -> None:
        """Give a key its value, unless it has one that is to stay."""
        self._txn.put(_packed(table.name, *key), encode(value), overwrite=overwrite)

    def delete(self, table: Table[Any], *prefix: Part) -> None:
        """Take away all keys that begin with these parts; no key is the beginning of another one."""
        start = _packed(table.name, *prefix)
        with self._txn.cursor() as cursor:
            while cursor.set_range(start) and cursor.key().startswith(start):
                cursor.delete()

    def scan(
        self, table: Table[T], *prefix: Part | None, after: int | None = None, until: int | None = None
    ) -> Iterator[T]:
        """Yield the values of the keys that begin with these parts, in order; bounds are for the part that follows."""
        start = _packed(table.name, *prefix)
        first = start if after is None else start + _packed(after + 1)
        end = start + (b"\xff" * 9 if until is None else _packed(until + 1))
        with self._txn.cursor() as cursor:
            for key, value in cursor.iternext() if cursor.set_range(first) else ():
                if key >= end:
                    return
                yield table.decode(value)

    def next_number(self, table: Table[T], *prefix: Part) -> int:
        """Return one more than the last number that follows these parts, from 1."""
        start = _packed(table.name, *prefix)
        with self._txn.cursor() as cursor:
            found = cursor.prev() if cursor.set_range(start + b"\xff" * 8) else cursor.last()
            is_ours = found and cursor.key().startswith(start)
            return int.from_bytes(cursor.key()[len(start) :]) - _OFFSET + 1 if is_ours else 1


def _packed(*parts: Part | None) -> bytes:
    """Return a key that sorts as its parts do, but for long names: LMDB's keys have 511 bytes at most."""
    return b"".join(_packed_part(part) for part in parts if part is not None)


def _packed_part(part: Part) -> bytes:
    if isinstance(part, int):
        return (part + _OFFSET).to_bytes(8)
    name = part.encode()
    return (name if len(name) < _LONGEST else hashlib.sha256(name).hexdigest().encode()) + b"\0"
