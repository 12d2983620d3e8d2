"""Shows the queue of an experiment: a summary and a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from rich.text import Text

from trialstore.cli.tables import cell, facts_table, make_table, when

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from trialstore.data import PendingTrials, QueueData, RecentTrials, RunningTrial
    from trialstore.status import Status

__all__ = ["ROWS", "as_json", "as_tables", "heading", "span"]

_COLUMNS = ("runner", "trial", "attempt", "for", "lease", "lost leases")
_CLOCKS = (
    "The server's clock decides what is due and which lease is over; the times here go by this machine's."
)
ROWS = 50
"""Running trials that are shown where nothing else sets a limit."""
_RUNNERS = 10
"""Runners that are named one by one."""
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def heading(queue: QueueData, where: str) -> Text:
    """Return a line that says which queue this is, and as of when."""
    return cell(f"Queue of {queue.experiment_id} in {where}, {when(queue.now)}", "bold")


def as_tables(queue: QueueData, rows: int) -> list[RenderableType]:
    """Return what people see of a queue, at most `rows` of its running trials among it."""
    facts = {
        "pending": _pending(queue.pending, queue.now),
        "assigned": _assigned(queue.pending.assigned),
        "running": _running(queue, rows),
        "others": _counts(queue.others),
        "finished": _total(queue.finished),
        "of late": _recent(queue.recent, queue.now),
    }
    parts: list[RenderableType] = ["", facts_table(facts)]
    if queue.has_server_clock:
        parts.append(cell(_CLOCKS, "dim"))
    shown = queue.running[:rows]
    return [*parts, _Running(queue, shown)] if shown else parts


def as_json(queue: QueueData) -> dict[str, Any]:
    """Return a queue as JSON can hold it; times are ISO 8601 in UTC, and durations seconds."""
    pending, recent = queue.pending, queue.recent
    return {
        "experiment_id": queue.experiment_id,
        "now": queue.now.isoformat(),
        "has_server_clock": queue.has_server_clock,
        "max_attempts": queue.max_attempts,
        "pending": {
            "count": pending.count,
            "seen": pending.seen,
            "due": pending.due,
            "next_due": _iso(pending.next_due),
            "assigned": [
                {"trial_runner_id": runner, "count": count} for runner, count in pending.assigned.items()
            ],
        },
        "running": {
            "count": queue.running_count,
            "trials": [_trial_facts(trial, queue.now) for trial in queue.running],
        },
        "others": _by_name(queue.others),
        "finished": _by_name(queue.finished),
        "recent": {
            "count": recent.count,
            "seconds": recent.seconds,
            "per_minute": recent.per_minute,
            "last_end": _iso(recent.last_end),
        },
    }


def span(duration: timedelta) -> str:
    """Return a duration in its two largest units; a negative one is none.

    Examples
    --------
    >>> span(timedelta(seconds=5)), span(timedelta(minutes=2)), span(timedelta(hours=25, minutes=59))
    ('5s', '2m 00s', '1d 01h')
    """
    seconds = max(0, int(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds}s"
    (large, size), (small, part) = next(pair for pair in pairwise(_UNITS) if seconds >= pair[0][1])
    return f"{seconds // size}{large} {seconds % size // part:02d}{small}"


class _Running:
    """The running trials: a table, or lines that can be folded where that is too narrow for it."""

    def __init__(self, queue: QueueData, trials: Sequence[RunningTrial]) -> None:
        rows = [_row(trial, queue) for trial in trials]
        self._table = make_table("", _COLUMNS, rows)
        self._table.title = None
        self._lines = [Text(", ").join(_words(row)) for row in rows]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        unbounded = options.update_width(1_000)
        if console.measure(self._table, options=unbounded).minimum <= options.max_width:
            yield self._table
        else:
            yield ""
            yield from self._lines


def _row(trial: RunningTrial, queue: QueueData) -> list[Text]:
    runner = "none" if trial.trial_runner_id is None else trial.trial_runner_id
    lost = trial.expirations if queue.max_attempts is None else f"{trial.expirations} of {queue.max_attempts}"
    return [
        cell(runner),
        cell(trial.trial_id),
        cell(trial.attempt),
        cell(span(queue.now - trial.ts_start)),
        _lease(trial, queue),
        cell(lost),
    ]


def _words(row: Sequence[Text]) -> list[Text]:
    """Return the cells of a row with the names of their columns before them."""
    return [Text.assemble(f"{name} ", value) for name, value in zip(_COLUMNS, row, strict=True)]


def _lease(trial: RunningTrial, queue: QueueData) -> Text:
    if trial.lease_expires is None:
        return cell("none")
    if queue.is_over(trial):
        return cell(f"over for {span(queue.now - trial.lease_expires)}", "bold yellow")
    return cell(f"{span(trial.lease_expires - queue.now)} left")


def _pending(pending: PendingTrials, now: datetime) -> str:
    if not pending.count:
        return "none"
    later = pending.seen - pending.due
    first = f"of the first {pending.seen:,}, " if pending.seen < pending.count else ""
    parts = [f"{first}{pending.due:,} due now"]
    if pending.next_due is not None:
        parts.append(
            f"{later:,} later, the next in {span(pending.next_due - now)} ({when(pending.next_due)})"
        )
    return f"{pending.count:,}: {', '.join(parts)}"


def _assigned(assigned: Mapping[int, int]) -> str:
    parts = [f"{count:,} to runner {runner}" for runner, count in assigned.items()]
    rest = [f"others to {len(parts) - _RUNNERS:,} more runners"] if len(parts) > _RUNNERS else []
    return ", ".join(parts[:_RUNNERS] + rest)


def _running(queue: QueueData, rows: int) -> str:
    if not queue.running:
        return "none"
    runners = {trial.trial_runner_id for trial in queue.running}
    over = sum(queue.is_over(trial) for trial in queue.running)
    parts = [f"{queue.running_count:,} by {len(runners):,} runner{'s' * (len(runners) != 1)}"]
    if over:
        parts.append(f"{over:,} with a lease that is over")
    if hidden := queue.running_count - len(queue.running[:rows]):
        parts.append(f"{hidden:,} more than are shown")
    return "; ".join(parts)


def _recent(recent: RecentTrials, now: datetime) -> str:
    last = "" if recent.last_end is None else f"; the last one {span(now - recent.last_end)} ago"
    if not recent.count:
        return f"none in {span(timedelta(seconds=recent.seconds))}{last}"
    rate = f"{recent.per_minute:,.1f} a minute"
    return f"{rate}: {recent.count:,} in {span(timedelta(seconds=recent.seconds))}{last}"


def _total(counts: Mapping[Status, int]) -> str:
    return f"{sum(counts.values()):,}: {_counts(counts)}" if counts else "none"


def _counts(counts: Mapping[Status, int]) -> str:
    return ", ".join(f"{count:,} {status.name}" for status, count in counts.items())


def _by_name(counts: Mapping[Status, int]) -> dict[str, int]:
    return {status.name: count for status, count in counts.items()}


def _trial_facts(trial: RunningTrial, now: datetime) -> dict[str, Any]:
    left = None if trial.lease_expires is None else (trial.lease_expires - now).total_seconds()
    return {
        "trial_id": trial.trial_id,
        "trial_runner_id": trial.trial_runner_id,
        "attempt": trial.attempt,
        "expirations": trial.expirations,
        "ts_start": trial.ts_start.isoformat(),
        "running_for": (now - trial.ts_start).total_seconds(),
        "lease_expires": _iso(trial.lease_expires),
        "lease_left": left,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
