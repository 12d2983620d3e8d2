"""The trials that wait, and those with leases, so that a claim looks at the first of them only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from heapq import heappop, heappush

from trialstore.records import TrialRecord
from trialstore.selection import Place, place_of
from trialstore.times import Micros


class Queue:
    """Heaps of places; one counts only while its trial still has it, and is passed over later.

    Parameters
    ----------
    trials
        The trials as they stand, by id.
    """

    def __init__(self, trials: Mapping[int, TrialRecord]) -> None:
        self._trials = trials
        self._heaps: defaultdict[str, list[Place]] = defaultdict(list)

    def move(self, left: Place | None, taken: Place | None) -> None:
        """Note the place that a trial has taken; the one that it has left is forgotten now only if it is the first."""
        if left is not None:
            heap = self._heaps[left[0]]
            if heap and heap[0] == left:
                heappop(heap)
        if taken is not None:
            heappush(self._heaps[taken[0]], taken)

    def first(self, queue: str, until: Micros, limit: int | None) -> Collection[TrialRecord]:
        """Return the first trials of a queue, as far as their moments have come."""
        heap = self._heaps[queue]
        found: dict[Place, TrialRecord] = {}
        while heap and heap[0][1] <= until and len(found) != limit:
            place = heappop(heap)
            trial = self._trials[place[2]]
            if place_of(trial) == place:
                found[place] = trial
        for place in found:
            heappush(heap, place)
        return found.values()
