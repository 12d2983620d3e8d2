"""The shapes that the server checks documents against, so that nobody stores what could not be read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from trialstore.status import Status

_Shape: TypeAlias = dict[str, Any]

_INT: _Shape = {"bsonType": ["int", "long"]}
_COUNT = {**_INT, "minimum": 0}
_MAYBE_INT = {"bsonType": ["int", "long", "null"]}
_TEXT = {"bsonType": "string"}
_MAYBE_TEXT = {"bsonType": ["string", "null"]}
_NAME = {**_TEXT, "minLength": 1}
_MAPPING = {**_TEXT, "pattern": "^\\{"}
"""The codec's text of named values."""
_MAYBE_MAPPING = {**_MAYBE_TEXT, "pattern": "^\\{"}
_STATUS = {**_INT, "minimum": 0, "maximum": max(status.value for status in Status)}
_MAYBE_STATUS = {**_STATUS, **_MAYBE_INT}


def _object(properties: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> _Shape:
    return {
        "bsonType": "object",
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
        "additionalProperties": False,
    }


_PLACE = {"uid": _NAME, "trial_id": _INT}
_KEY = _object({"uid": _NAME, "token": _NAME})
_WRITE = {
    "attempt": _COUNT,
    "ts": _INT,
    "trial_runner_id": _MAYBE_INT,
}
_LOGGED = {**_WRITE, "token": _NAME, "ordinal": _INT, "status": _MAYBE_STATUS, "reason": _MAYBE_TEXT}
_FIRST_OF_A_CLAIM = {"is_open": {"bsonType": "bool"}}
_OBJECTIVE = _object({"metric": _NAME, "direction": {"enum": ["min", "max"]}})

_EXPERIMENT = {
    "_id": _NAME,
    "experiment_id": _NAME,
    "description": _MAYBE_TEXT,
    "root_env_config": _MAYBE_TEXT,
    "git_repo": _MAYBE_TEXT,
    "git_commit": _MAYBE_TEXT,
    "objectives": {"bsonType": "array", "items": _OBJECTIVE},
    "tunables": _MAYBE_MAPPING,
    "max_attempts": _MAYBE_INT,
    "next_trial_id": _MAYBE_INT,
    "completions": _COUNT,
}
_TRIAL = {
    "_id": _KEY,
    **_PLACE,
    "tunable_config_id": _INT,
    "status": _STATUS,
    "due": _INT,
    "ts_start": _MAYBE_INT,
    "ts_end": _MAYBE_INT,
    "trial_runner_id": _MAYBE_INT,
    "attempt": _COUNT,
    "expirations": _COUNT,
    "lease_expires": _MAYBE_INT,
    "completion": {**_MAYBE_INT, "minimum": 1},
    "metadata": _MAPPING,
    "metrics": _MAYBE_MAPPING,
    "moved": _COUNT,
    "log": {"bsonType": "array", "items": _object(_LOGGED, _FIRST_OF_A_CLAIM)},
}
_SINCE_VERSION_2 = {"config": _MAYBE_MAPPING}
_SHAPES: Mapping[str, _Shape] = {
    "experiment": _object(_EXPERIMENT),
    "tunable_config": _object({"_id": _INT, "hash": _NAME, "params": _MAPPING}),
    "trial": _object(_TRIAL, _SINCE_VERSION_2),
    "history": _object({"_id": _object({**_PLACE, "seq": _COUNT}), **_PLACE, **_LOGGED}, _FIRST_OF_A_CLAIM),
    "report": _object({"_id": _KEY, **_PLACE, **_WRITE, "status": _STATUS}),
    "counter": _object({"_id": _NAME, "value": _COUNT}),
    "deletion": _object({"_id": _NAME, "ts": _INT}),
    "meta": _object({"_id": {"enum": ["schema"]}, "version": _COUNT}),
}
_TELEMETRY_FIELDS: Mapping[str, Any] = {
    "_id.uid": {"$type": "string", "$ne": ""},
    "_id.trial_id": {"$type": ["int", "long"]},
    "_id.attempt": {"$type": ["int", "long"], "$gte": 0},
    "_id.ts": {"$type": ["int", "long"]},
    "_id.metric": {"$type": "string", "$ne": ""},
    "value": {"$type": "string", "$ne": ""},
}
# A field has the type of an element of it, too, so that arrays are excluded.
_TELEMETRY = {**_TELEMETRY_FIELDS, "$nor": [{field: {"$type": "array"}} for field in _TELEMETRY_FIELDS]}
"""Thousands of rows are inserted at once, and a schema would take a fifth of that time; these conditions take half as long."""

VALIDATORS: Mapping[str, Mapping[str, Any]] = {
    **{name: {"$jsonSchema": shape} for name, shape in _SHAPES.items()},
    "telemetry": _TELEMETRY,
}
"""By the names of the collections."""
