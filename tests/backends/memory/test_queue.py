"""How much a claim looks at, however many trials wait or have ended."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from trialstore.codec import hash_of
from trialstore.records import Claim, ExperimentRecord, Expiry, NewTrial, Order, TrialQuery, TrialRecord
from trialstore.selection import place_of
from trialstore.status import Status
from trialstore_memory import MemoryBackend
from trialstore_memory._queue import Queue

HOUR = 3_600_000_000


class Watched(dict[int, TrialRecord]):
    """Trials that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, trial_id: int) -> TrialRecord:
        self.looks += 1
        return super().__getitem__(trial_id)

    def get(self, trial_id: int, default: Any = None) -> Any:
        self.looks += 1
        return super().get(trial_id, default)

    def values(self) -> Any:
        self.looks += len(self)
        return super().values()


def filled(waiting: int, ended: int) -> tuple[MemoryBackend, Watched]:
    backend = MemoryBackend({})
    backend.open(create=True, read_only=False)
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    backend.add_trials("u", [new(f"e{i}", status=Status.FAILED, ts_end=1) for i in range(ended)], 1)
    backend.add_trials("u", [new(f"w{i}") for i in range(waiting)], 1)
    stored = backend._experiments["u"]
    watched = Watched(stored.trials)
    stored.trials = stored._queue._trials = watched
    return backend, watched


def new(token: str, **fields: Any) -> NewTrial:
    return NewTrial(token=token, config="{}", config_hash=hash_of("{}"), due=0, **fields)


def claim(token: str) -> Claim:
    return Claim(uid="u", token=token, trial_runner_id=1, limit=1, lease=HOUR)


def looks_of_a_life(waiting: int, ended: int) -> int:
    backend, watched = filled(waiting, ended)
    for number in range(5):
        assert len(backend.claim_trials(claim(f"c{number}"))) == 1
    backend.expire_leases(Expiry(uid="u", max_attempts=1, reason="lost"))
    query = TrialQuery(uid="u", completed_after=ended - 1, completions=[1], order=Order.COMPLETION)
    assert len(backend.find_trials(query)) == 2
    return watched.looks


def test_a_claim_and_a_poll_look_at_no_more_trials_where_there_are_many() -> None:
    assert looks_of_a_life(5_000, 5_000) == looks_of_a_life(50, 50)


@pytest.fixture
def trials() -> dict[int, TrialRecord]:
    return {
        i: TrialRecord(trial_id=i, tunable_config_id=1, status=Status.PENDING, due=10 - i)
        for i in range(1, 6)
    }


def test_those_that_are_looked_at_and_not_taken_stay(trials: dict[int, TrialRecord]) -> None:
    queue = Queue(trials)
    for trial in trials.values():
        queue.move(None, place_of(trial))
        queue.move(None, place_of(trial))
    for _ in range(2):
        assert [trial.trial_id for trial in queue.first("", 7, 2)] == [5, 4]
    assert [trial.trial_id for trial in queue.first("", 9, 9)] == [5, 4, 3, 2, 1]


def test_a_place_that_was_left_is_passed_over(trials: dict[int, TrialRecord]) -> None:
    queue = Queue(trials)
    for trial in trials.values():
        queue.move(None, place_of(trial))
    for taken in (4, 5):
        before, trials[taken] = trials[taken], replace(trials[taken], status=Status.CANCELED)
        queue.move(place_of(before), place_of(trials[taken]))
    assert [trial.trial_id for trial in queue.first("", 9, 2)] == [3, 2]
