"""The steps from one version of the schema to the next; each may be taken twice, also at the same moment."""

from __future__ import annotations

from collections.abc import Iterator

from trialstore_mongo._client import Document
from trialstore_mongo._collections import Collections
from trialstore_mongo._configs import LONGEST_ALONG
from trialstore_mongo._shapes import SHAPES


def put_configs_into_trials(collections: Collections) -> None:
    """Make version 2, in which the text of its tunable config stands in a trial, too."""
    database, trials = collections.database, collections.trial
    shape = {"$jsonSchema": SHAPES["trial"]}
    database.command("collMod", trials.name, validator=shape, writeConcern=database.write_concern.document)
    trials.aggregate([*_with_config(collections.tunable_config.name), _stored(trials.name)])


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
