"""The steps from one version of the schema to the next; each may be taken twice, also at the same moment."""

from __future__ import annotations

from collections.abc import Iterator

from trialstore_mongo._client import Document
from trialstore_mongo._collections import Collections
from trialstore_mongo._configs import LONGEST_ALONG
from trialstore_mongo._shapes import VALIDATORS


def put_configs_into_trials(collections: Collections) -> None:
    """Make version 2, in which the text of its tunable config stands in a trial, too."""
    trials = collections.trial.name
    for name in ("trial", "telemetry"):
        _validate(collections, name)
    collections.trial.aggregate([*_with_config(collections.tunable_config.name), _stored(trials)])


def _validate(collections: Collections, name: str) -> None:
    """Have the server check what is stored in a collection from now on."""
    collections.database.command(
        "collMod",
        f"{collections.prefix}{name}",
        validator=VALIDATORS[name],
        writeConcern=collections.database.write_concern.document,
    )


def _with_config(configs: str) -> Iterator[Document]:
    """Yield the stages that find the trials without a text, and show it of each; null stands for a long one."""
    text = "$found.params"
    is_short = {"$lte": [{"$strLenCP": text}, LONGEST_ALONG]}
    yield {"$match": {"config": {"$exists": False}}}
    yield {
        "$lookup": {"from": configs, "localField": "tunable_config_id", "foreignField": "_id", "as": "found"}
    }
    yield {"$unwind": "$found"}
    yield {"$project": {"uid": 1, "config": {"$cond": [is_short, text, None]}}}


def _stored(trials: str) -> Document:
    """Return the stage that adds what is shown to the trials; all else in them may change at this moment."""
    return {"$merge": {"into": trials, "whenMatched": "merge", "whenNotMatched": "discard"}}
