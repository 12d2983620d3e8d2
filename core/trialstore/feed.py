"""Which completions a reader has seen, when their numbers may become visible out of order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from threading import Lock
from typing import Any

from trialstore.records import TrialRecord


class CompletionFeed:
    """Lets each completion through once.

    A number that is missing below the highest one seen is a gap: it may belong to a completion that becomes visible
    later, or to nobody. Gaps are asked for again and again, because a number never grows too old to be completed.
    """

    def __init__(self) -> None:
        self._mark = 0
        self._gaps: frozenset[int] = frozenset()
        self._has_begun = False
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"_mark": self._mark, "_gaps": self._gaps, "_has_begun": self._has_begun}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=Lock())

    @property
    def has_begun(self) -> bool:
        """Whether anything was accepted or passed over."""
        return self._has_begun

    def conditions(self) -> dict[str, Any]:
        """Return the conditions of a `TrialQuery` for what has not been seen yet."""
        with self._lock:
            return {"completed_after": self._mark, "completions": self._gaps}

    def accept(self, trials: Iterable[TrialRecord]) -> list[TrialRecord]:
        """Return the trials whose completions are new, and take them for seen."""
        by_number = _by_number(trials)
        with self._lock:
            return [by_number[number] for number in self._see(by_number)]

    def pass_over(self, trials: Iterable[TrialRecord]) -> None:
        """Take the completions for seen, unless the feed has begun: what another thread waits for stays new."""
        by_number = _by_number(trials)
        with self._lock:
            if not self._has_begun:
                self._see(by_number)

    def _see(self, numbers: Collection[int]) -> list[int]:
        """Return the numbers that are new, ascending; the caller holds the lock."""
        new = sorted(number for number in numbers if number > self._mark or number in self._gaps)
        mark = max([self._mark, *new])
        self._gaps = (self._gaps | set(range(self._mark + 1, mark + 1))) - set(new)
        self._mark, self._has_begun = mark, True
        return new


def _by_number(trials: Iterable[TrialRecord]) -> dict[int, TrialRecord]:
    return {trial.completion: trial for trial in trials if trial.completion is not None}
