"""The page docs/performance.md, made from results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from benchmarks.contestants import CONTESTANTS
from benchmarks.goals import Goal, goals
from benchmarks.plan import CASES
from benchmarks.results import Measurement, Profile, Results

HEADER = """\
# Performance

This page is made by `make bench`. A trial is 10 tunables, 4 metadata entries and 5 metrics; every trial has a tunable config of its own.
trialstore, mlos_bench, Optuna and the *bare* driver take turns at the same work on the same file system, each time in a fresh process.
Bare is the least code on `sqlite3`, `psycopg` or `pymongo` that stores the same information (encoded values, a random
token and a row of history for each write, a durable commit) and gives it back; a claim gives the parameter values, too.
On PostgreSQL, a call of bare's about one trial is one statement that commits itself, as it is in trialstore; *replay* is
`psycopg` that is given the very statements of trialstore, on its tables: what it is faster by is what trialstore's own code costs.
On SQLite, mlos_bench and Optuna keep their rollback journal; trialstore and bare write ahead (WAL). Both wait for the disk at each commit.
"""
GOALS = """\
Beside each goal stands what the bare driver reaches of it in the same run, where it did the same work: a goal that it misses, too,
asks for more than engine and driver give on this machine. *Linear* and *flat*: what a trial costs when there are 100,000, over what it costs when there are 1,000.

"""
PICTURE = """\
## The picture

![What it costs to load all trials, and to write one more, against the number of trials](images/performance.png)

Above: an optimizer loads the whole experiment. Below: what trialstore needs to add, claim, complete and poll one more
trial when so many have ended already, and a tenth as many wait.
"""
NUMBERS = """\
## All numbers

Each cell is the median of the rounds, with the lowest and the highest in brackets. *Statements* are what the driver is given for a unit of
the work, or for a whole read: one for many rows counts once, and a COMMIT counts. *× bare* says how many times as fast as the bare driver trialstore is. Empty cells were not measured: `mlos_bench` has no claims, Optuna has no
batches, neither of them runs on MongoDB, and both are left out of the sizes that take them minutes.
"""
REPRODUCE = """\
## Reproduce it

`make bench` runs everything, in about half an hour on two cores, and writes this page, `docs/performance.json` and the picture.
It makes an environment for each peer in `.venv-peers`, and starts and ends the servers itself. More thorough, or less:

    make bench BENCH_ARGS="--rounds 7 --seconds 2 --patience 120"
    make bench BENCH_ARGS="--case cycle --case claims --engine sqlite"
    make bench BENCH_ARGS="--profile reads --engine postgresql --largest 3000"

