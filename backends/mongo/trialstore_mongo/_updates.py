"""Parts of the pipelines that update trials.

In a pipeline a string such as ``"$name"`` is an expression, so that whatever comes from a caller is a `literal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialstore_mongo._client import Document

NOW: Document = {"$multiply": [{"$toLong": "$$NOW"}, 1000]}
"""The server's clock, in microseconds; it counts milliseconds."""


def literal(value: Any) -> Document:
    """Return the expression for a value, whatever it looks like."""
    return {"$literal": value}


def updating(settings: Mapping[str, Any], row: Mapping[str, Any] | None) -> list[Document]:
    """Return the pipeline that sets fields of a trial to expressions, and then adds a row to its log.

    The expressions of the row see the fields as they are set by then.
    """
    stages: list[Document] = [{"$set": dict(settings)}]
    if row is not None:
        stages.append({"$set": {"log": {"$concatArrays": ["$log", [dict(row)]]}}})
    return stages
