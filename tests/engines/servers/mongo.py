"""MongoDB."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

if TYPE_CHECKING:
    from pymongo import MongoClient


class Mongo:
    """A deployment of MongoDB, on which tests make databases of their own and look at them from the outside.

    Parameters
    ----------
    uri
        Where it is, and as whom to talk to it; names no database but that of the user (``authSource``).
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri

    @classmethod
    def at(cls, url: str) -> Self:
        """Return the deployment that runs already at a MongoDB URL, whose user may create databases."""
        parts = urlsplit(url)
        options = parse_qsl(parts.query)
        if "@" in parts.netloc and "authSource" not in dict(options):
            options.append(("authSource", parts.path.strip("/") or "admin"))
        return cls(parts._replace(path="/", query=urlencode(options)).geturl())

    def config(self, database: str) -> dict[str, Any]:
        """Return the config of a storage in this database, as a URL."""
        return {"uri": urlsplit(self.uri)._replace(path=f"/{database}").geturl()}

    def config_in_parts(self, database: str) -> dict[str, Any]:
        """Return the config of a storage in this database, without a URL; of a replica set, it names one member."""
        from pymongo.uri_parser import parse_uri

        parsed = parse_uri(self.uri)
        host, port = parsed["nodelist"][0]
        options = parsed["options"]
        parts = {
            "username": parsed["username"],
            "password": parsed["password"],
            "auth_source": options.get("authSource"),
            "replica_set": options.get("replicaSet"),
            "tls": options.get("tls"),
            "tls_ca_file": options.get("tlsCAFile"),
        }
        given = {name: value for name, value in parts.items() if value is not None}
        return {"host": host, "port": port, "database": database, **given}

    @contextmanager
    def client(self) -> Iterator[MongoClient[dict[str, Any]]]:
        """Lend a client of one's own."""
        from pymongo import MongoClient

        with MongoClient[dict[str, Any]](self.uri) as client:
            yield client

    def create_database(self) -> str:
        """Return the name of a database that nobody uses; it comes into being with what is written to it."""
        return f"trialstore_{secrets.token_hex(8)}"

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        with self.client() as client:
            client.drop_database(name)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Lend the name of an empty database, which is dropped afterwards."""
        name = self.create_database()
        try:
            yield name
        finally:
            self.drop_database(name)
