"""A function as a runner of trials."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import islice
from queue import Empty, SimpleQueue
from signal import SIGINT
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from trialstore.errors import UsageError
from trialstore.times import to_duration
from trialstore.values import plain_int
from trialstore.worker.attempt import Attempt, Function
from trialstore.worker.outcomes import Outcome, WorkerResult
from trialstore.worker.signals import StopSignals

if TYPE_CHECKING:
    from trialstore.claimed_trial import ClaimedTrial
    from trialstore.experiment import Experiment

OnEnd: TypeAlias = "Callable[[ClaimedTrial, Outcome, str | None], None]"
"""Told of each trial when it is over: what became of it, and why."""

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks at an empty queue."""


class Worker:
    """Runs the trials of an experiment: claims one at a time, calls a function, stores what became of it.

    Made by `Experiment.worker`. A heartbeat in a thread of its own keeps the lease of the trial at hand. However the
    worker ends, but by `kill -9`, no trial stays behind as running, as long as the storage can be reached.

    Parameters
    ----------
    experiment
        The experiment.
    trial_runner_id
        The id of the runner.
    lease
        A timedelta or seconds after which others may take over a trial if this process dies or sleeps. Heartbeats
        come three times as often.
    """

    def __init__(
        self, experiment: Experiment, trial_runner_id: int, *, lease: timedelta | float = 60.0
    ) -> None:
        self.trial_runner_id = plain_int(trial_runner_id, "trial_runner_id")
        self._experiment = experiment
        self._lease = to_duration(lease) / 1_000_000
        self._is_running = Lock()
        self._is_told_to_stop = False
        self._awakened: SimpleQueue[None] = SimpleQueue()
        self._signals = StopSignals(self._wake)
        self._attempt: Attempt | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the trial at hand is not this worker's any more: the function may give up, what it returns is dropped.

        Another runner took it over, somebody canceled, completed or deleted it, or the storage was out of reach for
        as long as the lease.
        """
        attempt = self._attempt
        return attempt is not None and attempt.is_lost

    @property
    def is_stopping(self) -> bool:
        """Whether a signal or `stop` ends the run after the trial at hand."""
        return self._is_told_to_stop or self._signals.received is not None

    def stop(self) -> None:
        """Claim no more trials; called from another thread, or by the function. The trial at hand is finished first.

        A worker that was stopped stays so.
        """
        self._is_told_to_stop = True
        self._wake()

    def run(
        self,
        function: Function,
        *,
        limit: int | None = None,
        wait: bool = False,
        interrupt: bool = True,
        on_end: OnEnd | None = None,
    ) -> WorkerResult:
        """Run trials until none can be claimed.

        In the main thread, SIGTERM, SIGHUP and Ctrl-C are handled meanwhile: the trial at hand is given back, and no
        other is claimed. A signal that comes while something is stored takes effect right after that.

        Parameters
        ----------
        function
            Takes a `ClaimedTrial` and returns its metrics, or a `Completion`. An exception fails the trial, with its
            type and message as the reason, and so do metrics that cannot be stored; the run goes on. A function may
            also complete or release the trial itself.
        limit
            How many trials to run at most.
        wait
            Whether to wait for more trials when none can be claimed, until the worker is stopped: new ones, those
            that are due later, and those that other runners lose.
        interrupt
            Whether a signal raises into the function: KeyboardInterrupt, or SystemExit. Without it, the function
            looks at `is_stopping` now and then; if it returns, that is stored, and if it raises, the trial is given
            back.
        on_end
            Called after each trial with the trial, its `Outcome` and the reason.

        Returns
        -------
        WorkerResult
            How many trials succeeded, failed, were lost and so on, and whether the worker was stopped.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C.
        UsageError
            If the worker runs already.
        TrialstoreError
            If the storage cannot say what to run next: it is out of reach, or the experiment is gone.
        """
        most = None if limit is None else plain_int(limit, "limit", minimum=1)
        outcomes: Counter[Outcome] = Counter()

        def tell(attempt: Attempt) -> None:
            outcomes[attempt.outcome] += 1
            if on_end is not None:
                on_end(attempt.trial, attempt.outcome, attempt.reason)

        with self._alone(), StopSignals(self._wake) as self._signals:
            for trial in islice(self._claimed(wait=wait), most):
                self._run(trial, function, interrupt=interrupt, tell=tell)
        if self._signals.received is SIGINT:
            raise KeyboardInterrupt
        return self._result(outcomes)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._is_running.acquire(blocking=False):
            raise UsageError(
                f"worker {self.trial_runner_id} runs already: make another one for another thread"
            )
        try:
            yield
        finally:
            self._is_running.release()

    def _claimed(self, *, wait: bool) -> Iterator[ClaimedTrial]:
        """Claim trial after trial, and wait for them if that is wanted."""
        pause = _SHORTEST_PAUSE
        while not self.is_stopping:
            if claimed := self._experiment.claim_trials(self.trial_runner_id, lease=self._lease):
                yield from claimed
                pause = _SHORTEST_PAUSE
            elif wait:
                self._sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                return

    def _sleep(self, seconds: float) -> None:
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - so that workers spread out, not for secrets
        with suppress(Empty):
            self._awakened.get(timeout=seconds * jitter)

    def _wake(self) -> None:
        self._awakened.put(None)  # of all that could wake a thread, this alone is safe in a signal handler

    def _run(
        self, trial: ClaimedTrial, function: Function, *, interrupt: bool, tell: Callable[[Attempt], None]
    ) -> None:
        attempt = self._attempt = Attempt(
            trial,
            self._lease,
            self._signals,
            interrupt=interrupt,
            stopped=f"worker {self.trial_runner_id} was stopped",
        )
        try:
            attempt.release() if self.is_stopping else attempt.run(function)
        finally:
            self._attempt = None
            tell(attempt)

    def _result(self, outcomes: Counter[Outcome]) -> WorkerResult:
        numbers: dict[str, Any] = {outcome.value: number for outcome, number in outcomes.items()}
        return WorkerResult(**numbers, stopped=self.is_stopping, signal=self._signals.received)
