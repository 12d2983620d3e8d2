"""What the subjects on bare drivers share: the encoding of values, and where tokens and times come from."""

from __future__ import annotations

import hashlib
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from benchmarks import work

if TYPE_CHECKING:
    import pandas as pd

WAITING, RUNNING, SUCCEEDED = 0, 1, 2
LEASE = 3_600_000_000
BATCH = 5_000
COLUMNS = ("trial_id", "ts_start", "ts_end", "config_id", "status", "runner")
"""Of a frame, before those of tunables and metrics."""

encode = msgspec.json.Encoder(order="sorted").encode
decode = msgspec.json.Decoder(dict[str, Any]).decode


class Adding(ABC):
    """Adds trials, few or many, in one way."""

    def fill(self, ended: int, waiting: int) -> None:
        numbers = range(ended + waiting)
        for start in numbers[::BATCH]:
            self._add(numbers[start : start + BATCH], ended)

    def add(self, numbers: Sequence[int]) -> list[int]:
        return self._add(numbers, 0)

    @abstractmethod
    def _add(self, numbers: Sequence[int], ended: int) -> list[int]:
        """Add trials, and return their ids; those with numbers below `ended` are completed."""


class Config(NamedTuple):
    """A tunable config, as stored."""

    hash: str
    params: str


def config(number: int) -> Config:
    """Return the tunable config of a trial."""
    text = encode(work.assignment(number))
    return Config(hashlib.sha256(text).hexdigest(), text.decode())


def metadata(number: int) -> str:
    """Return the metadata of a trial, as stored."""
    return encode(work.metadata(number)).decode()


def metrics(number: int) -> str:
    """Return the metrics of a trial, as stored."""
    return encode(work.metrics(number)).decode()


def token() -> str:
    """Return a random name for one write."""
    return secrets.token_hex(16)


def now() -> int:
    """Return the time in microseconds."""
    return time.time_ns() // 1000


def telemetry(first: int, count: int) -> list[tuple[int, str, str]]:
    """Return rows of telemetry, as stored."""
    rows = work.telemetry(first, count)
    return [(round(ts.timestamp() * 1e6), name, encode(value).decode()) for ts, name, value in rows]


def frame(rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Return the cheapest frame of rows: `COLUMNS`, then the texts of tunables and metrics."""
    import pandas as pd

    *plain, params, results = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            **dict(zip(COLUMNS, plain, strict=True)),
            **_columns("config", [decode(text) for text in params]),
            **_columns("result", [decode(text) if text else {} for text in results]),
        }
    )


def _columns(prefix: str, dicts: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {f"{prefix}.{name}": [values.get(name) for values in dicts] for name in dicts[0]}
