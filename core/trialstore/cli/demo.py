"""``trialstore demo``: tunes the SQLite of this machine."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Annotated

import typer

from trialstore.cli.options import Json, open_storage
from trialstore.cli.output import hint, print_json, show, stderr_console

if TYPE_CHECKING:
    from trialstore.demo.report import Report
    from trialstore.storage import Storage

__all__ = ["demo"]


def _plot_path(path: Path) -> Path:
    if path.suffix.lower() not in {".png", ".svg", ".pdf"}:
        raise typer.BadParameter(f"{path} must end in .png, .svg or .pdf")
    return path


_StorageName = Annotated[
    str,
    typer.Option(
        "--storage",
        "-s",
        metavar="CONFIG_OR_URL",
        help="Where the trials are stored: a URL or a config file.",
    ),
]
_Seconds = Annotated[float, typer.Option(min=1, max=3600, help="About how long a complete run takes.")]
_Seed = Annotated[int, typer.Option(help="Another seed tries other configurations, in the same experiment.")]
_ExperimentId = Annotated[
    str, typer.Option("--experiment", metavar="EXPERIMENT", help="The id of the experiment.")
]
_PlotPath = Annotated[
    Path,
    typer.Option(
        "--plot", metavar="PATH", callback=_plot_path, help="Where the plot is saved: PNG, SVG or PDF."
    ),
]


def demo(
    *,
    storage: _StorageName = "sqlite:///trialstore-demo.sqlite",
    seconds: _Seconds = 20,
    seed: _Seed = 1,
    experiment: _ExperimentId = "sqlite-demo",
    plot: _PlotPath = Path("trialstore-demo.png"),
    json: Json = False,
) -> None:
    """Tune the SQLite of this machine, and store every trial of it.

    The defaults and random configurations run on a scratch database in the folder for temporary files, each three
    times. Interrupt it whenever you like: the same command goes on from there.
    """
    from trialstore.cli.demo_results import as_json, changes_table, results_table, verdict

    with open_storage(storage, create=True) as opened:
        _run(opened, experiment, seconds, seed)
        report = _report(opened, experiment)
    if json:
        print_json({"experiment_id": experiment, **as_json(report)})
    else:
        show(results_table(report), changes_table(report), "", verdict(report))
    if not report.configs:
        raise typer.Exit(1)
    _save(report, plot)
    program = "trialstore" if which("trialstore") else f"{shlex.quote(sys.executable)} -m trialstore"
    hint(f"See every trial: {program} trials {shlex.quote(experiment)} --storage {_repeatable(storage)}")


def _run(storage: Storage, experiment_id: str, seconds: float, seed: int) -> None:
    """Run the demo behind a progress bar."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from trialstore.demo.runner import run_demo

    columns = (
        TextColumn("Tuning SQLite"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("trials"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=stderr_console()) as progress:
        task = progress.add_task("")

        def on_progress(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        try:
            run_demo(
                storage, experiment_id=experiment_id, seconds=seconds, seed=seed, on_progress=on_progress
            )
        except KeyboardInterrupt:
            progress.stop()
            hint(f"Interrupted. What is done is stored in {storage!r}; the same command goes on from there.")
            raise


def _report(storage: Storage, experiment_id: str) -> Report:
    from trialstore.demo.plan import demo_tunables
    from trialstore.demo.report import summarize

    defaults = demo_tunables().restore_defaults().get_param_values()
    return summarize(storage.experiments[experiment_id], defaults)


def _repeatable(storage: str) -> str:
    """Return a storage as it was given, unless there may be a password in it."""
    return "CONFIG_OR_URL" if {"@", "?", "{"} & {*storage} else shlex.quote(storage)


def _save(report: Report, path: Path) -> None:
    """Save the plot, or say how to get it."""
    if find_spec("matplotlib") is None:
        hint("For a plot of the results: pip install 'trialstore[viz]', and run the same command again.")
        return
    from trialstore.demo.plot import draw

    draw(report, path)
    hint(f"The plot is in {path}.")
