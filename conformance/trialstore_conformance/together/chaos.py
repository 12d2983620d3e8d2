"""Runners that die, sleep past their leases and have wrong clocks, and what stands there in the end."""

from __future__ import annotations

import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Any

import pytest

from trialstore.status import Status
from trialstore_conformance import history
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.chaos import EXPERIMENT, LEASE, MAX_ATTEMPTS
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.lab import ALL_PARTS, Lab
from trialstore_conformance.processes import PATIENCE_SECONDS, Worker
from trialstore_conformance.profiles import chance_of, chosen_profile
from trialstore_conformance.together.multiprocess import shared_or_refused

SKEW = 300.0
"""Seconds by which the clocks of runners may be wrong, in both directions."""
WAITING = 12
"""As many trials wait at any time, until the time is over."""


class Chaos:
    """Runners and a reader at work, and what they acknowledged.

    Attributes
    ----------
    did
        What became of the trials, as (trial id, attempt), in what runners acknowledged.
    seen
        The ids that each reader saw, in their order; the last reader is the last.
    codes
        The exit codes of those that have ended.
    """

    def __init__(self, door: Door, runners: int) -> None:
        self.did: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self.seen: list[list[int]] = []
        self.codes: list[int | None] = []
        self._door = door
        self._chance = chance_of("chaos")
        self._runners = [self._new_runner(number) for number in range(runners)]
        self._alarms: dict[int, Timer] = {}
        self._reader = self._new_reader()
        for worker in (*self._runners, self._reader):
            _begin(worker)

    def strike(self) -> None:
        """Kill or pause a runner, or restart the reader, or do nothing."""
        number = self._chance.randrange(len(self._runners))
        act = self._chance.choice(["kill", "pause", "pause", "read anew", "nothing"])
        if act == "kill":
            self._restart(number)
        elif act == "pause" and not self._is_paused(number):
            self._pause(number, LEASE * self._chance.uniform(0.5, 2.5))
        elif act == "read anew":
            self._end(self._reader)
            self._reader = self._new_reader()
            _begin(self._reader)

    def wait_until_all_are_awake(self) -> None:
        """Wait for the end of every pause."""
        for alarm in self._alarms.values():
            alarm.join()

    def listen(self) -> None:
        """Note what has been acknowledged by now, by those that live on."""
        for worker in self._runners:
            self._note(worker.reports_so_far())
        for ids in self._reader.reports_so_far():
            self.seen[-1] += ids

    def end(self) -> None:
        """Kill all, and note what they had acknowledged."""
        self.wait_until_all_are_awake()
        for worker in self._runners:
            self._end(worker)
        self._end(self._reader)

    def _is_paused(self, number: int) -> bool:
        return number in self._alarms and self._alarms[number].is_alive()

    def _pause(self, number: int, seconds: float) -> None:
        runner = self._runners[number]
        runner.pause()
        # Not by whoever strikes: that one may be waiting for a lock that the paused one holds.
        self._alarms[number] = Timer(seconds, runner.resume)
        self._alarms[number].start()

    def _restart(self, number: int) -> None:
        if number in self._alarms:
            self._alarms[number].cancel()
        self._end(self._runners[number])
        self._runners[number] = self._new_runner(number)
        _begin(self._runners[number])

    def _end(self, worker: Worker) -> None:
        worker.kill()
        if worker is self._reader:
            for ids in worker.reports():
                self.seen[-1] += ids
        else:
            self._note(worker.reports())
        self.codes.append(worker.end())

    def _note(self, outcomes: Iterator[dict[str, Any]]) -> None:
        for outcome in outcomes:
            self.did[outcome["did"]].append((outcome["trial_id"], outcome["attempt"]))

    def _new_runner(self, number: int) -> Worker:
        return Worker(self._door, "run_in_chaos", number=number, skew=self._chance.uniform(-SKEW, SKEW))

    def _new_reader(self) -> Worker:
        self.seen.append([])
        return Worker(self._door, "read_in_chaos", number=-1)


class ChaosConformance(ConformanceBase):
    """What the queue promises, when everything goes wrong that can."""

    @sentence("C-610", "C-904", "C-908", "C-910", "C-911")
    @pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot pause a process")
    @pytest.mark.timeout(600)
    @shared_or_refused
    def test_in_chaos_every_trial_is_completed_once_and_every_completion_is_seen(self, door: Door) -> None:
        with door.storage().experiment(experiment_id=EXPERIMENT, max_attempts=MAX_ATTEMPTS):
            lab = Lab(door.patient_backend(), EXPERIMENT)
        with _chaos(door) as chaos:
            _keep_busy(chaos, lab)
            _let_finish(chaos, lab)
        assert set(chaos.codes) == {-signal.SIGKILL}, "one ended by an error, which is in the captured stderr"
        history.check_all(lab)
        _check_completions(lab, chaos)
        _check_readers(lab, chaos)


@contextmanager
def _chaos(door: Door) -> Iterator[Chaos]:
    chaos = Chaos(door, chosen_profile().chaos_runners)
    try:
        yield chaos
    finally:
        chaos.end()


def _begin(worker: Worker) -> None:
    worker.wait_until_ready()
    worker.go()


def _keep_busy(chaos: Chaos, lab: Lab) -> None:
    until = time.monotonic() + chosen_profile().chaos_seconds
    while time.monotonic() < until:
        waiting = lab.backend.count_trials(lab.uid).get(Status.PENDING, 0)
        lab.add_many(max(0, WAITING - waiting))
        chaos.strike()
        chaos.listen()
        time.sleep(0.05)  # between the strikes, or nothing would be done


def _let_finish(chaos: Chaos, lab: Lab) -> None:
    """Strike no more, until all trials have ended and the last reader has seen it."""
    chaos.wait_until_all_are_awake()
    until = time.monotonic() + PATIENCE_SECONDS
    while (left := _left(chaos, lab)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left, f"{left} trials did not end, or were not seen to"


def _left(chaos: Chaos, lab: Lab) -> int:
    chaos.listen()
    counts = lab.backend.count_trials(lab.uid)
    ended = sum(number for status, number in counts.items() if status.is_completed())
    return sum(counts.values()) - min(ended, len(set(chaos.seen[-1])))


def _check_completions(lab: Lab, chaos: Chaos) -> None:
    trials = {trial.trial_id: trial for trial in lab.find(parts=ALL_PARTS)}
    doubled = [i for i, number in Counter(i for i, _ in chaos.did["completed"]).items() if number > 1]
    assert not doubled, f"trials {doubled} were completed twice"
    for trial_id, attempt in chaos.did["completed"]:
        assert trials[trial_id].attempt == attempt, f"the acknowledged completion of {trial_id} was lost"
    for trial_id, attempt in chaos.did["refused"]:
        trial = trials[trial_id]
        is_used_up = trial.expirations == MAX_ATTEMPTS
        assert trial.attempt > attempt or is_used_up, f"trial {trial_id} refused its own attempt {attempt}"
    assert chaos.did["completed"], "nothing was completed"
    assert all(trial.expirations <= MAX_ATTEMPTS for trial in trials.values())


def _check_readers(lab: Lab, chaos: Chaos) -> None:
    for seen in chaos.seen:
        assert len(set(seen)) == len(seen), "a reader saw a completion twice"
    assert sorted(chaos.seen[-1]) == lab.ids(), "a reader missed a completion"
