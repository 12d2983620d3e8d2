"""A trial for the runner that claimed it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from trialstore import rules
from trialstore.errors import StaleTrialError
from trialstore.session import new_token
from trialstore.status import Status
from trialstore.times import Micros, to_duration
from trialstore.trial import Trial
from trialstore.values import Scalar, plain_int, plain_text

if TYPE_CHECKING:
    from trialstore.context import ExperimentContext
    from trialstore.records import ChangeOutcome, TelemetryBatch, TelemetryRow, TrialChange, TrialRecord

_LOG = logging.getLogger(__name__)


class ClaimedTrial(Trial):
    """A trial that was claimed: this handle alone may finish its attempt.

    Made by `Experiment.claim_trials`. It can write only while the trial runs in this very attempt. After another runner
    took the trial over, or after its own `release`, every write is a `StaleTrialError`; after somebody canceled or
    completed the trial, an `AlreadyCompletedError`. An expired lease that nobody took over still counts.
    """

    __slots__ = ("_lease", "_renewed", "_runner")

    def __init__(
        self,
        context: ExperimentContext,
        record: TrialRecord,
        values: Mapping[str, Scalar],
        lease: Micros | None,
    ) -> None:
        super().__init__(context, record, values)
        self._runner = record.trial_runner_id
        self._lease = lease
        self._renewed = time.monotonic()

    def heartbeat(self, lease: timedelta | float | None = None) -> None:
        """Extend the lease: it ends `lease`, a timedelta or seconds, from now on; by default, as long as it was claimed for.

        A failure in passing is not repeated for longer than the lease that it is to extend.

        Raises
        ------
        StaleTrialError
            If another runner has taken the trial over, or it was given back.
        AlreadyCompletedError
            If it has been completed or canceled.
        """
        duration = self._lease if lease is None else to_duration(lease)
        begun = time.monotonic()
        change = self._change(None, rules.RUNNING, lease=UNSET if duration is None else duration)
        self._must_have(self._apply(change, retry_for=self._patience(begun)))
        self._lease, self._renewed = duration, begun

    def release(self, reason: str = "released") -> None:
        """Give the trial back unfinished, for anybody to claim; it does not count as a lost lease.

        Raises
        ------
        StaleTrialError
            If another runner has taken the trial over, or it was given back before.
        AlreadyCompletedError
            If it has been completed or canceled.
        """
        fresh: dict[str, Any] = {"ts_start": None, "trial_runner_id": None, "lease": None}
        reason = plain_text(reason, "reason")
        self._must_have(
            self._apply(
                self._change(new_token(), rules.RUNNING, status=Status.PENDING, reason=reason, **fresh)
            )
        )
        self._tell_status()

    def set_trial_runner(self, trial_runner_id: int) -> int | None:
        """Return the runner that claimed the trial, which cannot be changed; see `Trial.set_trial_runner`."""
        wanted = plain_int(trial_runner_id, "trial_runner_id")
        self._check_unreleased()
        self._check_open(self._stored())
        if wanted != self._runner:
            _LOG.warning("trial %r stays with runner %s instead of %s", self, self._runner, wanted)
        return self._runner

    def _update(self, change: TrialChange) -> None:
        """Complete the trial; a status that is no completion says what is so already."""
        if not rules.is_completion(change):
            self._check_open(self._stored())
            return
        outcome = self._apply(change)
        if outcome.applied:
            self._tell_status()
        elif not rules.is_repetition(change, outcome.record):
            self._check_open(outcome.record)

    def _check_open(self, stored: TrialRecord) -> None:
        rules.check_fence(self.attempt, stored)
        rules.check_running(repr(self), stored, self._runner)

    def _check_unreleased(self) -> None:
        """Raise after an own release: the same runner may have the trial again, but by another handle."""
        if self.status.is_pending():
            raise StaleTrialError.of_runner(self.trial_id)

    def _must_have(self, outcome: ChangeOutcome) -> None:
        if not outcome.applied:
            self._check_open(outcome.record)

    def _change(
        self, token: str | None, from_statuses: frozenset[Status], ts: int | None = None, **settings: Any
    ) -> TrialChange:
        """Return a change that holds only while the trial runs in this attempt, for this runner."""
        self._check_unreleased()
        runner = {"expected_trial_runner_id": self._runner}
        return super()._change(token, from_statuses & rules.RUNNING, ts, **settings, **runner)

    def _telemetry(self, rows: tuple[TelemetryRow, ...], **report: Any) -> TelemetryBatch:
        self._check_unreleased()
        return super()._telemetry(rows, expected_trial_runner_id=self._runner, **report)

    def _patience(self, now: float) -> float:
        whole = self._context.session.retry_for
        return whole if self._lease is None else max(0.0, min(whole, self._renewed + self._lease / 1e6 - now))
