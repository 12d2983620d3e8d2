"""What the plugin declares, and that it is cheap to ask."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import trialstore
from trialstore.errors import ConfigError
from trialstore_sql import SqlBackend, plugin
from trialstore_sql._settings import Settings
from trialstore_sql.dialects import dialect_of

ENGINES = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "duckdb": "duckdb",
}


def test_the_plugin_imports_no_engine() -> None:
    program = (
        "import sys, trialstore_sql.plugin; print(sys.modules.keys() & {'sqlalchemy', 'alembic', 'pandas'})"
    )
    command = [sys.executable, "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_spec_leads_to_the_backend() -> None:
    [spec] = plugin.trialstore_backends()
    assert spec.load() is SqlBackend
    assert "mlos_bench.storage.sql.storage.SqlStorage" in spec.names


def test_a_drivername_without_a_dialect_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(ConfigError, match=r"'oracle' is not supported; use one of sqlite, .*duckdb"):
        SqlBackend({"drivername": "oracle"})


def test_the_schema_names_exactly_the_drivernames_that_have_a_dialect() -> None:
    [spec] = plugin.trialstore_backends()
    for drivername in spec.config_schema["properties"]["drivername"]["enum"]:
        assert dialect_of(Settings(drivername=drivername)).name == ENGINES[drivername.partition("+")[0]]


def test_drivers_that_others_use_stand_for_ours_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    SqlBackend({"drivername": "postgresql+psycopg2"})
    assert caplog.messages == ["drivername postgresql+psycopg2: trialstore uses postgresql+psycopg instead"]


@pytest.mark.parametrize(
    ("drivername", "module", "extra"),
    [
        ("postgresql", "psycopg", "postgres"),
        ("mariadb", "pymysql", "mysql"),
        ("duckdb", "duckdb", "duckdb"),
    ],
)
def test_a_driver_that_is_not_installed_is_asked_for_with_the_command(
    drivername: str, module: str, extra: str
) -> None:
    program = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"from trialstore_sql import SqlBackend\nSqlBackend({{'drivername': {drivername!r}}})"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "BackendNotInstalledError" in run.stderr
    assert f"pip install 'trialstore[{extra}]'" in run.stderr


def test_the_schema_says_the_true_defaults() -> None:
    [spec] = plugin.trialstore_backends()
    defaults = Settings()
    for key, schema in spec.config_schema["properties"].items():
        if "default" in schema:
            assert schema["default"] == getattr(defaults, key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("durability", "sometimes"),
        ("table_prefix", "a b"),
        ("table_prefix", ""),
        ("busy_timeout", 0),
        ("pool_size", 0),
        ("drivername", "oracle"),
    ],
)
def test_the_schema_refuses_what_the_backend_could_not_use(key: str, value: Any) -> None:
    [spec] = plugin.trialstore_backends()
    validator = Draft202012Validator(dict(spec.config_schema))
    assert validator.is_valid({key: value}) is False
    assert validator.is_valid({"table_prefix": "lab_", "durability": "normal", "busy_timeout": 0.5})


def test_a_prefix_that_sqlite_keeps_for_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match="'SQLite_x' is SQLite's own"):
        SqlBackend({"table_prefix": "SQLite_x"})


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="'databse'"):
        SqlBackend({"databse": "trials.db"})


def test_keys_that_mean_nothing_to_a_file_are_ignored_and_shown_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    config = {"database": ":memory:", "host": "h", "port": 1, "username": "me", "password": "swordfish"}
    backend = SqlBackend(config)
    backend.open(create=True, read_only=False)
    backend.close()
    assert "needs no host, port, username, password" in caplog.text
    assert "swordfish" not in caplog.text + backend.label + repr(Settings.from_config(config))


def test_a_url_opens_a_file(tmp_path: Any) -> None:
    with trialstore.open(f"sqlite:///{tmp_path}/trials.db") as storage:
        assert repr(storage) == f"sqlite:{tmp_path}/trials.db"
    assert (tmp_path / "trials.db").exists()
