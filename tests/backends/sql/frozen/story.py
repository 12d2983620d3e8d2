"""What is stored in each frozen database: write after write, with tokens that let a test repeat them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from trialstore import Storage
from trialstore.codec import encode, encode_definition, encode_scalar, hash_of
from trialstore.records import (
    Claim,
    ExperimentRecord,
    Expiry,
    NewTrial,
    Objective,
    TelemetryBatch,
    TelemetryRow,
    TrialChange,
)
from trialstore.status import Status
from trialstore.tunables import TunableGroups

NOON = 1_750_000_000_123_457
FAR = 4_000_000_000_000_000
FIRST, LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The first and the last microsecond that can be stored."""
HOUR = 3_600_000_000
SMALLEST, LARGEST = -(2**63), 2**63 - 1

HOSTILE = "naïve 'x' \"y\" `z` 100% %s %(s)s {s} $1 :a ? \\ \\n \\' --; /* 漢字 🚀 é e\u0301 ~nan "
"""A name with what means something to engines, drivers and encoders; it ends in a space."""
TUNE, OTHER, DELETED = "f" * 32, "0" * 32, "d" * 32
"""The uids of the experiments."""
TUNABLES = {
    "cache": {
        "cost": 2,
        "params": {
            "cache_mb": {"type": "int", "range": [1, 4096], "default": 64},
            "ratio": {"type": "float", "range": [0, 1], "default": 0.1},
        },
    },
    "größe": {
        "cost": 1,
        "params": {"mode": {"type": "categorical", "values": ["o'n", "100%"], "default": "100%"}},
    },
}
EXTREMES: dict[str, Any] = {
    "largest": LARGEST,
    "smallest": SMALLEST,
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "-0.0": -0.0,
    "0.0": 0.0,
    "tiny": 5e-324,
    "huge": 1.7976931348623157e308,
    "third": 0.1 + 0.2,
    "int": 1,
    "float": 1.0,
    "bool": True,
    "text": "1",
    "none": None,
    "empty": "",
    HOSTILE: HOSTILE,
}


class Write(NamedTuple):
    """A call of a method of `Backend`."""

    method: str
    arguments: tuple[Any, ...]
    is_repeatable: bool = True
    """Whether a token lets the backend recognise it, also now that the story has ended."""


def fill(storage: Storage) -> None:
    """Tell the story to an empty storage."""
    for write in _writes():
        getattr(storage.session, write.method)(*write.arguments)
    _merge(storage)


def repeat(storage: Storage) -> list[Any]:
    """Repeat every write that has a token, and return the answers."""
    writes = [write for write in _writes() if write.is_repeatable]
    answers = [getattr(storage.session, write.method)(*write.arguments) for write in writes]
    return [*map(msgspec.to_builtins, answers), _merge(storage)]


def _writes() -> Iterator[Write]:
    yield from _experiments()
    yield from _claims()
    yield from _changes()
    yield from _deletion()


def _merge(storage: Storage) -> list[int]:
    """Copy what has ended of one experiment into the other."""
    experiment = storage.get_experiment_by_id(HOSTILE)
    assert experiment is not None
    return [trial.trial_id for trial in experiment.merge(["tune-db"])]


def _experiments() -> Iterator[Write]:
    tune = ExperimentRecord(
        experiment_id="tune-db",
        uid=TUNE,
        description="Größe des Caches:\n\t100% 'sicher'",
        root_env_config="environment.jsonc",
        git_repo="https://example.org/tuning.git",
        git_commit="0123456789abcdef0123456789abcdef01234567",
        objectives=(Objective("latency", "min"), Objective(HOSTILE, "max")),
        tunables=encode_definition(TunableGroups(TUNABLES).definition()),
        max_attempts=2,
    )
    other = ExperimentRecord(experiment_id=HOSTILE, uid=OTHER, description=HOSTILE)
    yield Write("put_experiment", (tune,))
    yield Write("put_experiment", (other,))
    trials = [_tuning(number) for number in range(1, 13)]
    yield Write("add_trials", (TUNE, trials[:11], 1))
    yield Write("add_trials", (TUNE, trials[11:], 1))
    yield Write("add_trials", (OTHER, _extreme_trials(), 1000))


def _tuning(number: int) -> NewTrial:
    """Return one of twelve trials: the eleventh is runner 9's and due first, the ninth is due in the future."""
    values = {"cache_mb": 2 ** (number % 10), "ratio": number / 7, "mode": "o'n" if number % 2 else "100%"}
    due = {9: FAR, 11: NOON - 1}.get(number, NOON + number)
    return _new(f"tune-{number}", values, due=due, trial_runner_id=9 if number == 11 else None)


