"""The cases: what a process does with its subject, and what of that is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from benchmarks.bench import Bench

SMALL = ("small", 2, 2)
SCATTER = 7_919
"""A prime: its multiples visit all ids of an experiment in a scattered order."""
FEW = 30
BATCH = 100
ROWS = 1_000


def fill(bench: Bench) -> None:
    """Fill experiments, so that others can read them."""
    for experiment, ended, waiting in bench.job["layout"]:
        bench.subject.enter(experiment)
        bench.subject.fill(ended, waiting)


def cycle(bench: Bench) -> None:
    """Add a trial, run it, and complete it with its metrics."""
    subject = bench.subject
    subject.enter("cycle")

    def work(number: int) -> int:
        [trial] = subject.add([number])
        subject.run(trial)
        subject.complete(trial, number)
        return 1

    work(next(bench.numbers))
    bench.ready()
    bench.measure("cycle", work, lambda: next(bench.numbers))


def new_trials(bench: Bench) -> None:
    """Add trials, a hundred at once."""
    bench.subject.enter("new_trials")
    bench.subject.add(bench.batch(2))
    bench.ready()
    bench.measure("new_trials", lambda numbers: len(bench.subject.add(numbers)), lambda: bench.batch(BATCH))


def telemetry(bench: Bench) -> None:
    """Store telemetry of one trial, a thousand rows at once."""
    bench.subject.enter("telemetry")
    trial, _ = bench.add_and_run()
    starts = count(ROWS, ROWS)
    bench.subject.report(trial, 0, 4)
    bench.ready()

    def work(first: int) -> int:
        bench.subject.report(trial, first, ROWS)
        return ROWS

    bench.measure("telemetry", work, lambda: next(starts))


def reads(bench: Bench) -> None:
    """Read an experiment of `n` trials in each of the ways that the subject has."""
    for read in bench.subject.reads:
        _read(bench, read, SMALL[0], SMALL[0], SMALL[1])
    bench.forget()
    bench.ready()
    for read in bench.subject.reads:
        _read(bench, read, "ended", "waiting", bench.job["n"])


def _read(bench: Bench, read: str, ended: str, waiting: str, n: int) -> None:
    bench.subject.enter(waiting if read == "pending" else ended)
    if read == "results_dict":
        ids = _scattered(n)
        bench.measure(read, lambda _: bench.subject.results_dict(next(ids)), most=n)
    else:
        bench.measure(read, lambda _: getattr(bench.subject, read)())


def _scattered(n: int) -> Iterator[int]:
    return (1 + i * SCATTER % n for i in range(n))


def growth(bench: Bench) -> None:
    """Add, complete, poll and claim a trial, where `n` have ended and a tenth as many wait."""
    subject = bench.subject
    subject.enter("ended")
    if subject.claim(0) is None:
        subject.fill(0, bench.job["n"] // 10 + BATCH)
    bench.add_and_run()
    subject.poll()
    bench.ready()
    bench.measure("claim", lambda _: _one(subject.claim(1)), most=FEW)
    bench.measure("add", lambda numbers: len(subject.add(numbers)), lambda: bench.batch(1), most=10 * FEW)
    bench.measure("complete", lambda given: _complete(bench, *given), bench.add_and_run, most=FEW)
    subject.poll()
    bench.measure("poll", lambda _: subject.poll(), lambda: _complete(bench, *bench.add_and_run()), most=FEW)


def _complete(bench: Bench, trial: Any, number: int) -> int:
    bench.subject.complete(trial, number)
    return 1


def _one(trial_id: int | None) -> int | None:
    return None if trial_id is None else 1


def claims(bench: Bench) -> None:
    """Claim trials, one by one, while other processes may do the same."""
    bench.subject.enter("waiting")
    bench.subject.claim(bench.job["seed"])
    ids: list[int] = []

    def work(_: None) -> int | None:
        trial_id = bench.subject.claim(bench.job["seed"])
        if trial_id is None:
            return None
        ids.append(trial_id)
        return 1

    bench.ready()
    bench.measure("claims", work)
    bench.samples[claims.__name__]["ids"] = ids


def opening(bench: Bench) -> None:
    """Open a storage that exists, and close it."""
    kind = type(bench.subject)

    def work(_: None) -> int:
        kind(bench.job["address"]).close()
        return 1

    work(None)
    bench.ready()
    bench.measure("opening", work)


def results_df_memory(bench: Bench) -> None:
    """Read an experiment into a frame, once, to see what memory that takes."""
    _memory(bench, "results_df", bench.subject.results_df)


def iterate_memory(bench: Bench) -> None:
    """Go through the trials of an experiment, once, to see what memory that takes."""
    _memory(bench, "iterate", bench.subject.iterate)


def _memory(bench: Bench, name: str, read: Callable[[], int]) -> None:
    bench.subject.enter(SMALL[0])
    read()
    bench.subject.enter("ended")
    bench.ready()
    bench.measure(f"{name}_memory", lambda _: read(), most=1)


CASES: Mapping[str, Callable[[Bench], None]] = {
    function.__name__: function
    for function in (
        fill, cycle, new_trials, telemetry, reads, growth, claims, opening, results_df_memory, iterate_memory,
    )
}  # fmt: skip
