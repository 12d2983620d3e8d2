"""Draws what the demo found out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialstore.demo.risk import Risk

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from trialstore.demo.report import ConfigSummary, Report

__all__ = ["draw"]

_COLORS = {Risk.NOTHING: "#1b7837", Risk.LAST_COMMITS: "#e08214", Risk.DATABASE: "#b2182b"}
_BARS = 10
"""How many of the fastest configurations get a bar."""


def draw(report: Report, path: Path) -> None:
    """Save a plot of a report that has configurations; the ending of the path says the format.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 5.5), dpi=120, layout="constrained")
    figure.suptitle("The SQLite of this machine: random configurations against the defaults", fontsize=14)
    objectives, ranking = figure.subplots(1, 2)
    _draw_objectives(objectives, report)
    _draw_ranking(ranking, report)
    figure.savefig(path)


def _draw_objectives(axes: Axes, report: Report) -> None:
    """Draw each configuration by its two objectives, in the color of its risk."""
    for risk, color in _COLORS.items():
        configs = [config for config in report.configs if config.risk is risk and not config.is_default]
        axes.scatter(*_coordinates(configs), color=color, alpha=0.8, s=50, label=risk.value)
    if report.default:
        axes.scatter(
            *_coordinates([report.default]), marker="*", s=250, color="black", label="nothing (the defaults)"
        )
    axes.set_title("Both objectives: better is lower and further right")
    axes.set_xlabel("throughput, median of the trials [1000 operations/s]")
    axes.set_ylabel("95th percentile of the latency of a transaction [ms]")
    _scale_logarithmically(axes)
    axes.legend(title="A power cut may cost")


def _coordinates(configs: list[ConfigSummary]) -> tuple[list[float], list[float]]:
    return [config.throughput / 1000 for config in configs], [config.write_p95_ms for config in configs]


def _scale_logarithmically(axes: Axes) -> None:
    """Use logarithmic axes with plain numbers at 1, 2 and 5."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True, alpha=0.3)


def _draw_ranking(axes: Axes, report: Report) -> None:
    """Draw the throughput of the fastest configurations and of the defaults."""
    configs = [*report.configs[:_BARS], *(config for config in report.configs[_BARS:] if config.is_default)]
    for position, config in enumerate(configs):
        axes.barh(
            position, config.throughput / 1000, color="black" if config.is_default else _COLORS[config.risk]
        )
        trials = [throughput / 1000 for throughput in config.throughputs]
        axes.plot(trials, [position] * len(trials), "o", color="white", markeredgecolor="black", markersize=5)
    axes.set_yticks(range(len(configs)), [_name(config) for config in configs])
    axes.invert_yaxis()
    axes.set_title("The fastest configurations: medians, and the single trials as dots")
    axes.set_xlabel("throughput [1000 operations/s]")
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _name(config: ConfigSummary) -> str:
    return "defaults" if config.is_default else f"config {config.tunable_config_id}"
