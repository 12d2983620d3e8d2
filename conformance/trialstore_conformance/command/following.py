"""Follows a run to its end, its crash, or Ctrl-C, and collects what it shows."""

from __future__ import annotations

from contextlib import closing

from trialstore.errors import InvalidInputError, TrialstoreError
from trialstore_conformance.command.outcomes import Begun, Chosen, Ended, Event, Failure, Outcome, State
from trialstore_conformance.command.progress import ProgressDisplay
from trialstore_conformance.command.report import Report
from trialstore_conformance.command.running import events_of, log_of
from trialstore_conformance.command.watching import Order

__all__ = ["INTERRUPTED", "followed"]

INTERRUPTED = "the run was interrupted"
_MOST_LINES = 30


def followed(order: Order) -> Report:
    """Run what was ordered, show its progress, and return what it has shown, also if Ctrl-C ends it early.

    Raises
    ------
    InvalidInputError
        If no test was chosen.
    TrialstoreError
        If no test could be run.
    """
    follower = _Follower(order)
    unfinished = ""
    with follower.display, closing(events_of(order)) as events:
        try:
            for event in events:
                unfinished = follower.take(event)
        except KeyboardInterrupt:
            unfinished = INTERRUPTED
    return Report(order, follower.outcomes, unfinished)


class _Follower:
    def __init__(self, order: Order) -> None:
        self.outcomes: list[Outcome] = []
        self.display = ProgressDisplay()
        self._order = order
        self._count: int | None = None
        self._running: Begun | None = None

    def take(self, event: Event) -> str:
        """Take in what happened; return why the run is over too early, if it is."""
        match event:
            case Chosen():
                self._begin_run(event)
            case Begun():
                self._running = event
                self.display.begin(event)
            case Outcome():
                self._running = None
                self._add(event)
            case Ended():
                return self._end(event.code)
        return ""

    def _begin_run(self, chosen: Chosen) -> None:
        if not chosen.count:
            meant = f"; did you mean {' or '.join(chosen.close)}?" if chosen.close else ""
            raise InvalidInputError(
                f"no test of the suite has {self._order.only!r} in its name, or checks a sentence of that number{meant}"
            )
        self._count = chosen.count
        self.display.begin_run(chosen.count)

    def _add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.display.end(outcome)

    def _end(self, code: int) -> str:
        if len(self.outcomes) == self._count:
            return ""
        running, last_words = self._running, _last_words(self._order)
        if running is None:
            raise TrialstoreError(f"the tests could not be run: {last_words}")
        why = f"the process that ran the tests ended during {running.name}, with exit code {code}"
        failure = Failure(what=why, output=last_words)
        self._add(Outcome(running.name, running.concern, running.sentences, State.FAILED, failure=failure))
        return why


def _last_words(order: Order) -> str:
    """Return what the process wrote last; of a crash the beginning, where its place is."""
    log = log_of(order)
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    crashes = [number for number, line in enumerate(lines) if line.startswith("Fatal Python error")]
    telling = lines[crashes[-1] :][:_MOST_LINES] if crashes else lines[-_MOST_LINES:]
    return "\n".join(telling)
