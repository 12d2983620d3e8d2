"""The command: ``python -m benchmarks``, which ``make bench`` runs."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markdown import Markdown

from benchmarks import report
from benchmarks.contestants import CONTESTANTS
from benchmarks.driver import Driver, Settings
from benchmarks.engines import DURABILITY, Engines
from benchmarks.goals import goals
from benchmarks.machine import machine, versions
from benchmarks.plan import ALL, CASES, MANY, MEASURES, Contest, contests
from benchmarks.plot import draw
from benchmarks.process import ROOT
from benchmarks.results import Profile, Results, read, write

PAGE = ROOT / "docs" / "performance.md"
NUMBERS = ROOT / "docs" / "performance.json"
PICTURE = ROOT / "docs" / "images" / "performance.png"
_PROFILED = [name for name in CASES if name != "import"]

app = typer.Typer(add_completion=False)


@app.command()
def bench(
    *,
    case: Annotated[list[str] | None, typer.Option(help=f"Only this: {', '.join(CASES)}.")] = None,
    engine: Annotated[list[str] | None, typer.Option(help=f"Only on this: {', '.join(ALL)}.")] = None,
    subject: Annotated[list[str] | None, typer.Option(help=f"Only this: {', '.join(CONTESTANTS)}.")] = None,
    rounds: Annotated[int, typer.Option(help="How many turns each subject has.")] = 3,
    seconds: Annotated[float, typer.Option(help="How long each measurement goes on at least.")] = 0.2,
    patience: Annotated[float, typer.Option(help="Seconds after which a subject gets no further turn.")] = 3,
    largest: Annotated[int, typer.Option(help="The most trials in an experiment.")] = MANY,
    profile: Annotated[str | None, typer.Option(help="Show where the time of a case goes, instead.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write the numbers here, as JSON.")] = None,
    render: Annotated[
        bool, typer.Option(help="Only make the page and the picture of the numbers anew.")
    ] = False,
) -> None:
    """Time trialstore beside its peers and beside the bare drivers.

    A run of everything writes docs/performance.{json,md} and the picture.
    """
    console = Console(log_path=False)
    if render:
        _publish(read(NUMBERS))
        return
    given = (case, engine, subject)
    chosen = contests(
        _known([profile], _PROFILED, "case to profile") if profile else _known(case, CASES, "case"),
        _known(engine, ALL, "engine"),
        ["trialstore"] if profile else _known(subject, CONTESTANTS, "subject"),
        largest,
    )
    settings = Settings(rounds, seconds, patience)
    with Engines() as engines:
        if profile:
            _show_profiles(console, Driver(engines, settings, console.log), chosen)
            return
        results = _measure(engines, settings, console, chosen)
    console.print(Markdown(report.summary(results)))
    if output is not None:
        write(results, output)
    if not any(given) and largest == MANY:
        write(results, NUMBERS)
        _publish(results)


def _known(names: list[str] | None, known: Any, what: str) -> list[str]:
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise typer.BadParameter(f"there is no {what} {unknown[0]!r}; there are: {', '.join(known)}")
    return names or list(known)


def _measure(engines: Engines, settings: Settings, console: Console, chosen: list[Contest]) -> Results:
    """Carry out contests, and profile those in which a goal was missed."""
    subjects = sorted({subject for contest in chosen for subject in contest.subjects})
    for name in subjects:
        CONTESTANTS[name].ensure_environment()
    results = Results(
        made_on=date.today().isoformat(),  # noqa: DTZ011 - the day where the machine stands
        machine=machine(engines.folder),
        versions=versions(subjects),
        durability={
            engine: DURABILITY[engine] for engine in DURABILITY if any(c.engine == engine for c in chosen)
        },
        settings={name: f"{value:g}" for name, value in vars(settings).items()},
    )
    driver = Driver(engines, settings, console.log)
    for _, sizes in groupby(chosen, lambda contest: (contest.case, contest.engine)):
        driver.run(*sizes)
    results.measurements, results.failures = driver.measurements, driver.failures
    results.profiles = _profiles_of_missed(driver, results, chosen)
    return results


def _profiles_of_missed(driver: Driver, results: Results, chosen: list[Contest]) -> list[Profile]:
    missed = [goal.source for goal in goals(results) if goal.source and not goal.is_reached]
    first = {(c.case, c.engine, c.n): c for c in reversed(chosen)}
    works = {(first[m.case, m.engine, m.n], m.measure): None for m in missed if m.case in _PROFILED}
    profiles = (driver.profile(contest, measure) for contest, measure in works)
    return [profile for profile in profiles if profile is not None]


def _show_profiles(console: Console, driver: Driver, chosen: list[Contest]) -> None:
    for contest in (contest for contest in chosen if contest.processes == 1):
        for measure in MEASURES[contest.case]:
            profile = driver.profile(contest, measure)
            if profile is None:
                continue
            place = f"{measure} on {contest.engine}, n={contest.n:,}"
            console.print(f"{place}: {profile.calls:.3g} statements a unit")
            rows = ((name, f"{number:,}", f"{seconds:.3f} s") for name, number, seconds in profile.functions)
            console.print(Markdown(report.table(("function", "calls", "time in it"), rows)))


def _publish(results: Results) -> None:
    draw(results, PICTURE)
    PAGE.write_text(report.page(results), encoding="utf-8")
