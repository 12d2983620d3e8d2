"""Where a password may come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import trialstore
from servers import Server
from trialstore import from_config

MakeAccount = Callable[..., dict[str, Any]]

HOSTILE = 'p@s:s/%41?#&=+ $x"y'
"""What means something in URLs, configs, option files and connection strings."""
ON_POSTGRES = pytest.mark.parametrize("engine_name", ["postgres"], indirect=True)
ON_MARIADB = pytest.mark.parametrize("engine_name", ["mariadb"], indirect=True)


@pytest.fixture
def account(make_account: MakeAccount) -> dict[str, Any]:
    """Return the config of a storage that an account with such a password may use."""
    return make_account(HOSTILE)


@pytest.fixture(autouse=True)
def _no_other_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PGPASSWORD", "PGPASSFILE", "PGSERVICE", "PGSERVICEFILE"):
        monkeypatch.delenv(name, raising=False)


def check_it_works(config: dict[str, Any]) -> None:
    storage = from_config({"class": "sql", "config": config})
    with storage, storage.experiment(experiment_id="e") as experiment:
        assert experiment.new_trial({"x": 1}).trial_id == 1


def without(config: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in keys}


@pytest.mark.parametrize("password", [HOSTILE, "пароль", "Größe", "1€"])
def test_it_may_stand_in_the_config(make_account: MakeAccount, password: str) -> None:
    check_it_works({**make_account(password), "password": password.replace("$", "$$")})


def test_it_may_stand_in_the_environment_under_any_name(
    account: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALSTORE_TEST_PASSWORD", HOSTILE)
    check_it_works({**account, "password": "$TRIALSTORE_TEST_PASSWORD"})


def test_it_may_stand_in_a_url(account: dict[str, Any]) -> None:
    scheme = account["drivername"].partition("+")[0]
    user = f"{account['username']}:{quote(HOSTILE, safe='')}"
    url = f"{scheme}://{user}@{account['host']}:{account['port']}/{account['database']}"
    with trialstore.open(url) as storage:
        assert list(storage.experiments) == []


@ON_POSTGRES
def test_libpq_takes_it_from_its_own_variable(
    account: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", HOSTILE)
    check_it_works(without(account, "password"))


@ON_POSTGRES
def test_libpq_takes_it_from_its_password_file(
    account: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "passwords"
    escaped = HOSTILE.replace(":", r"\:")
    file.write_text(f"*:{account['port']}:{account['database']}:{account['username']}:{escaped}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    check_it_works(without(account, "password"))


@ON_POSTGRES
def test_libpq_takes_everything_from_a_service_file(
    account: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = {"host": "host", "port": "port", "user": "username", "password": "password", "dbname": "database"}
    lines = [f"{name}={account[key]}" for name, key in names.items()]
    file = tmp_path / "services"
    file.write_text("\n".join(["[trials]", *lines, ""]))
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    check_it_works({"drivername": "postgresql", "query": {"service": "trials"}})


@ON_POSTGRES
def test_a_service_that_no_file_defines_is_an_error_of_the_config(server: Server) -> None:
    config = {"drivername": "postgresql", "query": {"service": "nosuch"}}
    with pytest.raises(trialstore.ConfigError, match=r'service "nosuch" not found.*options in the config'):
        check_it_works(config)


@ON_MARIADB
def test_the_driver_takes_it_from_an_option_file(account: dict[str, Any], tmp_path: Path) -> None:
    names = {
        "host": "host",
        "port": "port",
        "user": "username",
        "password": "password",
        "database": "database",
    }
    lines = [f"{name} = {account[key]}" for name, key in names.items()]
    file = tmp_path / "options.cnf"
    file.write_text("\n".join(["[client]", *lines, ""]))
    check_it_works({"drivername": "mysql", "query": {"read_default_file": str(file)}})


@ON_MARIADB
def test_without_a_database_the_error_says_that_it_is_missing(account: dict[str, Any]) -> None:
    config = {**without(account, "database"), "password": HOSTILE.replace("$", "$$")}
    with pytest.raises(trialstore.ConfigError, match='no database is chosen; name one as "database"'):
        check_it_works(config)


@pytest.mark.parametrize("query", [{"nosuch": "1"}, {"connect_timeout": "soon"}])
def test_options_that_the_driver_does_not_take_are_errors_of_the_config(
    server: Server, database: str, query: dict[str, str]
) -> None:
    with pytest.raises(trialstore.ConfigError, match="look at the options in the config's query") as caught:
        check_it_works({**server.config(database), "query": query})
    assert any(word in str(caught.value) for word in ("nosuch", "soon"))
