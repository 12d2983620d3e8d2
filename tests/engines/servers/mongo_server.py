"""A standalone MongoDB server of our own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode, urlunsplit

from servers.mongo import Mongo
from servers.mongod import HOST
from servers.own_mongo import OwnMongo
from servers.server import Address
from servers.tls import make_certificate


class MongoServer(OwnMongo):
    """A standalone server.

    Parameters
    ----------
    parameters
        Further server parameters, by the names that MongoDB's documentation gives them.
    auth
        Whether it asks its clients who they are.
    tls
        Whether its clients have to use TLS, and to trust `certificate`.
    """

    def __init__(
        self, parameters: Mapping[str, str] | None = None, *, auth: bool = False, tls: bool = False
    ) -> None:
        self.auth = auth
        self.tls = tls
        super().__init__(parameters)

    @property
    def certificate(self) -> Path:
        """Where the certificate is that clients have to trust, if the server demands TLS."""
        return self.directory / "server.crt"

    @property
    def log(self) -> Path:
        """Where the server says what it does."""
        return self.members[0].log

    def stop(self) -> None:
        """Stop the server cleanly, whoever is connected; do nothing if it does not run."""
        self.members[0].stop()

    def _initialise(self) -> str:
        options = [*(self._tls_options() if self.tls else ()), *(("--auth",) if self.auth else ())]
        password = f"p@s:s/%{secrets.token_urlsafe(12)}"  # with what means something in URLs
        self.address = Address(HOST, self._add_member(*options).port, "tester", password)
        if not self.auth:
            return self._uri()
        self._create_user()
        return self._uri(f"{self.address.username}:{quote(password, safe='')}@", authSource="admin")

    def _tls_options(self) -> list[str]:
        key = self.directory / "server.key"
        make_certificate(HOST, self.certificate, key)
        both = self.directory / "server.pem"
        both.write_text(self.certificate.read_text() + key.read_text())
        return ["--tlsMode=requireTLS", f"--tlsCertificateKeyFile={both}"]

    def _create_user(self) -> None:
        self.start()
        with Mongo(self._uri()).client() as client:  # who comes first from the same machine may do this
            client.admin.command(
                "createUser", self.address.username, pwd=self.address.password, roles=["root"]
            )
        self.stop()

    def _uri(self, who: str = "", **options: str) -> str:
        if self.tls:
            options = {**options, "tls": "true", "tlsCAFile": str(self.certificate)}
        where = f"{who}{self.address.host}:{self.address.port}"
        return urlunsplit(("mongodb", where, "/", urlencode(options), ""))
