"""Connections that are encrypted: verified as the config's query says, and refused where they must be."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from servers import LocalServer, MariaDbServer, Postgres, PostgresServer, Server
from servers.tls import make_certificate
from trialstore import Storage, StorageUnavailableError, TrialstoreError, from_config

CIPHER = {
    "postgres": "SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    "mariadb": "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'SSL_CIPHER'",
}


@pytest.fixture(scope="module", params=["postgres", "mariadb"])
def engine_name(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def tls_server(engine_name: str) -> Iterator[LocalServer]:
    kind = {"postgres": PostgresServer, "mariadb": MariaDbServer}[engine_name]
    with kind(tls=True) as started:
        yield started


@pytest.fixture
def config(tls_server: LocalServer) -> Iterator[dict[str, Any]]:
    """Return the config of an empty database on a server that offers TLS."""
    with tls_server.database() as name:
        yield tls_server.config(name)


def opened(config: dict[str, Any], query: dict[str, str], **options: Any) -> Storage:
    return from_config({"class": "sql", "config": {**config, "query": query}}, **options)


def verification(server: Server, certificate: Path) -> dict[str, str]:
    if isinstance(server, Postgres):
        return {"sslmode": "verify-full", "sslrootcert": str(certificate)}
    return {"ssl_ca": str(certificate)}


def test_a_server_that_the_config_trusts_is_talked_to_in_cipher(
    tls_server: LocalServer, config: dict[str, Any], engine_name: str
) -> None:
    with opened(config, verification(tls_server, tls_server.certificate)) as storage:
        backend: Any = storage.session.backend
        with backend._database.read() as tx:
            [(cipher,)] = tx.rows_of(CIPHER[engine_name])
    assert cipher


def test_a_server_that_somebody_else_vouches_for_is_refused_at_once(
    tls_server: LocalServer, config: dict[str, Any], tmp_path: Path
) -> None:
    make_certificate("127.0.0.1", tmp_path / "other.crt", tmp_path / "other.key")
    with pytest.raises(StorageUnavailableError, match="look at the options of TLS") as caught:
        opened(config, verification(tls_server, tmp_path / "other.crt"))
    assert "verify failed" in str(caught.value)
    assert "gave up" not in str(caught.value)


def test_a_certificate_that_is_not_there_is_said(
    tls_server: LocalServer, config: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(TrialstoreError, match="look at the options"):
        opened(config, verification(tls_server, tmp_path / "nosuch.crt"))


def test_a_server_without_tls_is_refused_where_the_config_demands_it(
    request: pytest.FixtureRequest, engine_name: str, tls_server: LocalServer
) -> None:
    server: Server = request.getfixturevalue(f"{engine_name}_server")
    trust = verification(server, tls_server.certificate)
    with pytest.raises(StorageUnavailableError, match="look at the options of TLS") as caught:
        opened(server.config("any"), trust)
    assert "support" in str(caught.value)


@pytest.fixture
def breaking_port(tls_server: LocalServer) -> Iterator[int]:
    """Return a port that breaks off in the middle of the handshake of TLS, as a server does that goes down."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:
        thread.submit(serve_and_break_off, listener, tls_server)
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def serve_and_break_off(listener: socket.socket, server: LocalServer) -> None:
    with suppress(OSError):  # the end of the listener
        while True:
            client, _ = listener.accept()
            target = socket.create_connection((server.address.host, server.address.port))
            with closing(client), closing(target):
                if isinstance(server, Postgres):
                    target.sendall(client.recv(1024))
                client.sendall(target.recv(1024))  # "talk to me in TLS"
                client.recv(1024)


def test_a_server_that_breaks_off_in_the_handshake_is_asked_again(
    tls_server: LocalServer, config: dict[str, Any], breaking_port: int
) -> None:
    trust = verification(tls_server, tls_server.certificate)
    with pytest.raises(StorageUnavailableError, match="gave up"):
        opened({**config, "port": breaking_port}, trust, retry_for=0.01)
