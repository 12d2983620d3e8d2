"""One shell command in a session of its own, none of whose processes outlives an early end."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector, SelectorKey
from types import TracebackType
from typing import IO, Self, cast

import psutil

__all__ = ["ShellJob", "Tail", "is_alive"]

_GRACE = 5.0
"""Seconds that the processes have between SIGTERM and SIGKILL."""
_TICK = 0.05
_CHUNK = 65536
_CHUNKS_IN_A_PIPE = 32
"""At most: what the command wrote before its end is read, what it left in the background may write for ever."""


class Tail:
    """The end of a stream: at least the last `size` bytes, at most twice as many."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._bytes = bytearray()

    def add(self, chunk: bytes) -> None:
        """Append bytes, and forget the oldest if there are too many."""
        self._bytes += chunk
        if len(self._bytes) > 2 * self._size:
            del self._bytes[: -self._size]

    def text(self) -> str:
        """Return it as text, with replacement characters for what is no UTF-8."""
        return self._bytes.decode(errors="replace")


class ShellJob:
    """A context manager that runs a shell command; leaving it before the command ends, ends all of its processes.

    Parameters
    ----------
    command
        What the shell runs.
    environment
        What its environment has beside that of this process.
    stdin
        What it can read.
    on_stdout, on_stderr
        Take what it writes, as it comes.
    """

    def __init__(
        self,
        command: str,
        *,
        environment: Mapping[str, str],
        stdin: bytes,
        on_stdout: Callable[[bytes], None],
        on_stderr: Callable[[bytes], None],
    ) -> None:
        self._process = _started(command, environment, stdin)
        self._selector = DefaultSelector()
        self._selector.register(cast("IO[bytes]", self._process.stdout), EVENT_READ, on_stdout)
        self._selector.register(cast("IO[bytes]", self._process.stderr), EVENT_READ, on_stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.is_running():
            self._end()
        self._drain()
        self._selector.close()
        self._process.__exit__(kind, error, traceback)

    @property
    def returncode(self) -> int:
        """Its exit code, or the negative number of the signal that killed it, when it has ended."""
        return self._process.wait()

    def is_running(self) -> bool:
        """Whether the command has not ended yet."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> None:
        """Pass on what the command writes, until there is nothing for `seconds` or it ends."""
        if self._selector.get_map():
            self._read_ready(seconds)
        else:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)

    def _read_ready(self, seconds: float) -> bool:
        """Read once from each stream that has something within `seconds`, and tell whether one had."""
        ready = self._selector.select(seconds)
        for key, _ in ready:
            self._read(key)
        return bool(ready)

    def _read(self, key: SelectorKey) -> None:
        chunk = os.read(key.fd, _CHUNK)
        if chunk:
            key.data(chunk)
        else:
            self._selector.unregister(key.fileobj)

    def _drain(self) -> None:
        """Read what has been written."""
        chunks = _CHUNKS_IN_A_PIPE
        while chunks and self._selector.get_map() and self._read_ready(0):
            chunks -= 1

    def _end(self) -> None:
        """End the whole group: ask its processes to, give them time, and kill those that are left."""
        deadline = time.monotonic() + _GRACE
        self._signal(signal.SIGTERM)
        while is_alive(self._process.pid) and time.monotonic() < deadline:
            self._drain()
            time.sleep(_TICK)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: int) -> None:
        """Send a signal to the group; macOS denies the permission to if nobody is left in it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def is_alive(group: int) -> bool:
    """Tell whether a process of a group runs; one that has ended and whose parent does not care, does not."""
    return any(_group_of(process) == group for process in psutil.process_iter(["status"]))


def _group_of(process: psutil.Process) -> int | None:
    """Return the group of a process, or None if it has ended."""
    with suppress(ProcessLookupError):
        if process.info["status"] != psutil.STATUS_ZOMBIE:
            return os.getpgid(process.pid)
    return None


def _started(command: str, environment: Mapping[str, str], stdin: bytes) -> subprocess.Popen[bytes]:
    """Start a command with a file as its stdin, which it need not read, and pipes for what it writes."""
    with tempfile.TemporaryFile() as file:
        file.write(stdin)
        file.seek(0)
        return subprocess.Popen(  # noqa: S602 - a shell command is what the user gave
            command,
            shell=True,
            env={**os.environ, **environment},
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
