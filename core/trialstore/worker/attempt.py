"""One claimed trial in the hands of a worker, until it is stored, given back or lost."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from trialstore.errors import (
    AlreadyCompletedError,
    InvalidInputError,
    NotFoundError,
    StaleTrialError,
    StorageUnavailableError,
)
from trialstore.status import Status
from trialstore.worker.heartbeat import Heartbeat
from trialstore.worker.outcomes import Completion, Outcome, described

if TYPE_CHECKING:
    from trialstore.claimed_trial import ClaimedTrial
    from trialstore.worker.signals import StopSignals

Function: TypeAlias = "Callable[[ClaimedTrial], Mapping[str, Any] | Completion]"
"""Runs a trial, and returns its metrics or says otherwise how it ended."""

_LOG = logging.getLogger(__name__)
_LOST = (StaleTrialError, AlreadyCompletedError, NotFoundError, StorageUnavailableError)


class Attempt:
    """Runs one trial and sees to it that it does not stay behind as running.

    Parameters
    ----------
    trial
        The trial, just claimed.
    lease
        Seconds that it was claimed for.
    signals
        What may stop it.
    interrupt
        Whether a signal raises into the function.
    stopped
        The reason to be stored if a stop ends it.
    """

    def __init__(
        self, trial: ClaimedTrial, lease: float, signals: StopSignals, *, interrupt: bool, stopped: str
    ) -> None:
        self.trial = trial
        self.outcome = Outcome.LOST
        self.reason: str | None = None
        self._signals = signals
        self._interrupt = interrupt
        self._stopped = stopped
        self._heartbeat = Heartbeat(trial, lease)

    @property
    def is_lost(self) -> bool:
        """Whether the heartbeat found out that the trial is not ours any more."""
        return self._heartbeat.lost is not None

    def run(self, function: Function) -> None:
        """Run the trial and store how it ended, which `outcome` and `reason` tell then.

        What a stop raises ends here. Any other exception that is no `Exception` passes, after the trial is given back.
        """
        try:
            self._store(self._completion(function))
        except BaseException as error:
            if self._signals.received is None:
                self._release(f"{self._stopped} by {described(error)}")
                raise
            self.release()

    def release(self) -> None:
        """Give the trial back because the worker stops."""
        self._release(self._stopped)

    def _completion(self, function: Function) -> Completion:
        with self._heartbeat:
            try:
                returned = self._call(function)
            except Exception as error:
                if self._signals.received is not None:
                    raise  # it may fail for no other reason than the signal
                if not self.is_lost:
                    _LOG.warning("trial %r failed", self.trial, exc_info=True)
                return Completion(Status.FAILED, reason=described(error))
        return returned if isinstance(returned, Completion) else Completion(Status.SUCCEEDED, returned)

    def _call(self, function: Function) -> Mapping[str, Any] | Completion:
        """Call the function, the only place where a signal may raise."""
        try:
            self._signals.may_raise = self._interrupt
            self._signals.raise_received()  # it may have come before it could raise
            return function(self.trial)
        finally:
            self._signals.may_raise = False

    def _store(self, completion: Completion) -> None:
        if not self.trial.status.is_running():
            self._end(Outcome.of(self.trial.status))  # the function has seen to it itself
        elif self._heartbeat.lost is not None:
            self._lose(self._heartbeat.lost)
        else:
            self._update(completion)

    def _update(self, completion: Completion) -> None:
        try:
            self._complete(completion)
        except _LOST as error:
            self._lose(str(error))

    def _complete(self, wanted: Completion) -> None:
        try:
            self._set(wanted)
        except _LOST:
            raise
        except Exception as error:  # noqa: BLE001 - a mapping of the function's own may raise anything
            reason = str(error) if isinstance(error, InvalidInputError) else described(error)
            self._set(Completion(Status.FAILED, reason=reason))

    def _set(self, completion: Completion) -> None:
        status, reason = completion.status, completion.reason
        self.trial.update(status, datetime.now(UTC), completion.metrics, reason=reason)
        self._end(Outcome.of(status), reason)

    def _release(self, reason: str) -> None:
        if not self.trial.status.is_running():
            self._end(Outcome.of(self.trial.status))
            return
        try:
            self.trial.release(reason)
            self._end(Outcome.RELEASED, reason)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hide why the trial is given back
            self._lose(str(error))

    def _lose(self, reason: str) -> None:
        _LOG.warning("trial %r was lost, and what it gave is dropped: %s", self.trial, reason)
        self._end(Outcome.LOST, reason)

    def _end(self, outcome: Outcome, reason: str | None = None) -> None:
        self.outcome, self.reason = outcome, reason
