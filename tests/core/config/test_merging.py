"""A config's values come from the config, global configs and keyword arguments, and references are expanded once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from trialstore import ConfigError

Echo: TypeAlias = Callable[..., dict[str, Any]]


@pytest.mark.contract(33)
def test_global_configs_in_turn_and_then_keyword_arguments_replace_what_is_there(echo: Echo) -> None:
    config = {"database": "a", "x_host": "a", "username": "a", "password": "a"}
    first = {"x_host": "b", "username": "b", "password": "b"}
    second = "{username: 'c', password: 'c'}"
    assert echo(config, [first, second], password="d") == {
        "database": "a",
        "x_host": "b",
        "username": "c",
        "password": "d",
    }


@pytest.mark.contract(33)
def test_only_keys_that_are_there_are_replaced(echo: Echo) -> None:
    assert echo({"database": "a"}, [{"username": "b", "class": "c"}], port=1) == {"database": "a"}


def test_one_global_config_needs_no_list(echo: Echo) -> None:
    Path("globals.jsonc").write_text("{database: 'b'}")
    for one in ("globals.jsonc", Path("globals.jsonc"), {"database": "b"}):
        assert echo({"database": "a"}, one) == {"database": "b"}


def test_the_config_path_of_a_global_config_counts_for_what_is_read_after_it(echo: Echo) -> None:
    Path("more").mkdir()
    Path("more/late.jsonc").write_text("{database: 'late'}")
    assert echo({"database": "a"}, [{"config_path": "more"}, "late.jsonc"]) == {"database": "late"}


@pytest.mark.contract(33)
def test_references_expand_from_arguments_then_globals_then_the_environment(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("here", "there", "everywhere"):
        monkeypatch.setenv(name, "environment")
    config = {"database": "$here", "username": "x${there}y", "query": {"a": ["$everywhere/$here"]}}
    globals_ = [{"here": "old", "there": "old"}, {"there": "new", "here": "new"}]
    assert echo(config, globals_, here="argument") == {
        "database": "argument",
        "username": "xnewy",
        "query": {"a": ["environment/argument"]},
    }


@pytest.mark.contract(33)
@pytest.mark.parametrize("value", ["$nowhere", "a${nowhere}b"])
def test_an_unknown_name_is_an_error_that_names_it_and_its_place(echo: Echo, value: str) -> None:
    with pytest.raises(ConfigError, match=r"the config: \$\.config\.query\.a\[0\]: \$nowhere is not defined"):
        echo({"query": {"a": [value]}})


@pytest.mark.contract(34)
def test_two_dollar_signs_are_one(echo: Echo) -> None:
    assert echo({"database": "$$here", "username": "a$$"}) == {"database": "$here", "username": "a$"}


@pytest.mark.parametrize("value", ["a$", "$-", "${a b}", "${", "$1"])
def test_a_dollar_sign_without_a_name_is_an_error(echo: Echo, value: str) -> None:
    with pytest.raises(ConfigError, match=r"\$\.config\.database: a \$ must be followed by a name"):
        echo({"database": value})


def test_what_is_put_in_is_not_expanded_again(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_ENVIRONMENT", "e$here$$")
    config = {"password": "$FROM_ENVIRONMENT", "username": "$g-${a}", "database": "x"}
    assert echo(config, [{"g": "g$here$$"}], a="a$here$$", database="$here$$") == {
        "password": "e$here$$",
        "username": "g$here$$-a$here$$",
        "database": "$here$$",
    }


def test_a_value_that_replaces_one_from_a_global_config_is_expanded_as_the_config_is(echo: Echo) -> None:
    assert echo({"database": "a"}, [{"database": "$folder/b$$"}], folder="/f") == {"database": "/f/b$"}


def test_a_value_that_is_one_reference_takes_over_the_type(echo: Echo) -> None:
    config = {"port": "$port", "query": "$query", "lazy_schema_create": "${lazy}", "username": "$nobody"}
    values = {"port": 5432, "query": {"a": "b"}, "lazy": True, "nobody": None}
    assert echo(config, **values) == {"port": 5432, "query": {"a": "b"}}


def test_text_from_the_environment_becomes_what_the_schema_asks_for(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {"PORT": "5432", "LAZY": "True", "RATIO": "0.5", "POOL": "4", "WORD": "7"}.items():
        monkeypatch.setenv(name, text)
    config = {
        "port": "$PORT",
        "lazy_schema_create": "$LAZY",
        "ratio": "$RATIO",
        "pool": "$POOL",
        "x_1": "$WORD",
    }
    assert echo(config) == {"port": 5432, "ratio": 0.5, "pool": 4, "x_1": "7"}
    with pytest.raises(ConfigError, match=r"config\.port: expected an integer or null, not a string"):
        echo({"port": "5432"})
    with pytest.raises(ConfigError, match=r"config\.pool: expected an integer, not a string"):
        echo({"pool": "$RATIO"})


def test_a_number_becomes_text_where_the_schema_asks_for_text(echo: Echo) -> None:
    assert echo({"password": "$secret", "level": "$level"}, secret=12345, level=2) == {
        "password": "12345",
        "level": 2,
    }


def test_only_strings_and_numbers_are_put_into_text(echo: Echo) -> None:
    assert echo({"database": "run-$n-${x}"}, n=3, x=0.5) == {"database": "run-3-0.5"}
    with pytest.raises(
        ConfigError, match=r"config\.database: \$n is put into text, so it must be a string or"
    ):
        echo({"database": "run-$n"}, n=["a"])


def test_the_class_may_be_a_reference_but_the_description_is_only_text(echo: Echo) -> None:
    text = "{class: '$kind', description: 'costs $5', $schema: '$x', config: {database: 'a'}}"
    assert echo(text, kind="echo") == {"database": "a"}


def test_paths_may_be_path_objects(echo: Echo, tmp_path: Path) -> None:
    assert echo({"database": tmp_path / "a", "query": {"b": (tmp_path,)}}) == {
        "database": str(tmp_path / "a"),
        "query": {"b": [str(tmp_path)]},
    }
    assert echo({"database": "a"}, database=tmp_path) == {"database": str(tmp_path)}


@pytest.mark.contract(34)
@pytest.mark.parametrize("keys", ["'database'", "['database', 'username', 'x_paths', 'port', 'absent']"])
def test_paths_are_resolved_in_the_searched_folders(echo: Echo, tmp_path: Path, keys: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "trials.db").touch()
    text = f"{{class: 'echo', resolve_config_property_paths: {keys}, config: {{database: '$name', port: 1, username: '', x_paths: ['trials.db', 3]}}}}"
    found = echo(text, name="trials.db", config_path=["data"])
    assert found["database"] == str(tmp_path / "data" / "trials.db")
    assert found["username"] == ""
    assert found["x_paths"] == ([found["database"], 3] if "x_paths" in keys else ["trials.db", 3])
    assert echo(text, name=":memory:")["database"] == ":memory:"


def test_a_null_is_a_common_key_that_is_not_there(echo: Echo) -> None:
    assert echo({"database": None, "port": None, "query": None, "x_own": None}) == {"x_own": None}


def test_common_keys_that_mean_nothing_to_the_backend_are_dropped_with_a_debug_message(
    echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "trialstore")
    assert echo({"database": "a", "log_sql": True}) == {"database": "a"}
    assert "the echo backend ignores log_sql" in caplog.text


def test_a_config_without_a_config_object_is_an_empty_one(echo: Echo) -> None:
    assert echo("{class: 'echo_store.Echo'}") == {}
