"""What the plugin declares, what a config may say, and that it is cheap to ask."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from trialstore import from_config
from trialstore.config import composed_schema
from trialstore.errors import ConfigError
from trialstore_mongo import MongoBackend, plugin
from trialstore_mongo._settings import Settings


def test_the_plugin_does_not_import_pymongo() -> None:
    program = "import sys, trialstore_mongo.plugin; print(sys.modules.keys() & {'pymongo', 'bson', 'pandas'})"
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_spec_leads_to_the_backend() -> None:
    [spec] = plugin.trialstore_backends()
    assert spec.load() is MongoBackend
    assert spec.names == ("mongo", "trialstore_mongo.MongoBackend")
    assert (spec.requires, spec.install) == (("pymongo",), "trialstore[mongo]")


def test_the_schema_says_the_true_defaults_and_names_every_setting() -> None:
    [spec] = plugin.trialstore_backends()
    schema = spec.config_schema["properties"]
    common = {"port", "username", "password"}
    assert schema.keys() | common == set(Settings.__slots__)
    for key, one in schema.items():
        if "default" in one:
            assert one["default"] == getattr(Settings(), key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("uri", "postgresql://localhost"),
        ("collection_prefix", "a.b"),
        ("collection_prefix", "$a"),
        ("collection_prefix", ""),
        ("server_selection_timeout", 0),
        ("tls", "yes"),
        ("auth_source", 1),
    ],
)
def test_the_schema_refuses_what_the_backend_could_not_use(key: str, value: Any) -> None:
    [spec] = plugin.trialstore_backends()
    validator = Draft202012Validator(dict(spec.config_schema))
    assert not validator.is_valid({key: value})
    assert validator.is_valid({"uri": "mongodb+srv://db.example.org/lab", "collection_prefix": "lab_"})


def test_an_editor_gets_the_schema_with_the_others() -> None:
    [rule] = [
        rule for rule in composed_schema()["allOf"] if "mongo" in rule["if"]["properties"]["class"]["enum"]
    ]
    assert "collection_prefix" in json.dumps(rule)


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("mongodb://db.example.org/lab", "lab"),
        ("mongodb://db.example.org", "trialstore"),
        ("mongodb://db.example.org/", "trialstore"),
        ("mongodb://ada:p%2Fw@a:27017,b:27018/lab%2Dtwo?replicaSet=rs&w=1", "lab-two"),
        ("mongodb+srv://ada:secret@cluster.example.net/?tls=true", "trialstore"),
        ("MONGODB+SRV://cluster.example.net/lab", "lab"),
    ],
)
def test_a_url_names_its_database(url: str, database: str) -> None:
    config = plugin.config_from_url(url)
    assert config == {"uri": url, "database": database}
    assert MongoBackend({"uri": url}).label == MongoBackend(config).label == f"mongodb:{database}"


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="'databse'"):
        MongoBackend({"databse": "lab"})


def test_a_place_that_is_said_twice_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError, match="both uri and host, password") as caught:
        MongoBackend({"uri": "mongodb://a:swordfish@b", "host": "c", "password": "swordfish"})
    assert "swordfish" not in str(caught.value)


def test_a_null_means_the_default() -> None:
    assert Settings.from_config({"uri": None, "host": "a", "lazy_schema_create": True}) == Settings(host="a")


def test_files_are_made_absolute_for_a_copy_in_another_directory() -> None:
    [spec] = plugin.trialstore_backends()
    assert spec.anchored is not None
    config = {"tls_ca_file": "lab.pem", "tls_certificate_key_file": None, "database": "lab"}
    assert spec.anchored(config, Path("/home/ada")) == config | {"tls_ca_file": "/home/ada/lab.pem"}


def test_a_config_in_parts_opens_the_same_storage_as_its_uri(mongo_server: Any) -> None:
    with mongo_server.database() as name:
        config = {"class": "mongo", "config": mongo_server.config_in_parts(name)}
        with from_config(config) as storage, storage.experiment(experiment_id="e"):
            assert repr(storage) == f"mongodb:{name}"
        config["config"] = mongo_server.config(name)
        with from_config(config) as storage:
            assert list(storage.experiments) == ["e"]


def test_keys_that_mean_nothing_to_mongodb_are_passed_over(mongo_database: dict[str, Any]) -> None:
    config = {"drivername": "sqlite", "log_sql": True, **mongo_database}
    with from_config({"class": "mongo", "config": config}) as storage:
        assert list(storage.experiments) == []


def test_the_config_in_the_package_is_valid(mongo_database: dict[str, Any]) -> None:
    with from_config("storage/mongodb.jsonc", host=None, lazy_schema_create=True) as storage:
        assert repr(storage) == "mongodb:trialstore"


def test_secrets_are_shown_nowhere() -> None:
    config = {
        "host": "h",
        "username": "me",
        "password": "swordfish",
        "query": {"authMechanismProperties": "swordfish"},
    }
    shown = [repr(Settings.from_config(config)), repr(Settings(uri="mongodb://me:swordfish@h"))]
    assert "swordfish" not in "".join(shown) + MongoBackend(config).label