def _extreme_trials() -> list[NewTrial]:
    nested = encode({HOSTILE: [{HOSTILE: [None, -0.0, LARGEST, "~inf"]}], "repeat_i": 1})
    ended = {"ts_start": FIRST, "ts_end": FIRST + 1, "metrics": encode(EXTREMES)}
    return [
        _new("extreme-1", EXTREMES, due=FIRST, status=Status.SUCCEEDED, metadata=nested, **ended),
        _new("extreme-2", EXTREMES, due=LAST, trial_runner_id=SMALLEST, metadata=nested),
        _new("extreme-3", {**EXTREMES, "-0.0": 0.0}, due=NOON, trial_runner_id=LARGEST),
        _new("extreme-4", {}, due=NOON),
    ]


def _new(token: str, values: dict[str, Any], **fields: Any) -> NewTrial:
    config = encode(values)
    return NewTrial(token=token, config=config, config_hash=hash_of(config), **fields)


def _claims() -> Iterator[Write]:
    """Claim the eleventh trial, which is lost for good, then three at once, one of which is taken over."""
    yield Write("claim_trials", (_claim("lost", runner=9, limit=1),))
    yield Write(
        "expire_leases", (Expiry(uid=TUNE, max_attempts=1, reason=HOSTILE, due_by=FAR),), is_repeatable=False
    )
    yield Write("claim_trials", (_claim("three", runner=7, limit=3),))
    yield Write("add_telemetry", (_telemetry("telemetry-1", 1, 1, {"cpu": 0.5, "state": "warm"}),))
    yield Write("add_telemetry", (_telemetry("telemetry-2", 2, 1, EXTREMES),))
    yield Write("change_trial", (_change("failed", 4, Status.FAILED, reason=f"it's\n{HOSTILE}"),))
    metrics = encode({"latency": 12.5, HOSTILE: -0.0})
    succeeded = _change("succeeded", 1, Status.SUCCEEDED, attempt=1, metrics=metrics)
    yield Write("change_trial", (succeeded,))
    given_back: dict[str, Any] = {"trial_runner_id": None, "ts_start": None, "lease": None}
    released = _change("released", 3, Status.PENDING, attempt=1, reason="released", **given_back)
    yield Write("change_trial", (released,))
    yield Write("claim_trials", (_claim("taken-over", runner=8, limit=1, due_by=FAR, max_attempts=2),))
    heartbeat = _change(None, 2, attempt=2, lease=2 * HOUR)
    yield Write("change_trial", (heartbeat,), is_repeatable=False)
    yield Write("add_telemetry", (_telemetry("telemetry-3", 2, 2, {"nan": 1, "text": "~"}),))


def _changes() -> Iterator[Write]:
    """Give the other trials every other status, a runner, and metadata."""
    statuses = {
        5: Status.TIMED_OUT,
        6: Status.CANCELED,
        7: Status.READY,
        8: Status.UNKNOWN,
        12: Status.RUNNING,
    }
    for trial_id, status in statuses.items():
        yield Write("change_trial", (_change(f"change-{trial_id}", trial_id, status),))
    yield Write("change_trial", (_change("assigned", 9, trial_runner_id=5),))
    metadata = encode({"host": HOSTILE, "repeat_i": 2})
    described = _change("described", 10, metadata=metadata, expected_metadata="{}")
    yield Write("change_trial", (described,))


def _deletion() -> Iterator[Write]:
    """Delete an experiment, which was the last one to get a key, with a trial that was the last one to get a config."""
    record = ExperimentRecord(experiment_id="deleted", uid=DELETED)
    yield Write("put_experiment", (record,), is_repeatable=False)
    yield Write("add_trials", (DELETED, [_new("gone", {"gone": True}, due=NOON)], 1), is_repeatable=False)
    yield Write("delete_experiment", (DELETED,), is_repeatable=False)


def _claim(token: str, *, runner: int, **fields: Any) -> Claim:
    return Claim(uid=TUNE, token=token, trial_runner_id=runner, lease=HOUR, **fields)


def _change(
    token: str | None, trial_id: int, status: Any = msgspec.UNSET, attempt: int = 0, **settings: Any
) -> TrialChange:
    if status in Status.completed_statuses():
        settings["ts_end"] = NOON + HOUR + trial_id
    return TrialChange(
        uid=TUNE,
        trial_id=trial_id,
        token=token,
        ts=NOON + HOUR + trial_id,
        attempt=attempt,
        from_statuses=frozenset({Status.PENDING, Status.RUNNING}),
        status=status,
        **settings,
    )


def _telemetry(token: str, trial_id: int, attempt: int, values: dict[str, Any]) -> TelemetryBatch:
    rows = tuple(TelemetryRow(NOON, name, encode_scalar(value)) for name, value in values.items())
    return TelemetryBatch(
        uid=TUNE,
        trial_id=trial_id,
        token=token,
        attempt=attempt,
        status=Status.RUNNING,
        ts=NOON + attempt,
        rows=(*rows, TelemetryRow(FIRST, "first", "1"), TelemetryRow(LAST, "last", "2")),
    )
