"""Makes the client of pymongo that the settings describe."""

from __future__ import annotations

from typing import Any, TypeAlias

from pymongo import MongoClient
from pymongo.errors import ConfigurationError, InvalidURI
from pymongo.uri_parser import parse_uri

from trialstore.errors import ConfigError
from trialstore_mongo._settings import Settings
from trialstore_mongo._uri import invalid_uri

Document: TypeAlias = dict[str, Any]
Client: TypeAlias = MongoClient[Document]

_OPTIONS = {
    "port": "port",
    "username": "username",
    "password": "password",
    "auth_source": "authSource",
    "replica_set": "replicaSet",
    "tls": "tls",
    "tls_ca_file": "tlsCAFile",
    "tls_certificate_key_file": "tlsCertificateKeyFile",
}
_CONNECT_MILLISECONDS = 5_000
_WITHOUT_LOOKUP = "mongodb://"


def make_client(settings: Settings) -> Client:
    """Return a client, which connects in the background.

    Raises
    ------
    ConfigError
        If pymongo cannot use the settings.
    """
    uri = settings.uri or ""
    try:
        if uri.startswith(_WITHOUT_LOOKUP):
            parse_uri(uri, warn=False)  # the client itself would pass over an option that it does not know
        return MongoClient(uri or settings.host, **_options(settings))
    except InvalidURI:
        raise invalid_uri() from None
    except (ConfigurationError, OSError, TypeError, ValueError) as error:
        raise ConfigError(
            f"{settings.label}: {error}: look at the options in the config's uri or query"
        ) from error


def _options(settings: Settings) -> dict[str, Any]:
    """Return the options of the client; those that the uri or the query name win over the defaults."""
    named = f"{settings.uri} {' '.join(settings.query)}".lower()
    defaults = {
        "appname": "trialstore",
        "connectTimeoutMS": _CONNECT_MILLISECONDS,
        "serverSelectionTimeoutMS": round(settings.server_selection_timeout * 1000),
    }
    given = {name: getattr(settings, key) for key, name in _OPTIONS.items()}
    return {
        **{name: value for name, value in defaults.items() if name.lower() not in named},
        **{name: value for name, value in given.items() if value is not None},
        **settings.query,
    }
