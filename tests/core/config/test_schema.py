"""One JSON Schema for editors describes every config that can be written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import json5
import pytest
from jsonschema import Draft202012Validator

import trialstore
from trialstore import BackendSpec, composed_schema, hookimpl
from trialstore.config.sources import SHIPPED


class Turbo:
    @hookimpl
    def trialstore_backends(self) -> list[BackendSpec]:
        return [
            BackendSpec(
                name="turbo",
                class_path="turbo.Store",
                aliases=("old.turbo.Store",),
                config_schema={"properties": {"boost": {"type": "integer"}}, "required": ["boost"]},
            ),
            BackendSpec(name="wrong", class_path="wrong.Store", config_schema={"properties": 5}),
        ]


def errors_of(document: Any) -> list[str]:
    schema = composed_schema([Turbo()])
    Draft202012Validator.check_schema(schema)
    return [error.message for error in Draft202012Validator(schema).iter_errors(document)]


def test_it_lists_every_class_name_of_every_backend() -> None:
    names = composed_schema([Turbo()])["properties"]["class"]["enum"]
    assert {"memory", "trialstore_memory.MemoryBackend", "turbo", "turbo.Store", "old.turbo.Store"} <= set(
        names
    )
    assert len(names) == len(set(names))


def test_it_knows_the_keys_of_each_backend() -> None:
    assert errors_of({"class": "turbo", "config": {"boost": 1, "database": "x"}}) == []
    assert errors_of({"class": "old.turbo.Store", "config": {"boost": "x"}})
    assert errors_of({"class": "turbo.Store", "config": {}})
    assert errors_of({"class": "turbo", "config": {"boost": 1, "bost": 1}})
    assert errors_of({"class": "memory", "config": {"boost": 1}})


def test_it_allows_a_reference_wherever_a_value_is_expected() -> None:
    assert errors_of({"class": "turbo", "config": {"boost": "$boost", "port": "${port}"}}) == []


def test_it_refuses_what_is_no_config() -> None:
    assert errors_of({"class": "nobody"})
    assert errors_of({"class": "memory", "confg": {}})
    assert errors_of({"config": {}})


def test_it_leaves_out_a_backend_whose_own_schema_is_not_one() -> None:
    assert "wrong" not in composed_schema([Turbo()])["properties"]["class"]["enum"]


@pytest.mark.contract(33)
@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.jsonc")), ids=lambda path: path.stem)
def test_the_shipped_configs_fit_it(path: Path) -> None:
    assert errors_of(json5.loads(path.read_text())) == []


@pytest.mark.contract(33)
def test_a_config_of_every_engine_is_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with trialstore.from_config("storage/memory.jsonc") as storage:
        assert repr(storage) == "memory:"
    with trialstore.from_config("storage/sqlite.jsonc") as storage:
        assert repr(storage) == "sqlite:trialstore.sqlite"
    with trialstore.from_config("storage/in-memory.jsonc") as storage:
        assert repr(storage) == "sqlite::memory:"
