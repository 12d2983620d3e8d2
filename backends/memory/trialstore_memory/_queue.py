"""The trials that wait, and those with leases, so that a claim looks at the first of them only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from heapq import heappop, heappush
from typing import TypeAlias

from trialstore.records import TrialRecord
from trialstore.times import Micros

_Entry: TypeAlias = tuple[Micros, int]
"""When a trial is due, or its lease is over, and its id."""


class Queue:
    """Heaps of trials; an entry counts only while the trial is still as it was then, and is passed over later.

    Parameters
    ----------
    trials
        The trials as they stand, by id.
    """

    def __init__(self, trials: Mapping[int, TrialRecord]) -> None:
        self._trials = trials
        self._waiting: defaultdict[int | None, list[_Entry]] = defaultdict(list)
        self._leased: list[_Entry] = []

    def put(self, trial: TrialRecord) -> None:
        """Note how a trial stands now."""
        if trial.status.is_pending():
            heappush(self._waiting[trial.trial_runner_id], (trial.due, trial.trial_id))
        elif trial.status.is_running() and trial.lease_expires is not None:
            heappush(self._leased, (trial.lease_expires, trial.trial_id))

    def waiting(self, trial_runner_id: int | None, at: Micros, limit: int) -> list[TrialRecord]:
        """Return the first trials that are due and assigned to this runner, or to nobody."""

        def is_current(trial: TrialRecord, _due: Micros) -> bool:
            return trial.status.is_pending() and trial.trial_runner_id == trial_runner_id

        return self._first(self._waiting[trial_runner_id], at, limit, is_current)

    def lost(self, at: Micros) -> list[TrialRecord]:
        """Return the running trials whose leases are over."""

        def is_current(trial: TrialRecord, lease_expires: Micros) -> bool:
            return trial.status.is_running() and trial.lease_expires == lease_expires

        return self._first(self._leased, at, len(self._leased), is_current)

    def _first(
        self, heap: list[_Entry], at: Micros, limit: int, is_current: Callable[[TrialRecord, Micros], bool]
    ) -> list[TrialRecord]:
        found: dict[_Entry, TrialRecord] = {}
        while heap and heap[0][0] <= at and len(found) < limit:
            moment, trial_id = entry = heappop(heap)
            if is_current(self._trials[trial_id], moment):
                found[entry] = self._trials[trial_id]
        _put_back(heap, found)
        return list(found.values())


def _put_back(heap: list[_Entry], entries: Collection[_Entry]) -> None:
    for entry in entries:
        heappush(heap, entry)
