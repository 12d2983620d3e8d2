"""The pool of the connections to one database."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import RLock
from typing import Any, Protocol, cast
from weakref import WeakSet

from sqlalchemy import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, Pool

_IDLE_SECONDS = 30.0
_LOOK_SECONDS = 0.1
"""After which those who wait look for themselves: a connection that an interrupt has lost tells nobody."""
_SINCE = "trialstore: idle since"


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPolicy:
    """What a pool does."""

    size: int
    """How many connections stay open when idle."""
    patience: float | None = None
    """Seconds that a thread waits for another one's connection if `size` are in use; without it, it gets one more."""
    tries_idle: bool = False
    """Whether one that was idle for half a minute is tried first: a firewall may have dropped it, or a server ended."""


class ConnectionPool(Pool):
    """Lends connections to the calls of a backend, and to SQLAlchemy for what needs it, such as a migration.

    A call takes its connection and gives it back without SQLAlchemy's instrumentation, which costs a tenth of a call.
    One that an interrupt loses on the way is garbage, and counts no longer.

    Parameters
    ----------
    creator
        Makes a connection.
    policy
        What the pool does.
    keeper
        A connection that nobody uses and that `dispose` closes: a database in memory lasts as long as it.
    options
        Those of `sqlalchemy.pool.Pool`.
    """

    def __init__(
        self, creator: Callable[[], Any], policy: PoolPolicy, keeper: Closable | None = None, **options: Any
    ) -> None:
        super().__init__(creator, **options)
        self._connect, self._policy, self._keeper = creator, policy, keeper
        self._idle: list[ConnectionPoolEntry] = []  # one step of a list cannot be interrupted
        self._open: WeakSet[ConnectionPoolEntry | _Place] = WeakSet()
        # An interrupt can leave a Condition locked, whose methods are written in Python, but not these two.
        self._counting = RLock()
        self._returned: SimpleQueue[None] = SimpleQueue()
        self._is_disposed = False

    def take(self) -> ConnectionPoolEntry:
        """Return a connection for a call, which gives it back or drops it.

        Raises
        ------
        sqlalchemy.exc.TimeoutError
            If other threads use all that there may be for too long.
        """
        while not isinstance(found := self._idle_or_place() or self._wait(), _Place):
            if not self._policy.tries_idle or self._is_alive(found):
                return found
            self.drop(found)
            self.close_idle()  # which are older, and will not have fared better
        return self._connected(found)

    def give_back(self, entry: ConnectionPoolEntry) -> None:
        """Keep a connection for the next call, unless there are enough."""
        if entry.dbapi_connection is None or len(self._idle) >= self._policy.size:
            self.drop(entry)
            return
        entry.info[_SINCE] = time.monotonic()
        self._idle.append(entry)
        self._tell()
        if self._is_disposed:
            self.close_idle()

    def drop(self, entry: ConnectionPoolEntry) -> None:
        """Close a connection instead of giving it back."""
        entry.close()
        self._forget(entry)

    def close_idle(self) -> None:
        """Close all connections that nobody uses."""
        with suppress(IndexError):  # others may be taking connections at the same moment
            while True:
                self.drop(self._idle.pop())

    def recreate(self) -> ConnectionPool:
        """Return a pool for the time after this one, or for a forked child; a keeper stays with the first."""
        return ConnectionPool(
            self._connect,
            self._policy,
            reset_on_return=self._reset_on_return,
            dialect=self._dialect,
            _dispatch=self.dispatch,
        )

    def dispose(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        self._is_disposed = True
        self.close_idle()
        if self._keeper is not None:
            self._keeper.close()

    def status(self) -> str:
        """Describe the pool."""
        return f"{len(self._idle)} idle connections"

    def _do_get(self) -> ConnectionPoolEntry:
        return self.take()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        self.give_back(record)

    def _wait(self) -> ConnectionPoolEntry | _Place:
        until = time.monotonic() + (self._policy.patience or 0.0)
        while (left := until - time.monotonic()) > 0:
            with suppress(Empty):
                self._returned.get(timeout=min(left, _LOOK_SECONDS))
            if (found := self._idle_or_place()) is not None:
                self._tell()  # for others may wait for another one
                return found
        raise PoolTimeoutError

    def _idle_or_place(self) -> ConnectionPoolEntry | _Place | None:
        """Return a connection that is idle or, if there is none, the place of one that is to be made."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._place()

    def _place(self) -> _Place | None:
        """Return the place of one more connection, if there may be one."""
        with self._counting:
            # Not the length, in which what an interrupt has kept from being removed may count.
            if self._policy.patience is not None and sum(1 for _ in self._open) >= self._policy.size:
                return None
            place = _Place()
            self._open.add(place)
            return place

    def _connected(self, place: _Place) -> ConnectionPoolEntry:
        try:
            entry = self._create_connection()
            with self._counting:
                self._open.add(entry)
        finally:
            self._forget(place)
        return entry

    def _is_alive(self, entry: ConnectionPoolEntry) -> bool:
        """Tell whether a connection was used just now, or works."""
        if time.monotonic() < entry.info[_SINCE] + _IDLE_SECONDS:
            return True
        driver = cast("Dialect", self._dialect)
        try:
            driver.do_ping(cast("DBAPIConnection", entry.dbapi_connection))
        except driver.loaded_dbapi.Error:
            return False
        return True

    def _forget(self, closed: ConnectionPoolEntry | _Place) -> None:
        with self._counting:
            self._open.discard(closed)
        self._tell()

    def _tell(self) -> None:
        """Let one of those who wait look again."""
        if self._returned.empty():
            self._returned.put(None)


class _Place:
    """Stands for a connection that is being made."""
