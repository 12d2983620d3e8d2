"""Which completions a reader has seen, when their numbers may become visible out of order."""

from __future__ import annotations

from collections.abc import Iterable
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
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"_mark": self._mark, "_gaps": self._gaps}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=Lock())

    def conditions(self) -> dict[str, Any]:
        """Return the conditions of a `TrialQuery` for what has not been seen yet."""
        with self._lock:
            return {"completed_after": self._mark, "completions": self._gaps}

    def accept(self, trials: Iterable[TrialRecord]) -> list[TrialRecord]:
        """Return the trials whose completions are new, and take them for seen."""
        by_number = {trial.completion: trial for trial in trials if trial.completion is not None}
        with self._lock:
            new = sorted(number for number in by_number if number > self._mark or number in self._gaps)
            mark = max([self._mark, *new])
            self._gaps = (self._gaps | set(range(self._mark + 1, mark + 1))) - set(new)
            self._mark = mark
        return [by_number[number] for number in new]
