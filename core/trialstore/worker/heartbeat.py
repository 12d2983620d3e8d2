"""Keeps the lease of one trial, in a thread beside the function that runs it."""

from __future__ import annotations

import time
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

from trialstore.errors import StorageUnavailableError

if TYPE_CHECKING:
    from trialstore.claimed_trial import ClaimedTrial

_BEATS = 3
"""In a lease, so that two of them may fail before it is over."""


class Heartbeat:
    """A context manager that extends a trial's lease until it is left, or the trial is lost.

    Parameters
    ----------
    trial
        A trial that has just been claimed.
    lease
        Seconds that it was claimed for.
    """

    def __init__(self, trial: ClaimedTrial, lease: float) -> None:
        self.lost: str | None = None
        """Why the trial is not ours any more; None as long as it is."""
        self._trial = trial
        self._lease = lease
        self._renewed = time.monotonic()
        self._is_over = Event()
        self._thread = Thread(target=self._keep, name=f"heartbeat of trial {trial!r}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _keep(self) -> None:
        while self.lost is None and not self._is_over.wait(self._pause()):
            self._beat()

    def _pause(self) -> float:
        """Return the seconds until the next beat: fewer if the last one failed and the lease ends soon."""
        left = self._renewed + self._lease - time.monotonic()
        return min(self._lease / _BEATS, max(0.0, left))

    def _beat(self) -> None:
        begun = time.monotonic()
        try:
            self._trial.heartbeat()
        except StorageUnavailableError as error:
            if time.monotonic() >= self._renewed + self._lease:
                self.lost = f"the storage was out of reach for a whole lease: {error}"
        except Exception as error:  # noqa: BLE001 - whatever it was, it would be so at the next beat too
            self.lost = str(error)
        else:
            self._renewed = begun
