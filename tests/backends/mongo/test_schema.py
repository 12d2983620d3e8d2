"""The schema: its version, what it refuses to store, and the collections of others beside it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pymongo.database import Database
from pymongo.errors import WriteError

from trialstore.errors import CorruptStorageError, SchemaVersionError, StorageNotFoundError
from trialstore.records import ExperimentQuery, ExperimentRecord
from trialstore_conformance.lab import NOON, Lab
from trialstore_mongo import MongoBackend
from trialstore_mongo._indexes import INDEXES
from trialstore_mongo._schema import VERSION
from trialstore_mongo._shapes import VALIDATORS

OpenBackend = Callable[..., MongoBackend]


def test_every_collection_has_a_shape_and_its_indexes(backend: MongoBackend, database: Database[Any]) -> None:
    found = {one["name"]: one["options"] for one in database.list_collections(filter={"type": "collection"})}
    validators = {name: one["validator"] for name, one in found.items() if name != "system.views"}
    assert validators == {f"trialstore_{name}": validator for name, validator in VALIDATORS.items()}
    for name, indexes in INDEXES.items():
        stored = database[f"trialstore_{name}"].index_information()
        assert stored.keys() == {"_id_", *(index.document["name"] for index in indexes)}


def test_the_version_is_noted_last(backend: MongoBackend, database: Database[Any]) -> None:
    assert list(database["trialstore_meta"].find()) == [{"_id": "schema", "version": VERSION}]


def test_a_creation_that_was_interrupted_is_finished(
    database: Database[Any], backend: MongoBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    database.drop_collection("trialstore_meta")
    database.drop_collection("trialstore_telemetry")
    database["trialstore_trial"].drop_index("queue")
    with pytest.raises(StorageNotFoundError):
        open_backend(create=False)
    Lab(open_backend()).add_one()
    assert "queue" in database["trialstore_trial"].index_information()


def test_many_may_create_a_storage_at_once(open_backend: OpenBackend) -> None:
    with ThreadPoolExecutor(6) as pool:
        backends = list(pool.map(lambda _: open_backend(), range(6)))
    assert [backend.find_experiments(ExperimentQuery()) for backend in backends] == [[]] * 6


def test_nothing_is_created_where_nothing_is_to_be(
    database: Database[Any], open_backend: OpenBackend
) -> None:
    for read_only in (False, True):
        with pytest.raises(StorageNotFoundError, match="collection_prefix 'trialstore_'"):
            open_backend(create=False, read_only=read_only)
    assert database.list_collection_names() == []


def test_an_older_schema_is_refused_with_the_command_and_left_alone(
    database: Database[Any], backend: MongoBackend, open_backend: OpenBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.close()
    monkeypatch.setattr("trialstore_mongo._schema.VERSION", VERSION + 1)
    with pytest.raises(
        SchemaVersionError, match=r"older than .*`trialstore upgrade --storage CONFIG_OR_URL`"
    ):
        open_backend()
    with pytest.raises(SchemaVersionError, match="older"):
        open_backend(read_only=True)
    assert database["trialstore_meta"].find_one() == {"_id": "schema", "version": VERSION}


def test_a_newer_schema_is_refused_and_not_downgraded(
    database: Database[Any], backend: MongoBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    database["trialstore_meta"].update_one({}, {"$set": {"version": 99}})
    with pytest.raises(SchemaVersionError, match=r"newer than .*pip install --upgrade trialstore"):
        open_backend()
    with pytest.raises(SchemaVersionError, match="newer"):
        backend.upgrade()


def test_an_upgrade_takes_the_steps_that_are_missing_and_no_others(
    database: Database[Any], backend: MongoBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    steps = (lambda _: taken.append("second"), lambda _: taken.append("third"))
    monkeypatch.setattr("trialstore_mongo._schema._STEPS", steps)
    monkeypatch.setattr("trialstore_mongo._schema.VERSION", 3)
    backend.upgrade()
    backend.upgrade()
    assert taken == ["third"]
    assert database["trialstore_meta"].find_one() == {"_id": "schema", "version": 3}


def test_a_version_that_is_no_number_is_called_corrupt(
    database: Database[Any], backend: MongoBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    database.command("collMod", "trialstore_meta", validator={})
    database["trialstore_meta"].update_one({}, {"$set": {"version": "one"}})
    with pytest.raises(CorruptStorageError, match="trialstore_meta is no number"):
        open_backend()


@pytest.mark.parametrize("name", ["trial", "trials"])
def test_a_collection_of_others_with_one_of_the_names_is_left_alone(
    database: Database[Any], open_backend: OpenBackend, name: str
) -> None:
    database[f"trialstore_{name}"].insert_one({"theirs": True})
    with pytest.raises(
        CorruptStorageError, match=f"trialstore_{name} that is not trialstore's: choose another"
    ):
        open_backend()
    open_backend(collection_prefix="mine_")
    assert database[f"trialstore_{name}"].count_documents({}) == 1


def test_two_prefixes_are_two_storages_in_one_database(open_backend: OpenBackend) -> None:
    ours, theirs = open_backend(collection_prefix="ours_"), open_backend(collection_prefix="theirs_")
    ours.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    assert theirs.find_experiments(ExperimentQuery()) == []


UNREADABLE: dict[str, list[dict[str, Any]]] = {
    "experiment": [
        {"$set": {"experiment_id": 5}},
        {"$set": {"objectives": "score"}},
        {"$set": {"objectives": [{"metric": "score", "direction": "up"}]}},
        {"$set": {"tunables": {"x": 1}}},
        {"$set": {"max_attempts": 2.5}},
        {"$unset": {"completions": ""}},
        {"$set": {"owner": "me"}},
    ],
    "tunable_config": [
        {"$set": {"params": {"x": 1}}},
        {"$set": {"params": "x = 1"}},
        {"$unset": {"hash": ""}},
    ],
    "trial": [
        {"$set": {"status": 8}},
        {"$set": {"status": "SUCCEEDED"}},
        {"$set": {"due": 1.5}},
        {"$set": {"due": None}},
        {"$currentDate": {"ts_end": True}},
        {"$set": {"metadata": {"a": 1}}},
        {"$set": {"metrics": "1.5"}},
        {"$set": {"config": {"x": 1}}},
        {"$set": {"config": "x = 1"}},
        {"$set": {"completion": 0}},
        {"$set": {"attempt": -1}},
        {"$set": {"log.0.status": 9}},
        {"$set": {"log.0.note": "by hand"}},
        {"$push": {"log": {}}},
        {"$unset": {"log": ""}},
        {"$set": {"comment": "by hand"}},
    ],
    "telemetry": [{"$set": {"value": 0.5}}, {"$set": {"value": ""}}, {"$unset": {"value": ""}}],
    "report": [{"$set": {"status": -1}}, {"$set": {"ts": "now"}}, {"$unset": {"trial_id": ""}}],
    "counter": [{"$set": {"value": "many"}}],
    "meta": [{"$set": {"version": "2"}}],
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_could_not_be_read_cannot_be_stored_by_hand(
    open_backend: OpenBackend, database: Database[Any], name: str
) -> None:
    lab = Lab(open_backend())
    lab.report(lab.add_one(), (NOON, "cpu", 0.5))
    assert database[f"trialstore_{name}"].count_documents({}) == 1
    for update in UNREADABLE[name]:
        with pytest.raises(WriteError, match="failed validation"):
            database[f"trialstore_{name}"].update_one({}, update)


@pytest.mark.parametrize(
    "wrong",
    [{"uid": 1}, {"trial_id": "1"}, {"attempt": -1}, {"ts": 0.5}, {"ts": [1]}, {"metric": ""}],
)
def test_a_row_of_telemetry_whose_key_could_not_be_read_cannot_be_stored_by_hand(
    backend: MongoBackend, database: Database[Any], wrong: dict[str, Any]
) -> None:
    key = {"uid": "u", "trial_id": 1, "attempt": 0, "ts": 1, "metric": "cpu"}
    absent = {name: part for name, part in key.items() if name not in wrong}
    for unreadable in {**key, **wrong}, absent, "key":
        with pytest.raises(WriteError, match="failed validation"):
            database["trialstore_telemetry"].insert_one({"_id": unreadable, "value": "0.5"})
    database["trialstore_telemetry"].insert_one({"_id": key, "value": "0.5"})


@pytest.mark.parametrize(
    "update",
    [
        {"$set": {"status": 17}},
        {"$set": {"status": -1}},
        {"$set": {"due": "noon"}},
        {"$unset": {"attempt": ""}},
    ],
)
def test_what_was_stored_past_the_checks_is_called_corrupt(
    open_backend: OpenBackend, database: Database[Any], update: dict[str, Any]
) -> None:
    lab = Lab(open_backend())
    lab.add_one()
    database.command("collMod", "trialstore_trial", validator={})
    database["trialstore_trial"].update_one({}, update)
    with pytest.raises(CorruptStorageError, match="trial 1 is not as trialstore wrote it"):
        lab.find()


def test_history_telemetry_and_experiments_that_were_stored_past_the_checks_are_called_corrupt(
    open_backend: OpenBackend, database: Database[Any]
) -> None:
    lab = Lab(open_backend())
    lab.report(lab.add_one(), (NOON, "cpu", 0.5))
    for name in ("experiment", "report", "telemetry"):
        database.command("collMod", f"trialstore_{name}", validator={})
    database["trialstore_report"].update_one({}, {"$set": {"status": 17}})
    with pytest.raises(CorruptStorageError, match="17 is stored as a status"):
        lab.history()
    database["trialstore_telemetry"].update_one({}, {"$unset": {"value": ""}})
    with pytest.raises(CorruptStorageError, match="a document of telemetry is not"):
        lab.telemetry(1)
    database["trialstore_experiment"].update_one({}, {"$set": {"objectives": [{"metric": 1}]}})
    with pytest.raises(CorruptStorageError, match="experiment 'experiment' is not"):
        lab.backend.find_experiments(ExperimentQuery())
