"""A server that the tests run themselves."""

from __future__ import annotations

import secrets
import subprocess
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import ClassVar, Self

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from servers.home import Home
from servers.ports import free_port
from servers.server import Address, Server
from servers.tls import make_certificate

HOST = "127.0.0.1"


class LocalServer(Server):
    """A server in a temporary directory, on a port of the loopback interface.

    Making it initialises the directory; ``with`` starts it, and removes all of it at the end. It survives the end
    of its own processes, not that of the machine: nothing is forced to disk.

    Parameters
    ----------
    settings
        Further settings of the server, by the names that its own documentation gives them.
    tls
        Whether it offers TLS; clients then have to trust `certificate`.
    """

    default_settings: ClassVar[Mapping[str, str]]
    stop_signal: ClassVar[Signals]
    crash_signal: ClassVar[Signals]

    def __init__(self, settings: Mapping[str, str] | None = None, *, tls: bool = False) -> None:
        password = f"p@s:s/%{secrets.token_urlsafe(12)}"  # with what means something in URLs
        super().__init__(Address(HOST, free_port(HOST), "tester", password))
        self.settings = {**self.default_settings, **(settings or {})}
        self.tls = tls
        self._process: subprocess.Popen[bytes] | None = None
        self._home = Home()
        self.directory = self._home.path
        try:
            self._initialise()
            if tls:
                self._make_certificate()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def certificate(self) -> Path:
        """Where the certificate is that clients have to trust, if the server offers TLS."""
        return self.directory / "server.crt"

    @property
    def log(self) -> Path:
        """Where the server says what it does."""
        return self.directory / "log"

    def start(self) -> None:
        """Start the server, on the same port each time, and return when it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._home.tenant,
            )
        self._wait_until_it_answers(self._process)

    def stop(self) -> None:
        """Stop the server cleanly, whoever is connected; do nothing if it does not run."""
        self._end(self.stop_signal)

    def crash(self) -> None:
        """End the server without giving it time to tidy up; ``start`` then has to recover."""
        self._end(self.crash_signal)

    def close(self) -> None:
        """Stop the server, and remove all that it left."""
        try:
            self.stop()
        finally:
            self._home.remove()

    @abstractmethod
    def _initialise(self) -> None:
        """Fill the directory with all that a server needs for its first start."""

    @abstractmethod
    def _tls_settings(self, certificate: Path, key: Path) -> dict[str, str]:
        """Return the settings with which the server offers TLS."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the command that runs the server until it is told to end."""

    def _make_certificate(self) -> None:
        key = self.directory / "server.key"
        make_certificate(HOST, self.certificate, key)
        self._home.let_in(self.certificate, key)
        self.settings.update(self._tls_settings(self.certificate, key))

    def _run(self, *command: str | Path) -> None:
        result = subprocess.run(
            command, cwd=self.directory, capture_output=True, text=True, check=False, **self._home.tenant
        )
        if result.returncode:
            raise RuntimeError(
                f"{command[0]} failed with status {result.returncode}:\n{result.stdout}{result.stderr}"
            )

    def _write(self, name: str, content: str) -> Path:
        file = self.directory / name
        file.write_text(content)
        self._home.let_in(file)
        return file

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        while_it_runs = retry_if_exception(lambda _: process.poll() is None)
        retrying = Retrying(
            retry=while_it_runs, stop=stop_after_delay(60), wait=wait_fixed(0.05), reraise=True
        )
        try:
            retrying(self.execute, "SELECT 1")
        except Exception as error:
            raise RuntimeError(
                f"{self._command()[0]} did not start; its log:\n{self.log.read_text()}"
            ) from error

    def _end(self, how: Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None
