"""Reads from several collections in one command, which begins with the experiment that they are about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from trialstore.errors import ExperimentNotFoundError
from trialstore.records import Uid
from trialstore.times import Micros
from trialstore_mongo._client import Document
from trialstore_mongo._collections import Documents
from trialstore_mongo._updates import NOW, literal

_EXPERIMENT = "experiment"


class Part(NamedTuple):
    """What is read from one collection."""

    name: str
    documents: Documents
    stages: list[Document]


class Look(NamedTuple):
    """What was found."""

    now: Micros
    """The server's clock."""
    found: Mapping[str, list[Document]]
    """By the names of the parts."""


def look(experiments: Documents, uid: Uid, *parts: Part) -> Look:
    """Return what the parts find, and the time.

    Raises
    ------
    ExperimentNotFoundError
        If there is no such experiment.
    """
    this: list[Document] = [
        {"$match": {"_id": uid}},
        {"$project": {"_id": 0, "part": _EXPERIMENT, "now": NOW}},
    ]
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for document in experiments.aggregate([*this, *map(_union, parts)]):
        found[document["part"]].append(document)
    if not found[_EXPERIMENT]:
        raise ExperimentNotFoundError.of(uid)
    return Look(int(found[_EXPERIMENT][0]["now"]), found)


def _union(part: Part) -> Document:
    labelled: Document = {"$set": {"part": literal(part.name)}}
    return {"$unionWith": {"coll": part.documents.name, "pipeline": [*part.stages, labelled]}}
