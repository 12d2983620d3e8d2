"""What stands in a MongoDB URI, as far as it is known without asking the domain name system."""

from __future__ import annotations

import re
from urllib.parse import unquote

from trialstore.errors import ConfigError

DEFAULT_DATABASE = "trialstore"
DATABASE_PATTERN = r"""^[^/\\. "$\0]{1,63}$"""
"""The names of databases that MongoDB allows everywhere."""
SCHEMES = ("mongodb", "mongodb+srv")

_URI = re.compile(
    r"(?:mongodb|mongodb\+srv)://[^/?]+(?:/(?P<database>[^?]*))?(?:\?.*)?", re.IGNORECASE | re.DOTALL
)


def database_of(uri: str) -> str:
    """Return the database that a URI names, or the default one.

    Raises
    ------
    ConfigError
        If it is no URI of MongoDB.
    """
    match = _URI.fullmatch(uri)
    database = unquote(match["database"] or DEFAULT_DATABASE) if match else ""
    # An @ means that what stands before it is a part of the password.
    if "@" in database or not re.fullmatch(DATABASE_PATTERN, database):
        raise invalid_uri()
    return database


def invalid_uri() -> ConfigError:
    """Return the error for what is no URI; it does not repeat it, because parts of it may be of the password."""
    return ConfigError(
        "the uri is none that MongoDB knows: it has the form mongodb://user:password@host:port/database?option=value, in "
        "which an @, / or : of a user name or password is written as %40, %2F or %3A"
    )
