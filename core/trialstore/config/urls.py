"""Reads a storage's URL into the common keys of a config."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote

from trialstore.errors import ConfigError

_URL = re.compile(
    r"""
    (?P<drivername>[A-Za-z][\w+.-]*)://
    (?:(?P<username>[^:/@?]*)(?::(?P<password>[^@]*))?@)?
    (?:\[(?P<ipv6>[^\]/?]*)\]|(?P<host>[^:/?\[\]]*))
    (?::(?P<port>[^/?]*))?
    (?:/(?P<database>[^?]*))?
    (?:\?(?P<query>.*))?
    """,
    re.VERBOSE | re.DOTALL,
)


def scheme_of(url: Any) -> str:
    """Return the scheme of a URL, in lower case.

    Raises
    ------
    ConfigError
        If it is no URL.
    """
    scheme, separator, _ = url.partition("://") if isinstance(url, str) else ("", "", "")
    if not separator or not re.fullmatch(r"[A-Za-z][\w+.-]*", scheme):
        raise ConfigError(
            "expected a URL such as 'sqlite:///trials.db'; a config file is opened with from_config()"
        )
    return scheme.lower()


def config_from_url(url: str) -> dict[str, Any]:
    """Return the common keys of a config that stand in a URL.

    The form is ``drivername://username:password@host:port/database?query``. User name, password and query are
    percent-decoded; the database is taken as it stands, so ``sqlite:///trials.db`` is a relative path and
    ``sqlite:////tmp/trials.db`` an absolute one. A query key that is repeated becomes a list.

    Raises
    ------
    ConfigError
        If it has another form; the message does not repeat the URL, which may hold a password.
    """
    scheme = scheme_of(url)
    match = _URL.fullmatch(url)
    if match is None:
        raise ConfigError(
            f"the {scheme} URL is not of the form {scheme}://username:password@host:port/database?query"
        )
    parts = match.groupdict()
    config = {
        "drivername": scheme,
        "username": _decoded(parts["username"]),
        "password": _decoded(parts["password"]),
        "host": parts["ipv6"] or parts["host"],
        "port": _port(parts["port"], scheme),
        "database": parts["database"],
        "query": _query(parts["query"] or ""),
    }
    return {key: value for key, value in config.items() if value}


def _decoded(text: str | None) -> str | None:
    return unquote(text) if text else None


def _port(text: str | None, scheme: str) -> int | None:
    if text and not (text.isascii() and text.isdecimal()):
        raise ConfigError(
            f"the port in the {scheme} URL is not a number; write an @, / or : of a password as %40, %2F or %3A"
        )
    return int(text) if text else None


def _query(text: str) -> dict[str, str | list[str]]:
    options: dict[str, list[str]] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        options.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in options.items()}
