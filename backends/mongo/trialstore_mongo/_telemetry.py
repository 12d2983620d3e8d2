"""Telemetry: a document for each row, whose id is the row's key, so that the server keeps the first one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pymongo.errors import BulkWriteError

from trialstore.errors import CorruptStorageError, TrialNotFoundError
from trialstore.records import Parts, StoredTelemetryRow, TelemetryBatch, TelemetryQuery, TrialRecord, Uid
from trialstore.transitions import check_telemetry
from trialstore_mongo._client import Document
from trialstore_mongo._collections import read, slices, stream
from trialstore_mongo._database import Database
from trialstore_mongo._documents import projection, record
from trialstore_mongo._errors import clashes
from trialstore_mongo._experiments import Experiments
from trialstore_mongo._looks import Part, look

RANGES_AT_ONCE = 100
"""How many parts of the telemetry one query is about."""


class _Run(NamedTuple):
    """Trials with ids in a row that are in the same attempt."""

    first: int
    last: int
    attempt: int


class Telemetry:
    """What is done with the collections of telemetry and of reported statuses."""

    def __init__(self, database: Database, experiments: Experiments) -> None:
        self._database, self._experiments = database, experiments

    def add(self, batch: TelemetryBatch) -> None:
        """Add the rows of a batch that are not there yet, and then the report, unless the batch was added before."""
        trial, is_repeated = self._look(batch)
        if is_repeated:
            return
        check_telemetry(batch, trial)
        self._put(batch)
        try:
            # Not insert_one, which of a clash does not say whether what was there before is settled.
            self._database.settled.report.insert_many([_report(batch, trial)])
        except BulkWriteError as error:
            clashes(error)  # the same call came twice at the same moment

    def find(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        """Return the telemetry of a query."""
        these = {"uid": query.uid, "trial_id": {"$in": list(query.trial_ids)}}
        shown = {"_id": 0, "trial_id": 1, "attempt": 1}
        trials = read(self._database.settled.trial, these, shown, order={"trial_id": 1})
        attempts = [(int(trial["trial_id"]), int(trial["attempt"])) for trial in trials]
        ranges = [_range(query, run) for run in _runs(attempts)]
        rows = [_row(document) for document in self._documents(ranges)]
        self._experiments.check(query.uid)
        return rows

    def _look(self, batch: TelemetryBatch) -> tuple[TrialRecord, bool]:
        """Return the trial as it stands, and whether it has met the batch's token."""
        settled = self._database.settled
        this = {"$match": {"uid": batch.uid, "trial_id": batch.trial_id}}
        same = {"$match": {"_id": _report_id(batch), "uid": batch.uid}}
        _, found = look(
            settled.experiment,
            batch.uid,
            Part("trial", settled.trial, [this, {"$project": projection(Parts.NONE)}]),
            Part("report", settled.report, [same]),
        )
        if not found["trial"]:
            raise TrialNotFoundError.of(batch.trial_id)
        return record(found["trial"][0]), bool(found["report"])

    def _put(self, batch: TelemetryBatch) -> None:
        place = _place(batch.uid, batch.trial_id, batch.attempt)
        # Backwards, so that of several values for one key the first one is left.
        documents = {
            (row.ts, row.metric): {"_id": {**place, "ts": row.ts, "metric": row.metric}, "value": row.value}
            for row in reversed(batch.rows)
        }
        if not documents:
            return
        try:
            self._database.ahead.telemetry.insert_many(reversed(documents.values()), ordered=False)
        except BulkWriteError as error:
            clashes(error)  # rows that are there already

    def _documents(self, ranges: Sequence[Document]) -> Iterator[Document]:
        for some in slices(ranges, RANGES_AT_ONCE):
            with stream(self._database.settled.telemetry, {"$or": some}, order={"_id": 1}) as found:
                yield from found


def within(uid: Uid, first: int | None = None, last: int | None = None) -> Document:
    """Return the condition on the ids of telemetry that they belong to an experiment, or to trials of it."""
    if first is None or last is None:
        return {"$gte": {"uid": uid}, "$lt": {"uid": f"{uid}\0"}}
    return {"$gte": {"uid": uid, "trial_id": first}, "$lt": {"uid": uid, "trial_id": last + 1}}


def _range(query: TelemetryQuery, run: _Run) -> Document:
    rows: Document = {"_id": within(query.uid, run.first, run.last)}
    return rows if query.all_attempts else {**rows, "_id.attempt": run.attempt}


def _runs(attempts: Iterable[tuple[int, int]]) -> list[_Run]:
    runs: list[_Run] = []
    for trial_id, attempt in attempts:
        if runs and (runs[-1].last + 1, runs[-1].attempt) == (trial_id, attempt):
            runs[-1] = runs[-1]._replace(last=trial_id)
        else:
            runs.append(_Run(trial_id, trial_id, attempt))
    return runs


def _place(uid: Uid, trial_id: int, attempt: int) -> Document:
    return {"uid": uid, "trial_id": trial_id, "attempt": attempt}


def _row(document: Document) -> StoredTelemetryRow:
    try:
        key = document["_id"]
        return StoredTelemetryRow(
            int(key["trial_id"]), int(key["attempt"]), int(key["ts"]), key["metric"], document["value"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptStorageError(
            f"a document of telemetry is not as trialstore wrote it: {error!r}"
        ) from error


def _report_id(batch: TelemetryBatch) -> Document:
    return {"uid": batch.uid, "token": batch.token}


def _report(batch: TelemetryBatch, trial: TrialRecord) -> Document:
    return {
        "_id": _report_id(batch),
        **_place(batch.uid, batch.trial_id, trial.attempt),
        "status": batch.status.value,
        "ts": batch.ts,
        "trial_runner_id": trial.trial_runner_id,
    }
