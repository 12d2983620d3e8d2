"""The pool of the connections to one database."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, RLock
from typing import Any, Protocol, cast
from weakref import WeakSet

from sqlalchemy import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, Pool

_IDLE_SECONDS = 30.0
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
        self._idle: list[ConnectionPoolEntry] = []
        self._taken: WeakSet[ConnectionPoolEntry | _Place] = WeakSet()
        self._changed = Condition(RLock())  # a signal handler may make a call in the middle of another one
        self._is_disposed = False

    def take(self) -> ConnectionPoolEntry:
        """Return a connection for a call, which gives it back or drops it.

        Raises
        ------
        sqlalchemy.exc.TimeoutError
            If other threads use all that there may be for too long.
        """
        while not isinstance(found := self._reserve(), _Place):
            if not self._policy.tries_idle or self._is_alive(found):
                return found
            self.drop(found)
            self.close_idle()  # which are older, and will not have fared better
        return self._connected(found)

    def give_back(self, entry: ConnectionPoolEntry) -> None:
        """Keep a connection for the next call, unless there are enough."""
        entry.info[_SINCE] = time.monotonic()
        with self._changed:
            is_kept = self._keeps(entry)
            if is_kept:
                self._idle.append(entry)
            self._free(entry)
        if not is_kept:
            entry.close()

    def drop(self, entry: ConnectionPoolEntry) -> None:
        """Close a connection instead of giving it back."""
        entry.close()
        self._free(entry)

    def close_idle(self) -> None:
        """Close all connections that nobody uses."""
        with suppress(IndexError):  # others may be taking connections at the same moment
            while True:
                self._idle.pop().close()

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
        with self._changed:
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

    def _reserve(self) -> ConnectionPoolEntry | _Place:
        """Return a connection that was idle or, if there is none, the place of one that is to be made."""
        with self._changed:
            if not (self._has_room() or self._changed.wait_for(self._has_room, self._policy.patience)):
                raise PoolTimeoutError
            found = self._idle.pop() if self._idle else _Place()
            self._taken.add(found)
            return found

    def _has_room(self) -> bool:
        return bool(self._idle) or self._policy.patience is None or len(self._taken) < self._policy.size

    def _connected(self, place: _Place) -> ConnectionPoolEntry:
        try:
            entry = self._create_connection()
            self._taken.add(entry)
        finally:
            self._free(place)
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

    def _keeps(self, entry: ConnectionPoolEntry) -> bool:
        is_open = entry.dbapi_connection is not None
        return is_open and not self._is_disposed and len(self._idle) < self._policy.size

    def _free(self, taken: ConnectionPoolEntry | _Place) -> None:
        with self._changed:
            self._taken.discard(taken)
            self._changed.notify()


class _Place:
    """Stands for a connection that is being made."""
