"""Databases of earlier versions of the schema, which were frozen by their code, are refused, upgraded and written on."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any, TypeAlias

import pytest
from bson.json_util import CANONICAL_JSON_OPTIONS, loads
from pymongo import MongoClient
from pymongo.database import Database

from trialstore import Status, Storage, from_config
from trialstore.errors import SchemaVersionError
from trialstore.times import from_micros
from trialstore_mongo import MongoBackend
from trialstore_mongo._configs import LONGEST_ALONG
from trialstore_mongo._schema import VERSION

Documents: TypeAlias = "Database[dict[str, Any]]"

OLD = Path(__file__).parent / "frozen" / "0001"
SHARED = Path(__file__).parents[1] / "sql" / "frozen"
_DEFAULTS = {"validationLevel": "strict", "validationAction": "error"}
"""What MongoDB notes beside a validator that is not the first one."""


@pytest.fixture(scope="module")
def story() -> SimpleNamespace:
    """Return the functions that fill and read frozen databases."""
    found = [run_path(str(SHARED / name)) for name in ("story.py", "reading.py")]
    return SimpleNamespace(**{name: value for names in found for name, value in names.items()})


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """Return what was read from it when it was frozen, and what repeated writes were answered."""
    return json.loads((OLD / "reading.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture
def old(database: Documents) -> Documents:
    """Return a database of version 1."""
    _thaw(database)
    return database


@pytest.fixture
def upgrade(config: dict[str, Any]) -> Callable[[], None]:
    """Return what upgrades the database."""
    return MongoBackend(config).upgrade


def test_an_older_version_is_refused_with_the_command_and_left_alone(
    old: Documents, config: dict[str, Any]
) -> None:
    before = _contents(old)
    for options in ({}, {"create": False}, {"read_only": True}):
        with pytest.raises(SchemaVersionError, match="run `trialstore upgrade --storage CONFIG_OR_URL`"):
            _storage(config, **options)
    assert _contents(old) == before


def test_it_reads_as_when_it_was_frozen_when_it_has_been_upgraded(
    old: Documents, upgrade: Any, config: dict[str, Any], story: Any, expected: dict[str, Any]
) -> None:
    upgrade()
    with _storage(config, read_only=True) as storage:
        assert _read(storage, story) == story.text_of(expected["experiments"])
    assert old["trialstore_meta"].find_one() == {"_id": "schema", "version": VERSION}


def test_a_replica_set_is_upgraded_too(
    mongo_replica_set_database: dict[str, Any], story: Any, expected: dict[str, Any]
) -> None:
    with MongoClient[dict[str, Any]](mongo_replica_set_database["uri"]) as client:
        _thaw(client.get_default_database())
        MongoBackend(mongo_replica_set_database).upgrade()
        assert _without_configs(client.get_default_database()) == 0
    with _storage(mongo_replica_set_database) as storage:
        assert _read(storage, story) == story.text_of(expected["experiments"])


def test_repeated_writes_are_recognised_by_their_tokens_after_an_upgrade(
    old: Documents, upgrade: Any, config: dict[str, Any], story: Any, expected: dict[str, Any]
) -> None:
    upgrade()
    with _storage(config) as storage:
        assert story.text_of(story.plain(story.repeat(storage))) == story.text_of(expected["answers"])
        assert _read(storage, story) == story.text_of(expected["experiments"])


def test_an_upgraded_schema_is_that_of_a_fresh_one(
    old: Documents, upgrade: Any, config: dict[str, Any]
) -> None:
    upgrade()
    MongoBackend({**config, "collection_prefix": "fresh_"}).upgrade()
    assert _schema(old, "trialstore_") == _schema(old, "fresh_")


def test_an_upgrade_gives_each_trial_the_text_of_its_config_and_changes_nothing_else(
    old: Documents, upgrade: Any
) -> None:
    before = _contents(old)["trialstore_trial"]
    texts = {config["_id"]: config["params"] for config in old["trialstore_tunable_config"].find()}
    upgrade()
    after = list(old["trialstore_trial"].find(sort=[("_id", 1)]))
    assert [trial.pop("config") for trial in after] == [texts[t["tunable_config_id"]] for t in before]
    assert after == before


def test_an_upgrade_leaves_long_configs_where_they_are(old: Documents, upgrade: Any) -> None:
    for config_id, length in (1000, LONGEST_ALONG), (1001, LONGEST_ALONG + 1):
        text = f'{{"x":"{"ä" * (length - 8)}"}}'
        assert len(text) == length
        old["trialstore_tunable_config"].insert_one(
            {"_id": config_id, "hash": str(config_id), "params": text}
        )
        old["trialstore_trial"].update_one(
            {"trial_id": config_id - 999}, {"$set": {"tunable_config_id": config_id}}
        )
    upgrade()
    found = old["trialstore_trial"].find({"tunable_config_id": {"$gte": 1000}}, sort=[("trial_id", 1)])
    short, long = [trial["config"] for trial in found]
    assert (len(short), long) == (LONGEST_ALONG, None)


def test_an_upgrade_that_was_interrupted_is_finished_by_the_next_one(
    old: Documents, upgrade: Any, config: dict[str, Any]
) -> None:
    upgrade()
    old["trialstore_meta"].update_one({}, {"$set": {"version": 1}})
    old["trialstore_trial"].update_many({"trial_id": {"$gt": 3}}, {"$unset": {"config": ""}})
    with pytest.raises(SchemaVersionError):
        _storage(config)
    upgrade()
    assert _without_configs(old) == 0


def test_many_may_upgrade_a_storage_at_once(old: Documents, upgrade: Any) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: upgrade(), range(6))) == [None] * 6
    assert _without_configs(old) == 0
    assert old["trialstore_meta"].find_one() == {"_id": "schema", "version": VERSION}


def test_trials_are_added_claimed_and_completed_after_an_upgrade(
    old: Documents, upgrade: Any, config: dict[str, Any], story: Any
) -> None:
    upgrade()
    with _storage(config) as storage:
        experiment = storage.get_experiment_by_id("tune-db")
        assert experiment is not None
        at = from_micros(story.NOON + story.HOUR)  # when only two trials are due, and no lease is over
        assert [trial.trial_id for trial in experiment.claim_trials(3, limit=9, timestamp=at)] == [3, 10]
        trial = experiment.new_trial({"cache_mb": 3})
        trial.update(Status.RUNNING, at)
        trial.update(Status.SUCCEEDED, at, {"latency": 1})
        assert experiment.load(12)[1:3] == ([trial.tunable_values], [{"latency": 1}])


def test_a_trial_that_an_older_program_adds_after_an_upgrade_is_read_and_claimed(
    old: Documents, upgrade: Any, config: dict[str, Any], story: Any, expected: dict[str, Any]
) -> None:
    upgrade()
    old["trialstore_trial"].update_many({"trial_id": {"$mod": [2, 0]}}, {"$unset": {"config": ""}})
    with _storage(config) as storage:
        assert _read(storage, story) == story.text_of(expected["experiments"])
        experiment = storage.get_experiment_by_id("tune-db")
        assert experiment is not None
        at = from_micros(story.NOON + story.HOUR)
        claimed = experiment.claim_trials(3, limit=9, timestamp=at)
        assert {trial.trial_id: trial.tunable_values["cache_mb"] for trial in claimed} == {3: 8, 10: 1}


def _thaw(database: Documents) -> None:
    for line in (OLD / "commands.jsonl").read_text(encoding="utf-8").splitlines():
        database.command(loads(line, json_options=CANONICAL_JSON_OPTIONS))


def _storage(config: dict[str, Any], **options: Any) -> Storage:
    return from_config({"class": "mongo", "config": config}, **options)


def _read(storage: Storage, story: Any) -> Any:
    return story.text_of(story.reading(storage)["experiments"])


def _contents(database: Documents) -> dict[str, list[dict[str, Any]]]:
    names = database.list_collection_names(filter={"type": "collection", "name": {"$ne": "system.views"}})
    return {name: list(database[name].find(sort=[("_id", 1)])) for name in names}


def _without_configs(database: Documents) -> int:
    return database["trialstore_trial"].count_documents({"config": {"$exists": False}})


def _schema(database: Documents, prefix: str) -> list[str]:
    """Return how the collections and views with a prefix are defined, and the indexes of the collections."""
    mine = [one for one in database.list_collections() if one["name"].startswith(prefix)]
    indexes = [
        (one["name"], sorted(database[one["name"]].index_information().items()))
        for one in mine
        if one["type"] == "collection"
    ]
    options = [(one["name"], sorted({**_DEFAULTS, **one["options"]}.items())) for one in mine]
    return sorted(repr(each).replace(prefix, "") for each in [*indexes, *options])
