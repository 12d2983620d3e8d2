"""pymongo, and no more: a document for each trial, and only the last write of a call waits for the disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING, MongoClient, ReturnDocument, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError

from benchmarks.subject import Address
from benchmarks.subjects import bare

DURABLE = WriteConcern("majority", j=True)
INDEXES = {
    "trial_id": ["experiment", "trial_id"],
    "queue": ["experiment", "status", "runner", "due", "trial_id"],
    "completion": ["experiment", "completion"],
}
OF_A_FRAME = [*bare.COLUMNS, "params", "metrics"]


class Subject(bare.Adding):
    """A database of MongoDB."""

    reads = ("load", "pending", "results_df", "results_dict")

    def __init__(self, address: Address) -> None:
        self._client = MongoClient[dict[str, Any]](address["uri"])
        quick = self._client.get_default_database(write_concern=WriteConcern(1))
        durable = quick.with_options(write_concern=DURABLE)
        self._counters, self._configs, self._experiments = quick.counter, quick.config, quick.experiment
        self._trials, self._telemetry, self._history = durable.trial, durable.telemetry, durable.history
        self._quick_telemetry = quick.telemetry
        if "queue" not in self._trials.index_information():
            self._create()
        self._experiment = ""
        self._seen = 0

    def close(self) -> None:
        self._client.close()

    def enter(self, experiment: str) -> None:
        self._experiment = experiment
        first = {"$setOnInsert": {"next_trial_id": 1, "completions": 0}}
        self._experiments.update_one({"_id": experiment}, first, upsert=True)

    def _add(self, numbers: Sequence[int], ended: int) -> list[int]:
        now = bare.now()
        configs = self._config_ids([bare.config(number) for number in numbers])
        after = self._take(self._experiments, self._experiment, "next_trial_id", len(numbers))
        ids = range(after - len(numbers), after)
        trials = [
            self._document(trial_id, config_id, number, now, ended=number < ended)
            for trial_id, config_id, number in zip(ids, configs, numbers, strict=True)
        ]
        if ended:
            self._take(self._experiments, self._experiment, "completions", len(numbers))
        self._trials.insert_many(trials)
        return list(ids)

    def run(self, trial: int) -> None:
        now = bare.now()
        self._change(trial, {"status": bare.RUNNING, "ts_start": now}, now)

    def complete(self, trial: int, number: int) -> None:
        now = bare.now()
        completion = self._take(self._experiments, self._experiment, "completions", 1)
        results = {"ts_end": now, "completion": completion, "metrics": bare.metrics(number)}
        self._change(trial, {"status": bare.SUCCEEDED, **results}, now)

    def report(self, trial: int, first: int, count: int) -> None:
        place = {"experiment": self._experiment, "trial_id": trial, "attempt": 0}
        rows = [
            {"_id": {**place, "ts": ts, "metric": metric}, "value": value}
            for ts, metric, value in bare.telemetry(first, count)
        ]
        try:
            self._quick_telemetry.insert_many(rows, ordered=False)
        except BulkWriteError as error:  # rows that are there already
            if any(failure["code"] != 11000 for failure in error.details["writeErrors"]):
                raise
        self._history.insert_one({"_id": bare.token(), **place, "status": bare.RUNNING, "ts": bare.now()})

    def claim(self, runner: int) -> int | None:
        now = bare.now()
        settings = {"status": bare.RUNNING, "runner": runner, "ts_start": now}
        taken = self._trials.find_one_and_update(
            {"experiment": self._experiment, "status": bare.WAITING, "runner": None, "due": {"$lte": now}},
            {
                "$set": {**settings, "lease_expires": now + bare.LEASE},
                "$inc": {"attempt": 1},
                "$push": {"log": _change(bare.RUNNING, now)},
            },
            sort={"due": ASCENDING, "trial_id": ASCENDING},
        )
        if taken is None:
            return None
        config = self._configs.find_one({"_id": taken["config_id"]}, {"params": 1})
        bare.decode(config["params"] if config else "")
        return int(taken["trial_id"])

    def poll(self) -> int:
        found = self._find(
            {"completion": {"$gt": self._seen}}, ["completion", "trial_id", "params", "metrics"]
        )
        ended = [(t["trial_id"], bare.decode(t["params"]), bare.decode(t["metrics"])) for t in found]
        self._seen = max((t["completion"] for t in found), default=self._seen)
        return len(ended)

    def load(self) -> int:
        found = self._find({"status": bare.SUCCEEDED}, ["trial_id", "params", "metrics"])
        return len([(t["trial_id"], bare.decode(t["params"]), bare.decode(t["metrics"])) for t in found])

    def pending(self) -> int:
        due = {"status": bare.WAITING, "due": {"$lte": bare.now()}}
        found = self._find(due, ["trial_id", "params", "metadata"])
        return len([(t["trial_id"], bare.decode(t["params"]), bare.decode(t["metadata"])) for t in found])

    def results_df(self) -> int:
        found = self._find({}, OF_A_FRAME)
        return len(bare.frame([[trial[name] for name in OF_A_FRAME] for trial in found]))

    def results_dict(self, trial_id: int) -> int:
        found = self._trials.find_one({"experiment": self._experiment, "trial_id": trial_id}, {"metrics": 1})
        return 0 if found is None else int(len(bare.decode(found["metrics"])) == 5)

    def iterate(self) -> int:
        found = self._find({"status": bare.SUCCEEDED}, ["trial_id", "params", "metrics"])
        return sum(len(bare.decode(trial["metrics"])) == 5 for trial in found)

    def _create(self) -> None:
        for name, fields in INDEXES.items():
            self._trials.create_index([(field, ASCENDING) for field in fields], name=name)
        self._configs.create_index("hash", unique=True)

    def _find(self, conditions: dict[str, Any], fields: Sequence[str]) -> list[dict[str, Any]]:
        """Return trials with their configs' texts: two queries cost less than a join."""
        shown = {"_id": 0, "config_id": 1, **{name: 1 for name in fields if name != "params"}}
        wanted = {"experiment": self._experiment, **conditions}
        trials = list(self._trials.find(wanted, shown, batch_size=2**31 - 1).sort("trial_id"))
        ids = [trial["config_id"] for trial in trials]
        configs = self._configs.find({"_id": {"$in": ids}}, {"params": 1}, batch_size=2**31 - 1)
        params = {config["_id"]: config["params"] for config in configs}
        return [{**trial, "params": params[trial["config_id"]]} for trial in trials]

    def _config_ids(self, configs: list[bare.Config]) -> list[int]:
        """Insert configs that are absent, and return the ids of all."""
        hashes = [config.hash for config in configs]
        known = self._known(hashes)
        absent = [config for config in configs if config.hash not in known]
        if absent:
            first = self._take(self._counters, "config", "value", len(absent)) - len(absent)
            self._configs.bulk_write(
                [
                    UpdateOne(
                        {"hash": config.hash},
                        {"$setOnInsert": {"_id": first + i, "params": config.params}},
                        upsert=True,
                    )
                    for i, config in enumerate(absent)
                ],
                ordered=False,
            )
            known = self._known(hashes)
        return [known[each] for each in hashes]

    def _known(self, hashes: list[str]) -> dict[str, int]:
        found = self._configs.find({"hash": {"$in": hashes}}, {"hash": 1}, batch_size=2**31 - 1)
        return {config["hash"]: config["_id"] for config in found}

    def _take(self, counters: Any, counter: str, field: str, number: int) -> int:
        step = {"$inc": {field: number}}
        after = ReturnDocument.AFTER
        return int(
            counters.find_one_and_update({"_id": counter}, step, upsert=True, return_document=after)[field]
        )

    def _document(
        self, trial_id: int, config_id: int, number: int, now: int, *, ended: bool
    ) -> dict[str, Any]:
        status = bare.SUCCEEDED if ended else bare.WAITING
        return {
            "_id": bare.token(),
            "experiment": self._experiment,
            "trial_id": trial_id,
            "config_id": config_id,
            "status": status,
            "due": now,
            "ts_start": now if ended else None,
            "ts_end": now if ended else None,
            "runner": None,
            "attempt": 0,
            "lease_expires": None,
            "completion": trial_id if ended else None,
            "metadata": bare.metadata(number),
            "metrics": bare.metrics(number) if ended else None,
            "log": [_change(status, now)],
        }

    def _change(self, trial_id: int, settings: dict[str, Any], now: int) -> None:
        open_ones = {"$in": [bare.WAITING, bare.RUNNING]}
        self._trials.update_one(
            {"experiment": self._experiment, "trial_id": trial_id, "attempt": 0, "status": open_ones},
            {"$set": settings, "$push": {"log": _change(settings["status"], now)}},
        )


def _change(status: int, now: int) -> dict[str, Any]:
    return {"token": bare.token(), "status": status, "ts": now}
