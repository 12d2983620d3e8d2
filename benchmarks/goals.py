"""What trialstore is to reach, and whether it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.plan import MAIN, MANY, OTHERS, QUEUED, SQL
from benchmarks.results import Measurement, Results

FLAT = 1.5
"""A cost counts as flat if it grows by less than half while the number of trials grows a hundredfold."""
GROWING = ("add", "complete", "claim", "poll")
MONGO = ("mongodb", "mongodb replica set")


@dataclass(frozen=True)
class Goal:
    """One number to reach.

    Parameters
    ----------
    work
        What is done.
    engine
        Where.
    wanted
        The number, in words.
    measured
        What was measured, in the same words; empty if it was not.
    bare
        The same of the bare driver; empty if there is none, or if it is what the goal compares with.
    is_reached
        Whether that is enough.
    source
        The measurement of trialstore, to be profiled if it is not.
    """

    work: str
    engine: str
    wanted: str
    measured: str
    is_reached: bool
    source: Measurement | None
    bare: str = ""


def goals(results: Results) -> list[Goal]:
    """Return all goals, in the order in which they are shown."""
    return [*_writes(results), *_reads(results), *_queue(results), *_growth(results), *_start(results)]


def _writes(results: Results) -> Iterator[Goal]:
    for engine, faster, driver, share in (("sqlite", 7, "bare", 0.6), ("postgresql", 3, "replay", 0.9)):
        yield _versus(results, "trial cycle", "cycle", engine, "mlos_bench", faster)
        yield _versus(results, "trial cycle", "cycle", engine, driver, share)
    for engine in MONGO:
        yield _versus(results, "trial cycle", "cycle", engine, "bare", 0.7)
    for engine in SQL:
        yield _versus(results, "telemetry", "telemetry", engine, "mlos_bench", 100)
        yield _versus(results, "telemetry", "telemetry", engine, "bare", 0.5)
    for engine in MONGO:
        yield _versus(results, "telemetry", "telemetry", engine, "bare", 0.7)


def _reads(results: Results) -> Iterator[Goal]:
    for read in ("load", "pending"):
        for engine in SQL:
            yield _versus(results, f"{read} of 3,000 trials", read, engine, "mlos_bench", 40, n=3_000)
        for engine in MAIN:
            yield _few_calls(results, read, engine)
    for engine in SQL:
        yield _versus(results, "results_df of 3,000", "results_df", engine, "mlos_bench", 8, n=3_000)
    for engine in MAIN:
        yield _versus(results, "results_df of 100,000", "results_df", engine, "bare", 0.4, n=MANY)
        yield _cost_of_a_row(results, engine)
        yield _memory_of_a_row(results, engine)
    for engine in SQL:
        yield _versus(results, "all results_dict of 1,000", "results_dict", engine, "mlos_bench", 40, n=1_000)
    for read in ("load", "pending", "results_df", "results_dict"):
        for engine in (*MAIN, *OTHERS):
            yield _flat(results, read, engine, "linear")


def _queue(results: Results) -> Iterator[Goal]:
    for engine, processes in (("sqlite", 4), ("postgresql", 8), ("mongodb", 8)):
        work = f"claims by {processes} processes"
        ours, bare = (
            results.find("claims", engine, subject, n=QUEUED, processes=processes)
            for subject in ("trialstore", "bare")
        )
        if engine == "mongodb":
            yield _versus(results, work, "claims", engine, "bare", 0.7, n=QUEUED, processes=processes)
        else:
            reached = ours is not None and 1 / ours.seconds >= 1_500
            yield _goal(work, engine, "≥ 1,500/s", _rate(ours), ours, _rate(bare), reached=reached)
        twice = 0 if ours is None else ours.taken_twice
        yield _goal(work, engine, "none taken twice", str(twice), ours, reached=twice == 0)


def _growth(results: Results) -> Iterator[Goal]:
    for measure in GROWING:
        for engine in (*MAIN, *OTHERS):
            yield _flat(results, measure, engine, "flat")


def _start(results: Results) -> Iterator[Goal]:
    ours = results.find("import", "none")
    seconds = 0.0 if ours is None else ours.seconds
    yield _goal("import trialstore", "", "≤ 0.15 s", f"{seconds:.3f} s", ours, reached=seconds <= 0.15)


def _versus(  # noqa: PLR0917 - a row of the table, read from left to right
    results: Results,
    work: str,
    measure: str,
    engine: str,
    other: str,
    factor: float,
    *,
    n: int = 0,
    processes: int = 1,
) -> Goal:
    """Return the goal to be so many times as fast as another subject."""
    ours = results.find(measure, engine, n=n, processes=processes)
    theirs = results.find(measure, engine, other, n=n, processes=processes)
    bare = results.find(measure, engine, "bare", n=n, processes=processes) if other != "bare" else None
    wanted = f"≥ {factor:g} × {other}"
    if ours is None or theirs is None:
        return Goal(work, engine, wanted, "", is_reached=False, source=ours)
    reached = theirs.seconds / ours.seconds
    limit = f"{_short(theirs.seconds / bare.seconds)} ×" if bare else ""
    return _goal(work, engine, wanted, f"{_short(reached)} ×", ours, limit, reached=reached >= factor)


def _few_calls(results: Results, read: str, engine: str) -> Goal:
    ours = results.find(read, engine, n=3_000)
    calls = 0.0 if ours is None else ours.calls * 3_000
    return _goal(
        f"{read} of 3,000 trials", engine, "≤ 3 statements", f"{calls:.0f}", ours, reached=calls <= 3
    )


def _cost_of_a_row(results: Results, engine: str) -> Goal:
    ours, bare = (results.find("results_df", engine, subject, n=MANY) for subject in ("trialstore", "bare"))
    micros = 0.0 if ours is None else 1e6 * ours.seconds
    limit = f"{1e6 * bare.seconds:.1f} µs" if bare else ""
    work, wanted = "results_df of 100,000", "≤ 14 µs a trial"
    return _goal(work, engine, wanted, f"{micros:.1f} µs", ours, limit, reached=micros <= 14)


def _memory_of_a_row(results: Results, engine: str) -> Goal:
    ours = results.find("results_df_memory", engine, n=MANY)
    size = 0.0 if ours is None else ours.peak_bytes / MANY / 1024
    wanted = "≤ 2 KB a trial at peak"
    return _goal("results_df of 100,000", engine, wanted, f"{size:.2f} KB", ours, reached=size <= 2)


def _flat(results: Results, measure: str, engine: str, word: str) -> Goal:
    """Return the goal that a unit costs the same at a hundred times as many trials."""
    work, wanted = f"{measure}, 1,000 to 100,000 trials", f"{word}: ≤ {FLAT} × the cost"
    many, growth = results.find(measure, engine, n=MANY), _growth_of(results, measure, engine, "trialstore")
    if growth is None:
        return Goal(work, engine, wanted, "", is_reached=False, source=many)
    bare = _growth_of(results, measure, engine, "bare")
    limit = f"{bare:.2f} ×" if bare else ""
    return _goal(work, engine, wanted, f"{growth:.2f} ×", many, limit, reached=growth <= FLAT)


def _growth_of(results: Results, measure: str, engine: str, subject: str) -> float | None:
    few, many = (results.find(measure, engine, subject, n=n) for n in (1_000, MANY))
    return many.seconds / few.seconds if few and many else None


def _goal(  # noqa: PLR0917 - a row of the table, read from left to right
    work: str,
    engine: str,
    wanted: str,
    measured: str,
    source: Measurement | None,
    bare: str = "",
    *,
    reached: bool,
) -> Goal:
    is_there = source is not None
    return Goal(work, engine, wanted, measured if is_there else "", is_there and reached, source, bare)


def _rate(measurement: Measurement | None) -> str:
    return f"{1 / measurement.seconds:,.0f}/s" if measurement else ""


def _short(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 20 else f"{ratio:.2g}"
