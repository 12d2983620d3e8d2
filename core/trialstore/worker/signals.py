"""The signals that stop a worker."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from signal import Signals
from types import FrameType, TracebackType
from typing import Any, Self

_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")


class StopSignals:
    """A context manager that notes Ctrl-C, SIGTERM and SIGHUP, and raises them only where that does no harm.

    It does nothing in a thread that is not the main one, which alone can handle signals, and leaves alone
    the signals that the process was started to ignore, as `nohup` does.

    Parameters
    ----------
    wake
        Called when a signal comes; it must be safe in a signal handler.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self.received: Signals | None = None
        """The first that came."""
        self.may_raise = False
        """Whether a signal raises at once: KeyboardInterrupt for Ctrl-C, SystemExit for the others."""
        self._wake = wake
        self._previous: dict[int, Any] = {}
        self._process = os.getpid()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in _STOPPING:
                self._handle(getattr(signal, name, None))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def raise_received(self) -> None:
        """Raise for the signal that came, if one did."""
        if self.received is signal.SIGINT:
            raise KeyboardInterrupt
        if self.received is not None:
            raise SystemExit(128 + self.received)

    def _handle(self, number: Signals | None) -> None:
        if number is not None and signal.getsignal(number) not in (None, signal.SIG_IGN):
            self._previous[number] = signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if os.getpid() != self._process:
            self._leave_to_the_child(number)
            return
        self.received = self.received or Signals(number)
        self._wake()
        if self.may_raise:
            self.raise_received()

    def _leave_to_the_child(self, number: int) -> None:
        """Do in a process that the function forked what the signal would do without a worker."""
        signal.signal(number, self._previous[number])
        signal.raise_signal(number)
