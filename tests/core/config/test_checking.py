"""A config that does not fit is refused with the file, the place and what was expected, and without its values."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import trialstore
from trialstore import BackendSpec, ConfigError, PluginError, hookimpl

Echo: TypeAlias = Callable[..., dict[str, Any]]

SECRET = "hunter2"


@pytest.mark.contract(34)
@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"port": "x"}, "$.config.port: expected an integer or null, not a string"),
        ({"port": 5.5}, "$.config.port: expected an integer or null, not a number"),
        ({"port": True}, "$.config.port: expected an integer or null, not a boolean"),
        ({"port": 0}, '$.config.port: expected what fits {"minimum": 1}'),
        ({"database": 5}, "$.config.database: expected a string or null, not an integer"),
        ({"database": ["x"]}, "$.config.database: expected a string or null, not a list"),
        ({"database": b"x"}, "$.config.database: expected a string or null, not a bytes"),
        ({"query": "x"}, "$.config.query: expected an object or null, not a string"),
        ({"query": {"a": [None]}}, "$.config.query.a[0]: expected a string, not null"),
        (
            {"lazy_schema_create": {}},
            "$.config.lazy_schema_create: expected a boolean or null, not an object",
        ),
        (
            {"durability": "ful"},
            '$.config.durability: expected one of "full", "normal", did you mean "full"?',
        ),
        ({"durability": "zzz"}, '$.config.durability: expected one of "full", "normal"'),
        ({"level": 3}, "$.config.level: expected one of 1, 2"),
        ({"host": "elsewhere"}, '$.config.host: expected "localhost"'),
        ({"token": "a", "username": "b", "ratio": -1}, '$.config.ratio: expected what fits {"minimum": 0}'),
        ({"token": "a"}, '$.config: expected what fits {"dependentRequired": {"token": ["username"]}}'),
    ],
)
def test_a_misfit_says_where_it_is_and_what_was_expected(
    echo: Echo, config: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as info:
        echo(config)
    assert isinstance(info.value, ValueError)
    assert str(info.value) == f"the config: {message}"


@pytest.mark.contract(34)
def test_the_file_that_holds_the_wrong_value_is_named(echo: Echo, tmp_path: Path) -> None:
    Path("storage.jsonc").write_text(
        "{class: 'echo', config: {port: 1, database: '', username: '', pool: '', ratio: ''}}"
    )
    Path("globals.jsonc").write_text("{database: 5}")
    with pytest.raises(ConfigError) as info:
        echo("storage.jsonc", ["globals.jsonc", {"username": 6}, "{pool: 'x'}"], port="x")
    assert str(info.value).splitlines() == [
        f"{tmp_path}/globals.jsonc: $.database: expected a string or null, not an integer",
        "the global config text: $.pool: expected an integer, not a string",
        "keyword argument port: expected an integer or null, not a string",
        f"{tmp_path}/storage.jsonc: $.config.ratio: expected a number, not a string",
        "the global config: $.username: expected a string or null, not an integer",
    ]


def test_an_unknown_key_is_named_with_what_was_meant_and_what_is_known(echo: Echo) -> None:
    with pytest.raises(ConfigError) as info:
        echo({"databse": "x", "qwertz": 1, "durabilty": "full", "x_own": 1})
    said, known = str(info.value).split("; known are ")
    assert said == (
        'the config: $.config: unknown key "databse", did you mean "database"?; unknown key "qwertz"; '
        'unknown key "durabilty", did you mean "durability"?'
    )
    assert known.split(", ")[0] == '"drivername"'
    assert '"durability"' in known


@pytest.mark.contract(34)
@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, '$: expected the missing "class"'),
        ({"class": 5}, "$.class: expected a string, not an integer"),
        ({"class": ""}, '$.class: expected what fits {"minLength": 1}'),
        ({"class": "echo", "config": []}, "$.config: expected an object, not a list"),
        ({"class": "echo", "config": None}, "$.config: expected an object, not null"),
        (
            {"class": "echo", "resolve_config_property_paths": 1},
            "expected a string or a list, not an integer",
        ),
        (
            {"clas": "echo", "class": "echo"},
            '$: unknown key "clas", did you mean "class"?; known are "$schema", "desc',
        ),
    ],
)
def test_what_stands_around_the_config_object_is_checked_too(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as info:
        trialstore.from_config(config)
    assert message in str(info.value)


@pytest.mark.contract(34)
def test_a_schema_and_a_description_may_stand_at_the_top(echo: Echo) -> None:
    assert echo("{$schema: './storage.json', description: 'mine', class: 'echo'}") == {}


@pytest.mark.parametrize(
    "config",
    [
        {"password": 5, "username": SECRET, "port": SECRET},
        {"password": [SECRET], "token": SECRET, "username": "x"},
        {"durability": SECRET, "query": {"password": {"x": SECRET}}},
        {"password": f"{SECRET}$", "port": SECRET},
        {"password": f"pass${SECRET}"},
        {"x_uri": f"echo://me:a${SECRET}@host"},
    ],
)
def test_no_secret_is_in_an_error_or_its_traceback(echo: Echo, config: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as info:
        echo(config)
    assert SECRET not in "".join(traceback.format_exception(info.value))
    assert SECRET not in repr(info.value)


def test_no_expanded_secret_is_in_an_error_or_a_log(
    echo: Echo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PASSWORD", SECRET)
    with pytest.raises(ConfigError) as info:
        echo(
            {"password": "$PASSWORD", "port": "$PASSWORD", "durability": "$g", "log_sql": "$a"},
            [{"g": SECRET}],
            a=SECRET,
        )
    assert SECRET not in "".join(traceback.format_exception(info.value))
    assert echo({"password": "$PASSWORD", "log_sql": False})["password"] == SECRET
    assert SECRET not in caplog.text


def test_a_plugin_whose_schema_is_not_one_is_a_plugin_error() -> None:
    class Wrong:
        @hookimpl
        def trialstore_backends(self) -> list[BackendSpec]:
            return [
                BackendSpec(name="wrong", class_path="wrong.Store", config_schema={"properties": {"x": 5}})
            ]

    with pytest.raises(PluginError, match=r"the config schema of wrong.Store .* is not valid"):
        trialstore.from_config({"class": "wrong"}, plugins=[Wrong()])


class TestPickling:
    """A pickle holds the unexpanded config, and makes an equal storage wherever it is loaded."""

    @pytest.mark.contract(6)
    def test_a_storage_comes_back_with_its_config(self, echo: Echo) -> None:
        echo({})
        storage = trialstore.from_config(
            {"class": "echo", "config": {"database": "$name", "x_file": "a"}},
            name="n",
            plugins=["echo_store"],
        )
        again = pickle.loads(pickle.dumps(storage))
        assert repr(again) == repr(storage) == '{"database": "n", "x_file": "a"}'
        assert again is not storage

    def test_a_plugin_module_is_pickled_by_its_name(self, echo: Echo) -> None:
        echo({})
        import echo_store  # type: ignore[import-not-found] # made by the fixture

        with trialstore.open("echo://localhost/db", plugins=[echo_store]) as storage:
            assert repr(pickle.loads(pickle.dumps(storage))) == repr(storage)

    def test_it_holds_no_secret_of_the_environment_and_reads_no_file_again(
        self, echo: Echo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        echo({})
        monkeypatch.setenv("PASSWORD", SECRET)
        Path("storage.jsonc").write_text("{class: 'echo', config: {password: '$PASSWORD', database: ''}}")
        Path("globals.jsonc").write_text("{database: 'g'}")
        storage = trialstore.from_config("storage.jsonc", ["globals.jsonc"], plugins=["echo_store"])
        pickled = pickle.dumps(storage)
        assert SECRET.encode() not in pickled
        Path("storage.jsonc").unlink()
        Path("globals.jsonc").unlink()
        monkeypatch.setenv("PASSWORD", "rotated")
        assert repr(pickle.loads(pickled)) == '{"password": "rotated", "database": "g"}'

    def test_its_recipe_shows_no_values(self, echo: Echo) -> None:
        echo({})
        storage = trialstore.from_config(
            {"class": "echo", "config": {"password": SECRET}},
            [{"x": SECRET}],
            y=SECRET,
            plugins=["echo_store"],
        )
        assert SECRET not in repr(storage.session.__reduce__())
