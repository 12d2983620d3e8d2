"""What the contract says of the public API, as plain dicts; it shares no code with any backend."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from trialstore.errors import AlreadyCompletedError, InvalidInputError, StaleTrialError
from trialstore.status import Status
from trialstore.times import now_micros
from trialstore_conformance.strategies import exact

_ENDS = {Status.SUCCEEDED, Status.CANCELED, Status.FAILED, Status.TIMED_OUT}


@dataclass
class Hold:
    """What a claimed handle stands for."""

    attempt: int
    runner: int
    was_released: bool = False
    """Whether the trial was given back by this very handle, which is good for nothing then."""


@dataclass
class ModelTrial:
    """A trial."""

    params: dict[str, Any]
    metadata: dict[str, Any]
    due: int
    status: Status = Status.PENDING
    runner: int | None = None
    ts_start: int | None = None
    ts_end: int | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    attempt: int = 0
    expirations: int = 0
    lease_ends: int | None = None
    telemetry: dict[tuple[int, int, str], Any] = field(default_factory=dict)
    reports: list[int] = field(default_factory=list)
    """The attempts in which a status was reported with telemetry."""
    history: list[tuple[int, Status]] = field(default_factory=list)
    """The attempt and the status of each change of status."""

    def __post_init__(self) -> None:
        self._wrote()

    def update(self, status: Status, ts: int, metrics: dict[str, Any] | None) -> None:
        """Update through a handle that was read."""
        if status in _ENDS:
            self._end(status, ts, metrics)
        elif self.status in {Status.UNKNOWN, Status.PENDING, Status.READY}:
            self.status = status
            self.ts_start = ts if status is Status.RUNNING else self.ts_start
            self._wrote()

    def update_claimed(self, hold: Hold, status: Status, ts: int, metrics: dict[str, Any] | None) -> None:
        """Update through a handle that was claimed."""
        _must_be_kept(hold)
        if self.attempt == hold.attempt and self.status in _ENDS and status in _ENDS:
            self._end(status, ts, metrics)
            return
        self._must_be(hold)
        if status in _ENDS:
            self._end(status, ts, metrics)

    def release(self, hold: Hold) -> None:
        """Give the trial back."""
        self._must_be(hold)
        self.status, self.runner, self.ts_start, self.lease_ends = Status.PENDING, None, None, None
        hold.was_released = True
        self._wrote()

    def check(self, hold: Hold) -> None:
        """Refuse a handle that was claimed and has lost the trial."""
        self._must_be(hold)

    def note(self, hold: Hold, new: dict[str, Any]) -> None:
        """Add metadata through a handle that was claimed."""
        self._must_be(hold)
        self.add_metadata(new)

    def heartbeat(self, hold: Hold, lease: int) -> None:
        """Extend the lease."""
        self._must_be(hold)
        self.lease_ends = now_micros() + lease

    def report(self, rows: list[tuple[int, str, Any]]) -> None:
        """Add telemetry through a handle that was read."""
        self.reports.append(self.attempt)
        for ts, metric, value in rows:
            self.telemetry.setdefault((self.attempt, ts, metric), value)

    def report_claimed(self, hold: Hold, rows: list[tuple[int, str, Any]]) -> None:
        """Add telemetry through a handle that was claimed."""
        _must_be_kept(hold)
        if (self.attempt, self.runner) != (hold.attempt, hold.runner):
            raise StaleTrialError
        self.report(rows)

    def add_metadata(self, new: dict[str, Any]) -> None:
        """Add metadata, all or nothing."""
        if self.metadata.keys() & new.keys():
            raise InvalidInputError
        self.metadata = {**self.metadata, **new}

    def assign(self, runner: int) -> int | None:
        """Assign to a runner, and return the one that has the trial then."""
        if self.runner is None or self.status is Status.PENDING:
            self.runner = runner
        return self.runner

    def lease_is_over(self, now: int) -> bool:
        """Tell whether the trial has lost its lease."""
        return self.status is Status.RUNNING and self.lease_ends is not None and self.lease_ends <= now

    def claim(self, runner: int, lease: int | None) -> None:
        """Begin the next attempt."""
        self.expirations += self.status is Status.RUNNING
        self.status, self.runner, self.ts_start = Status.RUNNING, runner, now_micros()
        self.lease_ends = None if lease is None else self.ts_start + lease
        self.attempt += 1
        self._wrote()

    def expire(self, max_attempts: int) -> None:
        """Fail, if the lease that is lost now was the last."""
        if self.expirations + 1 >= max_attempts:
            self.expirations += 1
            self.status, self.ts_end, self.lease_ends = Status.FAILED, now_micros(), None
            self._wrote()

    def all_telemetry(self) -> list[tuple[int, int, str, Any]]:
        """Return the telemetry of every attempt."""
        return sorted((*key, exact(value)) for key, value in self.telemetry.items())

    def current_telemetry(self) -> list[tuple[int, str, Any]]:
        """Return the telemetry of the current attempt."""
        return [row[1:] for row in self.all_telemetry() if row[0] == self.attempt]

    def _end(self, status: Status, ts: int, metrics: dict[str, Any] | None) -> None:
        if self.status in _ENDS:
            same = (self.status, self.ts_end, exact(self.metrics)) == (status, ts, exact(metrics or {}))
            if not same:
                raise AlreadyCompletedError
            return
        self.status, self.ts_end, self.lease_ends = status, ts, None
        self.metrics = metrics or {}
        self._wrote()

    def _wrote(self) -> None:
        self.history.append((self.attempt, self.status))

    def _must_be(self, hold: Hold) -> None:
        _must_be_kept(hold)
        if self.attempt != hold.attempt:
            raise StaleTrialError
        if self.status in _ENDS:
            raise AlreadyCompletedError
        if self.status is not Status.RUNNING or self.runner != hold.runner:
            raise StaleTrialError


@dataclass
class ModelExperiment:
    """An experiment."""

    max_attempts: int | None
    trials: dict[int, ModelTrial] = field(default_factory=dict)
    copies: dict[tuple[str, int], int] = field(default_factory=dict)
    """The ids of the trials that were merged, by the uid and the id that they came from."""

    def add(self, trials: list[ModelTrial], first_id: int) -> list[int]:
        """Add trials and return their ids."""
        first = max(self.trials, default=first_id - 1) + 1
        ids = list(range(first, first + len(trials)))
        self.trials.update(zip(ids, trials, strict=True))
        return ids

    def claim(self, runner: int, limit: int, now: int, lease: int | None) -> list[int]:
        """Expire and claim, and return the ids."""
        self._expire(now)
        eligible = [
            (trial.due, trial_id)
            for trial_id, trial in self.trials.items()
            if trial.lease_is_over(now)
            or (trial.status is Status.PENDING and trial.due <= now and trial.runner in {None, runner})
        ]
        claimed = [trial_id for _, trial_id in sorted(eligible)[:limit]]
        for trial_id in claimed:
            self.trials[trial_id].claim(runner, lease)
        return claimed

    def _expire(self, now: int) -> None:
        for trial in self.trials.values():
            if self.max_attempts is not None and trial.lease_is_over(now):
                trial.expire(self.max_attempts)

    def merge(self, source: ModelExperiment, source_id: str, uid: str, source_uid: str) -> list[int]:
        """Copy the completed trials of another experiment, or find the copies, and return their ids."""
        ids = set()
        for trial_id, trial in list(source.trials.items()):
            own = {"experiment_id": source_id, "experiment_uid": source_uid, "trial_id": trial_id}
            origin = trial.metadata.get("merged_from", own)
            key = (origin["experiment_uid"], origin["trial_id"])
            if trial.status in _ENDS and key[0] != uid:
                if key not in self.copies:
                    (self.copies[key],) = self.add([_copy(trial, origin)], 1)
                ids.add(self.copies[key])
        return sorted(ids)

    def pending(self, now: int) -> list[int]:
        """Return the ids of the pending trials that are due."""
        return [i for i, trial in self.trials.items() if trial.status is Status.PENDING and trial.due <= now]

    def assigned(self, now: int) -> list[int]:
        """Return the ids of the trials that are due, have a runner and have not ended."""
        unended = {Status.PENDING, Status.READY, Status.RUNNING}
        return [
            i
            for i, trial in self.trials.items()
            if trial.status in unended and trial.due <= now and trial.runner is not None
        ]

    def loaded(self) -> list[int]:
        """Return the ids of the trials that an optimizer learns from."""
        learnt = {Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT}
        return [i for i, trial in self.trials.items() if trial.status in learnt]


def _must_be_kept(hold: Hold) -> None:
    if hold.was_released:
        raise StaleTrialError


def _copy(trial: ModelTrial, origin: dict[str, Any]) -> ModelTrial:
    return replace(
        trial,
        metadata={**trial.metadata, "merged_from": origin},
        attempt=0,
        expirations=0,
        telemetry={},
        reports=[],
        history=[],
    )