A run that leaves something out prints its numbers and writes nothing.
"""
WORKS: Mapping[str, tuple[str, str]] = {
    "import": ("`import`, in a fresh interpreter", "import"),
    "opening": ("Open and close a storage that exists", "time"),
    "cycle": ("Trial cycle: add, run, succeed", "trials"),
    "new_trials": ("New trials, 100 at once", "trials"),
    "telemetry": ("Telemetry, 1,000 rows at once", "rows"),
    "reads": ("Read an experiment: time for a trial", "time"),
    "results_df_memory": ("Memory at the peak of `results_df`, for a trial", "bytes"),
    "iterate_memory": ("Memory at the peak of going through all trials, for a trial", "bytes"),
    "growth": ("One more trial, when so many have ended and a tenth as many wait", "time"),
    "cycles": ("Trial cycles by several processes", "trials"),
    "claims": ("Claims by several processes, one trial each time", "trials"),
}
"""What each case is called, and how its numbers are shown."""
WHOLE = ("load", "pending", "results_df", "results_df_memory", "iterate_memory")
"""Of these, the statements of the whole are shown, not of a trial."""


def page(results: Results) -> str:
    """Return the page as Markdown."""
    reached = goals(results)
    sections = [HEADER, _goals(reached), PICTURE, *_profiles(results, reached), NUMBERS]
    tables = [_case(results, case) for case in CASES if any(m.case == case for m in results.measurements)]
    return "\n".join([*sections, *tables, *_failures(results), _conditions(results), REPRODUCE])


def summary(results: Results) -> str:
    """Return the tables alone, for the terminal."""
    return "\n".join(
        _case(results, case) for case in CASES if any(m.case == case for m in results.measurements)
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; all columns but the first are aligned right."""
    lines = [header, ["---", *["--:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _goals(reached: Sequence[Goal]) -> str:
    rows = [
        (
            g.work,
            g.engine,
            g.wanted,
            g.measured or "not measured",
            g.bare,
            "yes" if g.is_reached else "**no**",
        )
        for g in reached
    ]
    number = sum(goal.is_reached for goal in reached)
    header = ("work", "engine", "goal", "measured", "bare driver", "reached")
    return f"## Goals: {number} of {len(reached)} reached\n\n{GOALS}" + table(header, rows)


def _case(results: Results, case: str) -> str:
    title, unit = WORKS[case]
    rows: dict[tuple[str, int, int, str], dict[str, Measurement]] = {}
    for each in results.measurements:
        if each.case == case:
            key = (each.engine, each.n, each.processes, each.measure)
            rows.setdefault(key, {})[each.subject] = each
    subjects = [s for s in CONTESTANTS if any(s in found for found in rows.values())]
    header = ["work", *subjects, *_others(subjects), *(f"statements, {subject}" for subject in subjects)]
    return f"### {title}\n\n" + table(
        header, (_row(key, found, subjects, unit) for key, found in rows.items())
    )


def _row(
    key: tuple[str, int, int, str], found: Mapping[str, Measurement], subjects: Sequence[str], unit: str
) -> list[str]:
    engine, n, processes, measure = key
    parts = [engine if engine != "none" else "", measure, f"n={n:,}" if n else ""]
    parts += [f"{processes} processes"] if processes > 1 else []
    show = SHOWN[unit]
    numbers = [show(found[subject]) if subject in found else "" for subject in subjects]
    ratios = [_ratio(found, other, unit) for other in subjects if other != "trialstore"]
    return [", ".join(filter(None, parts)), *numbers, *ratios, *(_calls(found.get(s)) for s in subjects)]


def _others(subjects: Sequence[str]) -> Iterator[str]:
    return (f"× {subject}" for subject in subjects if subject != "trialstore")


def _ratio(found: Mapping[str, Measurement], other: str, unit: str) -> str:
    if "trialstore" not in found or other not in found:
        return ""
    ours, theirs = found["trialstore"], found[other]
    if unit == "bytes":
        return f"{theirs.peak_bytes / ours.peak_bytes:.2g}" if ours.peak_bytes else ""
    return short(theirs.seconds / ours.seconds)


def _calls(found: Measurement | Profile | None) -> str:
    if found is None or not found.calls:  # an engine whose calls nobody counts
        return ""
    calls = found.calls * (found.n if found.measure in WHOLE else 1)
    return f"{calls:,.0f}" if calls >= 100 else f"{calls:.3g}"


def _rate(measurement: Measurement) -> str:
    low, high = 1 / max(measurement.rounds), 1 / min(measurement.rounds)
    return f"{1 / measurement.seconds:,.0f}/s ({low:,.0f}–{high:,.0f}){_twice(measurement)}"


def _twice(measurement: Measurement) -> str:
    return f", {measurement.taken_twice} twice" if measurement.taken_twice else ""


def _time(measurement: Measurement) -> str:
    low, high = min(measurement.rounds), max(measurement.rounds)
    return f"{duration(measurement.seconds)} ({duration(low)}–{duration(high)})"


def _bytes(measurement: Measurement) -> str:
    return f"{measurement.peak_bytes / measurement.n:,.0f} B"


SHOWN: Mapping[str, Callable[[Measurement], str]] = {
    "trials": _rate,
    "rows": _rate,
    "time": _time,
    "import": _time,
    "bytes": _bytes,
}


def duration(seconds: float) -> str:
    """Return a time with three digits and its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def short(ratio: float) -> str:
    """Return a ratio with two digits."""
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _profiles(results: Results, reached: Sequence[Goal]) -> Iterator[str]:
    missed = [goal for goal in reached if not goal.is_reached and goal.source is not None]
    if not missed:
        return
    yield "## What is not reached, and where its time goes\n"
    for profile in results.profiles:
        works = [g for g in missed if g.source and _same(g.source, profile)]
        if works:
            yield _profile(profile, works)


def _same(source: Measurement, profile: Profile) -> bool:
    return (source.measure, source.engine, source.n) == (profile.measure, profile.engine, profile.n)


def _profile(profile: Profile, missed: Sequence[Goal]) -> str:
    functions = "; ".join(
        f"`{name}` {seconds / profile.seconds:.0%} ({number:,} calls)"
        for name, number, seconds in profile.functions[:8]
    )
    names = ", ".join(f"{goal.work} ({goal.wanted}: {goal.measured or 'not measured'})" for goal in missed)
    place = f"{profile.measure} on {profile.engine}" + (f", n={profile.n:,}" if profile.n else "")
    return (
        f"**{place}**: {names}. {_statements(profile)}Of the time under the profiler, in the function itself: "
        f"{functions}.\n"
    )


def _statements(profile: Profile) -> str:
    calls = _calls(profile)
    return (
        f"Statements for {'the whole' if profile.measure in WHOLE else 'a unit'}: {calls}. " if calls else ""
    )


def _failures(results: Results) -> Iterator[str]:
    if results.failures:
        yield "### What failed\n"
        rows = (
            (f.subject, f.case, f.engine, f"{f.n:,}", str(f.processes), f.reason) for f in results.failures
        )
        yield table(("subject", "work", "engine", "n", "processes", "reason"), rows)


def _conditions(results: Results) -> str:
    facts = {
        "Machine": results.machine,
        "Versions": results.versions,
        "Durability": results.durability,
        "Run": {"made on": results.made_on, **results.settings},
    }
    tables = (f"{name}:\n\n" + table(("", ""), found.items()) for name, found in facts.items())
    return "## Conditions\n\n" + "\n".join(tables)
