"""The indexes, beside those on ``_id``.

Every one of a collection that is sharded begins with the uid of an experiment, so that it may be unique.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import IndexModel

from trialstore_mongo._queue import EARLIEST

QUEUE = "queue"
"""The name of the index that knows which trials are due."""


def _index(name: str, *fields: str, **options: Any) -> IndexModel:
    return IndexModel([(field, 1) for field in fields], name=name, **options)


INDEXES: Mapping[str, list[IndexModel]] = {
    "experiment": [_index("experiment_id", "experiment_id", unique=True)],
    "tunable_config": [_index("hash", "hash", unique=True)],
    "trial": [
        _index("trial_id", "uid", "trial_id", unique=True),
        # One call writes its token once with each ordinal, so that of two that run at once the second fails.
        _index("token", "uid", "log.token", "log.ordinal", unique=True),
        _index(QUEUE, "uid", "status", "trial_runner_id", "due", "trial_id"),
        _index("tunable_config", "uid", "tunable_config_id", "trial_id"),
        _index(
            "lease",
            "uid",
            "lease_expires",
            partialFilterExpression={"lease_expires": {"$gt": EARLIEST}},
        ),
        _index(
            "completion",
            "uid",
            "completion",
            unique=True,
            partialFilterExpression={"completion": {"$gt": 0}},
        ),
    ],
    "history": [_index("trial_id", "uid", "trial_id"), _index("token", "uid", "token")],
    "report": [_index("trial_id", "uid", "trial_id", "attempt", "ts")],
}
"""By the names of the collections."""
