"""Connections that a server, an administrator or a firewall ended."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psutil
import pytest

from servers import Server
from trialstore import Storage
from trialstore.errors import StorageUnavailableError, TransientError
from trialstore.records import ExperimentQuery
from trialstore_sql.dialects import _pool

OpenStorage = Callable[..., Storage]

LOCKS = "SELECT 1 FROM trialstore_experiment FOR UPDATE"


def use_connections(storage: Storage, number: int) -> None:
    """Use so many connections at the same time."""
    backend: Any = storage.session.backend
    with ExitStack() as stack:
        for _ in range(number):
            tx = stack.enter_context(backend._database.read())
            assert tx.rows_of("SELECT 1")[0] == (1,)


def tries_of(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list of the idle connections that are tried from now on."""
    backend: Any = storage.session.backend
    driver, tried = backend._database.engine.dialect, []
    ping = driver.do_ping

    def try_(connection: object) -> object:
        tried.append(connection)
        return ping(connection)

    monkeypatch.setattr(driver, "do_ping", try_)
    return tried


@pytest.fixture
def every_connection_counts_as_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pool, "_IDLE_SECONDS", 0)


def test_a_session_that_the_server_ended_is_replaced_without_a_word(
    open_storage: OpenStorage, onlooker: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with open_storage().experiment(experiment_id="e") as experiment:
        before = onlooker.sessions()
        onlooker.end(*before)
        caplog.clear()
        assert experiment.new_trial({"x": 1}).trial_id == 1
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert onlooker.sessions().isdisjoint(before)


@pytest.mark.usefixtures("every_connection_counts_as_idle")
def test_one_that_was_idle_for_long_is_tried_first_so_that_not_even_the_core_sees_its_end(
    open_storage: OpenStorage, onlooker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_storage()
    use_connections(storage, 3)
    before = onlooker.sessions()
    assert len(before) == 3
    onlooker.end(*before)
    tried = tries_of(storage, monkeypatch)
    use_connections(storage, 3)
    assert onlooker.sessions().isdisjoint(before)
    assert len(tried) == 1  # the others have not fared better


def test_one_that_was_in_use_just_now_costs_one_failure_and_takes_the_other_idle_ones_with_it(
    open_storage: OpenStorage, onlooker: Any
) -> None:
    storage = open_storage(pool_size=3, busy_timeout=0.01)
    use_connections(storage, 3)
    onlooker.end(*onlooker.sessions())
    with pytest.raises(TransientError, match="the connection was lost") as caught:
        storage.session.backend.find_experiments(ExperimentQuery())
    use_connections(storage, 3)
    del caught  # which has held what was lost, and has taken nobody's place with it


def test_a_session_that_ends_in_the_middle_of_a_write_is_replaced_and_the_write_repeated_once(
    open_storage: OpenStorage, onlooker: Any
) -> None:
    storage = open_storage(busy_timeout=60)
    with storage.experiment(experiment_id="e") as experiment, ThreadPoolExecutor(1) as thread:
        with onlooker.holding(LOCKS):
            call = thread.submit(experiment.new_trial, {"x": 1})
            onlooker.end(onlooker.wait_for_a_waiting_session())
        assert call.result().trial_id == 1
    assert list(storage.experiments["e"].trials) == [1]


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system lacks these options")
def test_the_system_watches_over_connections_that_a_firewall_may_drop(
    open_storage: OpenStorage, server: Server
) -> None:
    open_storage()
    [connection] = sockets_to(server)
    with connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        options = ["TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT"]
        values = [connection.getsockopt(socket.IPPROTO_TCP, getattr(socket, option)) for option in options]
    assert values == [30, 10, 3, 60_000]


def sockets_to(server: Server) -> list[socket.socket]:
    """Return duplicates of this process's sockets whose other end is the server."""
    connections = psutil.Process().net_connections("tcp")
    there = (server.address.host, server.address.port)
    mine = [found.fd for found in connections if tuple(found.raddr) == there]
    return [socket.socket(fileno=os.dup(fd)) for fd in mine]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port that takes connections and never says a word, as a proxy before a dead server does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_a_server_that_takes_connections_and_says_nothing_is_given_up(
    open_storage: OpenStorage, silent_port: int
) -> None:
    with pytest.raises(StorageUnavailableError, match="gave up"):
        open_storage(port=silent_port, query={"connect_timeout": "2"}, retry_for=0.01)


def test_statements_may_take_longer_than_the_greeting(open_storage: OpenStorage, onlooker: Any) -> None:
    storage = open_storage(query={"connect_timeout": "2"}, busy_timeout=60)
    backend: Any = storage.session.backend
    sleep = "SELECT pg_sleep(2.5)" if "postgresql" in repr(storage) else "SELECT sleep(2.5)"
    with backend._database.read() as tx:
        assert len(tx.rows_of(sleep)) == 1
