"""MariaDB, and MySQL where somebody has one."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, ClassVar

from servers.local import LocalServer
from servers.programs import find_program
from servers.server import Server

INSTALL = "apt-get install mariadb-server"


class MySql(Server):
    """A MariaDB or MySQL server."""

    drivername = "mysql+pymysql"
    default_port = 3306

    def drop_database(self, name: str) -> None:
        import pymysql

        users = self.execute(f"SELECT id FROM information_schema.processlist WHERE db = '{name}'")
        for (connection,) in users:
            with suppress(pymysql.OperationalError):  # it may have gone by itself
                self.execute(f"KILL {connection}")
        self.execute(f"DROP DATABASE IF EXISTS {name}")

    def execute(self, sql: str, database: str | None = None) -> list[tuple[Any, ...]]:
        import pymysql

        where = self.address
        connection = pymysql.connect(
            host=where.host,
            port=where.port,
            user=where.username,
            password=where.password,
            database=database,
            autocommit=True,
            ssl_disabled=True,  # it would read all certificates of the system, each time
        )
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())


class MariaDbServer(LocalServer, MySql):
    """A MariaDB server of our own, from the packages of the system."""

    default_settings: ClassVar[Mapping[str, str]] = {
        "innodb_buffer_pool_size": "64M",
        "innodb_log_file_size": "32M",
        "innodb_flush_log_at_trx_commit": "2",
        "innodb_flush_method": "nosync",
        "innodb_doublewrite": "0",
        "sync_binlog": "0",
        "max_connections": "200",
    }
    stop_signal = signal.SIGTERM
    crash_signal = signal.SIGKILL

    def _initialise(self) -> None:
        self._program = find_program("mariadbd", engine="MariaDB", install=INSTALL)
        user = f"'{self.address.username}'@'%' IDENTIFIED BY '{self.address.password}'"
        grant = f"FLUSH PRIVILEGES;\nGRANT ALL ON *.* TO {user} WITH GRANT OPTION;\n"
        self._run(
            find_program("mariadb-install-db", engine="MariaDB", install=INSTALL),
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            f"--tmpdir={self.directory}",  # where several share one, each clears away the others' tables
            "--auth-root-authentication-method=socket",
            "--skip-test-db",
            f"--extra-file={self._write('user.sql', grant)}",
        )

    def _tls_settings(self, certificate: Path, key: Path) -> dict[str, str]:
        return {"ssl_cert": str(certificate), "ssl_key": str(key)}

    def _command(self) -> list[str]:
        settings = {
            **self.settings,
            "datadir": str(self.directory / "data"),
            "tmpdir": str(self.directory),
            "bind_address": self.address.host,
            "port": str(self.address.port),
            "socket": str(self.directory / "socket"),
            "skip_name_resolve": "1",
        }
        return [
            str(self._program),
            "--no-defaults",
            *(f"--{name}={value}" for name, value in settings.items()),
        ]
