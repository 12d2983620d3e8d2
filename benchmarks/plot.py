"""The picture: what it costs to read all trials, and to write one more, against the number of trials."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.plan import MAIN
from benchmarks.results import Measurement, Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLES = {"sqlite": "SQLite file", "postgresql": "PostgreSQL", "mongodb": "MongoDB"}
SUBJECTS: Mapping[str, tuple[str, str, str]] = {
    "trialstore": ("trialstore", "#0b6e4f", "o"),
    "bare": ("bare driver", "#8a8a8a", "s"),
    "mlos_bench": ("mlos_bench", "#c8553d", "^"),
    "optuna": ("Optuna", "#3066be", "v"),
}
WRITES: Mapping[str, tuple[str, str, str]] = {
    "claim": ("claim", "#0b6e4f", "o"),
    "complete": ("complete", "#3066be", "s"),
    "add": ("add", "#c8553d", "^"),
    "poll": ("poll", "#8a8a8a", "v"),
}


def draw(results: Results, file: Path) -> None:
    """Write the picture into a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained")
    axes = figure.subplots(2, len(MAIN), sharex="row", sharey="row", squeeze=False)
    for column, engine in enumerate(MAIN):
        _draw_reads(axes[0, column], results, engine)
        _draw_writes(axes[1, column], results, engine)
    axes[0, 0].set_ylabel("seconds to load all trials")
    axes[1, 0].set_ylabel("milliseconds for one more trial\n(trialstore)")
    for row in (0, 1):
        axes[row, 0].legend(frameon=False, fontsize=8)
    figure.savefig(file, dpi=110, metadata={"Software": None})


def _draw_reads(axes: Axes, results: Results, engine: str) -> None:
    axes.set_title(TITLES[engine])
    axes.set_xlabel("trials in the experiment")
    for subject, style in SUBJECTS.items():
        found = [
            m for m in results.measurements if (m.measure, m.engine, m.subject) == ("load", engine, subject)
        ]
        _draw_line(axes, {m.n: m.seconds * m.n for m in found}, style)
    _use_logarithms(axes)


def _draw_writes(axes: Axes, results: Results, engine: str) -> None:
    axes.set_xlabel("trials that have ended")
    for measure, style in WRITES.items():
        _draw_line(axes, {m.n: 1000 * m.seconds for m in _growing(results, engine, measure)}, style)
    _use_logarithms(axes)


def _growing(results: Results, engine: str, measure: str) -> list[Measurement]:
    wanted = ("growth", measure, engine, "trialstore")
    return [m for m in results.measurements if (m.case, m.measure, m.engine, m.subject) == wanted]


def _draw_line(axes: Axes, costs: Mapping[int, float], style: tuple[str, str, str]) -> None:
    label, colour, marker = style
    points: list[Any] = sorted(costs.items())
    if points:
        axes.plot(*zip(*points, strict=True), color=colour, marker=marker, markersize=4, label=label)


def _use_logarithms(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(visible=True, which="major", color="#e5e5e5")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
