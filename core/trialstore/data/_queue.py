"""The queue of an experiment, for those who watch it: what waits, what runs, and how much ended of late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from trialstore.backend import Capability
from trialstore.records import Order
from trialstore.status import Status
from trialstore.times import Micros, from_micros, now_micros, to_micros

if TYPE_CHECKING:
    from trialstore.data._reader import Reader
    from trialstore.records import TrialRecord

MOST = 10_000
"""How many trials that wait, and how many that run, are looked at."""
LAST = 1_000
"""How many completions are looked at."""
OF_LATE = timedelta(minutes=5)

_ANY_TIME = to_micros(datetime.max.replace(tzinfo=UTC))
_FINISHED = tuple(status for status in Status if status.is_completed())


@dataclass(frozen=True, kw_only=True)
class PendingTrials:
    """The trials that wait for a runner."""

    count: int
    seen: int
    """How many of them the rest is about: the first 10,000 by id, if there are more."""
    due: int
    """How many may start now."""
    next_due: datetime | None
    """When the next of those that may start later will be due."""
    assigned: Mapping[int, int]
    """How many are assigned, by the id of the trial runner, ascending."""


@dataclass(frozen=True, kw_only=True)
class RunningTrial:
    """A trial that runs."""

    trial_id: int
    trial_runner_id: int | None
    attempt: int
    expirations: int
    ts_start: datetime
    lease_expires: datetime | None
    """When its lease ends, or ended; None without one."""


@dataclass(frozen=True, kw_only=True)
class RecentTrials:
    """What ended of late, canceled trials aside, by the times that the runners gave."""

    count: int
    seconds: float
    """The time in which they ended, up to now: five minutes, or less if 1,000 ended in less."""
    last_end: datetime | None
    """When the last one ended, also if that was not of late."""

    @property
    def per_minute(self) -> float:
        """How many end in a minute."""
        return 60 * self.count / self.seconds


@dataclass(frozen=True, kw_only=True)
class QueueData:
    """The queue of an experiment: what stood there when it was read, in four queries that follow each other."""

    experiment_id: str
    now: datetime
    """When it was read, by the clock of this machine; what is due and whose lease is over goes by it."""
    has_server_clock: bool
    """Whether due times and leases go by the clock of a server, from which `now` may differ."""
    max_attempts: int | None
    """How many leases a trial may lose before it fails; None is without limit."""
    pending: PendingTrials
    running_count: int
    running: Sequence[RunningTrial]
    """At most 10,000: those whose lease is over first, then by trial runner and by id."""
    finished: Mapping[Status, int]
    """How many have ended, by status."""
    others: Mapping[Status, int]
    """How many neither wait nor run, and have not ended: they are ready, or unknown."""
    recent: RecentTrials

    def is_over(self, trial: RunningTrial) -> bool:
        """Tell whether the lease of a trial is over."""
        return trial.lease_expires is not None and trial.lease_expires <= self.now


def queue_of(reader: Reader) -> QueueData:
    """Return the queue of an experiment; of the trials that have ended only the last are read, the others counted."""
    counts = reader.session.count_trials(reader.record.uid)
    pending, running = _find(reader, Status.PENDING), _find(reader, Status.RUNNING)
    done = sum(_of(counts, _FINISHED).values())
    last = reader.find(order=Order.COMPLETION, completed_after=max(0, done - LAST))
    now = now_micros()
    return QueueData(
        experiment_id=reader.record.experiment_id,
        now=from_micros(now),
        has_server_clock=Capability.SERVER_CLOCK in reader.session.backend.capabilities,
        max_attempts=reader.record.max_attempts,
        pending=_pending(pending, _count(pending, counts, Status.PENDING), now),
        running_count=_count(running, counts, Status.RUNNING),
        running=[_running(trial) for trial in sorted(running, key=lambda trial: _urgency(trial, now))],
        finished=_of(counts, _FINISHED),
        others=_of(counts, (Status.UNKNOWN, Status.READY)),
        recent=_recent(last, now, is_all=done <= LAST),
    )


def _find(reader: Reader, status: Status) -> list[TrialRecord]:
    """Return the trials that have a status; their due time, whatever it is, leads to the index of the queue."""
    return reader.find(statuses=frozenset({status}), due_by=_ANY_TIME, limit=MOST)


def _of(counts: Mapping[Status, int], statuses: Iterable[Status]) -> dict[Status, int]:
    """Return how many trials have each of some statuses, without those that no trial has."""
    return {status: counts[status] for status in statuses if counts.get(status)}


def _count(found: Sequence[TrialRecord], counts: Mapping[Status, int], status: Status) -> int:
    """Return how many trials have a status: as many as were found, unless only so many were looked for."""
    return len(found) if len(found) < MOST else max(MOST, counts.get(status, 0))


def _pending(found: Sequence[TrialRecord], count: int, now: Micros) -> PendingTrials:
    later = [trial.due for trial in found if trial.due > now]
    runners = Counter(trial.trial_runner_id for trial in found if trial.trial_runner_id is not None)
    return PendingTrials(
        count=count,
        seen=len(found),
        due=len(found) - len(later),
        next_due=from_micros(min(later)) if later else None,
        assigned=dict(sorted(runners.items())),
    )


def _running(trial: TrialRecord) -> RunningTrial:
    return RunningTrial(
        trial_id=trial.trial_id,
        trial_runner_id=trial.trial_runner_id,
        attempt=trial.attempt,
        expirations=trial.expirations,
        ts_start=from_micros(trial.shown_start),
        lease_expires=None if trial.lease_expires is None else from_micros(trial.lease_expires),
    )


def _urgency(trial: TrialRecord, now: Micros) -> tuple[Micros, bool, int, int]:
    lost = trial.lease_expires is not None and trial.lease_expires <= now
    runner = trial.trial_runner_id
    return (trial.lease_expires or 0) - now if lost else 1, runner is None, runner or 0, trial.trial_id


def _recent(last: Sequence[TrialRecord], now: Micros, *, is_all: bool) -> RecentTrials:
    ends = [trial.ts_end for trial in last if trial.ts_end is not None and not trial.status.is_canceled()]
    since = now - OF_LATE // timedelta(microseconds=1)
    if ends and not is_all:  # there may be more in that time
        since = max(since, min(ends))
    return RecentTrials(
        count=sum(since <= end <= now for end in ends),
        seconds=max(1.0, (now - since) / 1e6),  # a runner's clock may be ahead
        last_end=from_micros(ends[-1]) if ends else None,
    )
