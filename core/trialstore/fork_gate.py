"""Keeps a fork from happening while another thread is inside an engine's library.

Such a library has locks of its own; the child would inherit them taken, by a thread that does not exist there.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, RLock, get_ident
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_PATIENCE = 5.0
"""Seconds that a fork waits for calls to end; one that hangs must not keep the program from forking."""


class ForkGate:
    """Counts the threads that are inside, and holds new ones back while a fork is under way."""

    def __init__(self) -> None:
        self._lock = RLock()  # a signal handler may make a call in the middle of another one
        self._condition = Condition(self._lock)
        self._inside: dict[int, int] = {}
        self._is_closed = False

    def run(self, operation: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what an operation returns, and let nobody fork meanwhile."""
        me = get_ident()
        with self._lock:
            if self._is_closed:
                self._condition.wait_for(lambda: not self._is_closed or me in self._inside)
            self._inside[me] = self._inside.get(me, 0) + 1
        try:
            return operation(*args, **kwargs)
        finally:
            self._leave(me)

    def close(self) -> None:
        """Hold new calls back, and wait until those of other threads have ended; runs before a fork."""
        with self._condition:
            self._is_closed = True
            self._condition.wait_for(lambda: not self._inside.keys() - {get_ident()}, timeout=_PATIENCE)

    def reopen(self) -> None:
        """Let the calls go on; runs in the parent after a fork."""
        with self._condition:
            self._is_closed = False
            self._condition.notify_all()

    def _leave(self, me: int) -> None:
        with self._lock:
            calls = self._inside.pop(me) - 1
            if calls:
                self._inside[me] = calls
            if self._is_closed:
                self._condition.notify_all()
