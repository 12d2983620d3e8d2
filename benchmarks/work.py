"""The work that every subject does: a trial of ten tunables, four metadata entries and five metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Values: TypeAlias = dict[str, int | float | str]

LARGEST = 2**40
KINDS = ("none", "lz4", "snappy", "zstd")
OBJECTIVE = "metric_0"
METRICS = tuple(f"metric_{i}" for i in range(5))
TUNABLES: Mapping[str, Mapping[str, object]] = {
    **{f"int_{i}": {"type": "int", "range": [0, LARGEST], "default": 1} for i in range(4)},
    **{f"float_{i}": {"type": "float", "range": [0, 1], "default": 0.5} for i in range(3)},
    **{f"kind_{i}": {"type": "categorical", "values": list(KINDS), "default": "none"} for i in range(3)},
}
"""As mlos_bench and trialstore define them."""
GROUPS = {"all": {"cost": 1, "params": TUNABLES}}
_BEGINNING = datetime(2025, 1, 1, tzinfo=UTC)


def assignment(number: int) -> Values:
    """Return the values of the tunables; no two numbers share them."""
    return {
        **{f"int_{i}": number + i for i in range(4)},
        **{f"float_{i}": (number * (i + 3) % 1009) / 1009 for i in range(3)},
        **{f"kind_{i}": KINDS[(number >> i) % 4] for i in range(3)},
    }


def metadata(number: int) -> Values:
    """Return what else is known of a trial."""
    return {"repeat_i": 1 + number % 3, "location": "westeurope", "vm_size": "Standard_D2s", "price": 0.096}


def metrics(number: int) -> Values:
    """Return the results of a trial."""
    return {name: (number * (i + 7) % 100_003) / 97 for i, name in enumerate(METRICS)}


def telemetry(first: int, count: int) -> list[tuple[datetime, str, float]]:
    """Return rows of telemetry: four metrics at each moment, and no moment twice for different `first`."""
    return [
        (_BEGINNING + timedelta(milliseconds=i // 4), f"sensor_{i % 4}", (i % 997) / 7)
        for i in range(first, first + count)
    ]
