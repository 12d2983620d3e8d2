"""A storage's URL is read into the common keys of a config."""

from __future__ import annotations

import pytest

import trialstore
from trialstore import ConfigError, UnknownBackendError
from trialstore import open as open_storage
from trialstore.config import config_from_url, scheme_of


@pytest.mark.parametrize(
    ("url", "config"),
    [
        ("sqlite://", {}),
        ("sqlite:///trials.db", {"database": "trials.db"}),
        ("sqlite:////tmp/trials.db", {"database": "/tmp/trials.db"}),
        ("sqlite:///:memory:", {"database": ":memory:"}),
        ("sqlite:///a:b@c.db", {"database": "a:b@c.db"}),
        ("sqlite:///C:/data/100%25.db", {"database": "C:/data/100%25.db"}),
        ("sqlite://?mode=ro&vfs=", {"query": {"mode": "ro", "vfs": ""}}),
        ("sqlite:///x?a=1&b=2&a=%203", {"database": "x", "query": {"a": ["1", " 3"], "b": "2"}}),
        (
            "sqlite://me%40home:p%40ss%2Fw%3Aord%25@db.example.com:5432/lab",
            {
                "username": "me@home",
                "password": "p@ss/w:ord%",
                "host": "db.example.com",
                "port": 5432,
                "database": "lab",
            },
        ),
        ("sqlite://me@h", {"username": "me", "host": "h"}),
        ("sqlite://me:@h:/", {"username": "me", "host": "h"}),
        (
            "sqlite://me:se/cret@h/db",
            {"username": "me", "password": "se/cret", "host": "h", "database": "db"},
        ),
        ("sqlite://[::1]:5432/db", {"host": "::1", "port": 5432, "database": "db"}),
    ],
)
def test_a_url_has_the_common_keys(url: str, config: dict[str, object]) -> None:
    assert config_from_url(url) == {"drivername": "sqlite"} | config


def test_the_driver_is_a_part_of_the_scheme_whose_case_does_not_matter() -> None:
    assert config_from_url("PostgreSQL+psycopg://h")["drivername"] == "postgresql+psycopg"


@pytest.mark.parametrize("url", ["trials.db", "", "://x", "1x://", "a b://", None, 3])
def test_what_is_no_url_is_refused_with_an_example(url: object) -> None:
    with pytest.raises(ConfigError, match=r"expected a URL such as 'sqlite:///trials.db'"):
        scheme_of(url)


@pytest.mark.parametrize(
    "url", ["sqlite://me:pa:hunter2/x", "sqlite://me:hunter2", "sqlite://[::1/hunter2]h", "sqlite://[hunter2"]
)
def test_a_malformed_url_is_not_repeated_because_it_may_hold_a_password(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite URL") as info:
        config_from_url(url)
    assert "hunter2" not in str(info.value)


def test_an_unknown_scheme_lists_the_known_ones() -> None:
    with pytest.raises(
        UnknownBackendError, match=r"no URL scheme 'memry'; did you mean 'memory'\? Known: .*memory"
    ):
        open_storage("memry://")


def test_a_dollar_sign_in_a_url_is_only_a_dollar_sign() -> None:
    assert repr(open_storage("memory://$HOME")) == "memory:$HOME"


def test_a_memory_storage_may_have_a_name() -> None:
    assert repr(open_storage("memory://")) == "memory:"
    assert repr(open_storage("memory:///")) == "memory:"
    assert repr(open_storage("MEMORY://scratch")) == "memory:scratch"


def test_a_url_in_the_place_of_a_class_is_not_repeated() -> None:
    with pytest.raises(UnknownBackendError, match=r"a URL goes to trialstore\.open\(\)") as error:
        trialstore.from_config({"class": "postgresql://user:SECRET@host/db"})
    assert "SECRET" not in str(error.value)
