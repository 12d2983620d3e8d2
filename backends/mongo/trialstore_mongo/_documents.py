"""How records stand in documents.

Fields have the names of the record's. Texts of the codec, times in microseconds and numbers stay what they are;
a status is its number. BSON gives wide integers back as a type of its own, so every number is made an `int` again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trialstore.errors import CorruptStorageError
from trialstore.records import Parts, TrialRecord
from trialstore.status import stored_status
from trialstore_mongo._client import Document

PARTS = Parts.METADATA | Parts.METRICS
_OPTIONAL = {"metadata": Parts.METADATA, "metrics": Parts.METRICS, "config": Parts.CONFIG}
_FIELDS = TrialRecord.__struct_fields__
WITHOUT_CONFIG: Document = {"config": 0}
"""The projection onto all the rest, for whoever knows the config of a trial by then."""


def projection(parts: Parts = PARTS) -> Document:
    """Return the projection onto what `record` reads; a part that is not asked for stays on the server."""
    wanted = [field for field in _FIELDS if field not in _OPTIONAL or _OPTIONAL[field] in parts]
    return {"_id": 0, **dict.fromkeys(wanted, 1)}


def records(documents: Iterable[Document]) -> list[TrialRecord]:
    """Return the records of trials' documents."""
    return [record(document) for document in documents]


def record(document: Document) -> TrialRecord:
    """Return the record of a trial's document; big reads spend their time here."""
    try:
        return TrialRecord(
            trial_id=int(document["trial_id"]),
            tunable_config_id=int(document["tunable_config_id"]),
            status=stored_status(document["status"]),
            due=int(document["due"]),
            ts_start=plain(document["ts_start"]),
            ts_end=plain(document["ts_end"]),
            trial_runner_id=plain(document["trial_runner_id"]),
            attempt=int(document["attempt"]),
            expirations=int(document["expirations"]),
            lease_expires=plain(document["lease_expires"]),
            completion=plain(document["completion"]),
            metadata=document.get("metadata"),
            metrics=document.get("metrics"),
            config=document.get("config"),
        )
    except (CorruptStorageError, KeyError, TypeError, ValueError) as error:
        raise CorruptStorageError(
            f"the document of trial {document.get('trial_id')!r} is not as trialstore wrote it: {error!r}"
        ) from error


def fields_of(trial: TrialRecord) -> Document:
    """Return the fields of a trial's document that `record` reads."""
    fields = {name: getattr(trial, name) for name in _FIELDS}
    return {**fields, "status": trial.status.value}


def plain(number: Any) -> int | None:
    """Return a number that may be absent as an `int`."""
    return None if number is None else int(number)
