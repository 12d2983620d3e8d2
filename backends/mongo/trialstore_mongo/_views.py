"""The views, for people with mongosh or Compass.

Each begins with the experiments, so that a query for one experiment reads the documents of that one only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from trialstore.status import Status
from trialstore_mongo._client import Document
from trialstore_mongo._unfolding import items

Pipeline: TypeAlias = list[Document]

_WHICH: Document = {
    "_id": 0,
    "experiment_id": 1,
    "trial_id": "$trial.trial_id",
    "tunable_config_id": "$trial.tunable_config_id",
}


def _trials(prefix: str) -> Pipeline:
    start = {"$ifNull": ["$trial.ts_start", "$trial.due"]}
    shown = {
        **_WHICH,
        "status": {"$arrayElemAt": [[status.name for status in Status], "$trial.status"]},
        "ts_due": _date("$trial.due"),
        "ts_start": _date(start),
        "ts_end": {"$cond": [{"$eq": ["$trial.ts_end", None]}, None, _date("$trial.ts_end")]},
        "trial_runner_id": "$trial.trial_runner_id",
        "attempt": "$trial.attempt",
        "params": "$config.params",
        "metadata": "$trial.metadata",
        "metrics": "$trial.metrics",
    }
    return [*_each_trial(prefix), *_its_config(prefix), {"$project": shown}]


def _trial_params(prefix: str) -> Pipeline:
    return [*_each_trial(prefix), *_its_config(prefix), *_each_item("$config.params", "param")]


def _trial_metrics(prefix: str) -> Pipeline:
    return [*_each_trial(prefix), *_each_item({"$ifNull": ["$trial.metrics", ""]}, "metric")]


VIEWS: Mapping[str, Callable[[str], Pipeline]] = {
    "trials": _trials,
    "trial_params": _trial_params,
    "trial_metrics": _trial_metrics,
}
"""The pipelines, by the names of the views; they read the collection of experiments."""


def _each_trial(prefix: str) -> Pipeline:
    lookup = {"from": f"{prefix}trial", "localField": "_id", "foreignField": "uid", "as": "trial"}
    return [{"$lookup": lookup}, {"$unwind": "$trial"}]


def _its_config(prefix: str) -> Pipeline:
    lookup = {
        "from": f"{prefix}tunable_config",
        "localField": "trial.tunable_config_id",
        "foreignField": "_id",
        "as": "config",
    }
    return [{"$lookup": lookup}, {"$unwind": "$config"}]


def _each_item(text: Any, name: str) -> Pipeline:
    unfolded = {**_WHICH, "item": items(text)}
    shown = {**dict.fromkeys(("experiment_id", "trial_id", "tunable_config_id"), 1), name: "$item.name"}
    return [
        {"$project": unfolded},
        {"$unwind": "$item"},
        {"$project": {**shown, "type": "$item.type", "value": "$item.value"}},
    ]


def _date(micros: Any) -> Any:
    """Return a time as a date, which holds milliseconds; a division of the whole number would round it."""
    over = {"$mod": [{"$add": [{"$mod": [micros, 1000]}, 1000]}, 1000]}
    millis = {"$divide": [{"$subtract": [micros, over]}, 1000]}
    return {"$toDate": {"$toLong": {"$round": millis}}}
