"""The pool of the connections to an engine inside this process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy.pool import ConnectionPoolEntry, Pool


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Close it."""


class IdlePool(Pool):
    """Keeps idle connections and counts none, so that one that an interrupt loses is garbage and nothing more.

    Parameters
    ----------
    creator
        Makes a connection.
    size
        How many idle connections are kept at most.
    keeper
        A connection that nobody uses and that `dispose` closes: a database in memory lasts as long as it.
    options
        Those of `sqlalchemy.pool.Pool`.
    """

    def __init__(
        self,
        creator: Callable[[], Any],
        size: int,
        keeper: Closable | None = None,
        **options: Any,
    ) -> None:
        super().__init__(creator, **options)
        self._connect, self._size, self._keeper = creator, size, keeper
        self._idle: list[ConnectionPoolEntry] = []  # one step of a list cannot be interrupted
        self._disposed = False

    def status(self) -> str:
        return f"{len(self._idle)} idle connections"

    def recreate(self) -> IdlePool:
        return IdlePool(self._connect, self._size, dialect=self._dialect, _dispatch=self.dispatch)

    def dispose(self) -> None:
        self._disposed = True
        with suppress(IndexError):  # others may be taking connections at the same moment
            while True:
                self._idle.pop().close()
        if self._keeper is not None:
            self._keeper.close()

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return self._idle.pop()
        except IndexError:
            return self._create_connection()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if self._disposed or len(self._idle) >= self._size:
            record.close()
        else:
            self._idle.append(record)
