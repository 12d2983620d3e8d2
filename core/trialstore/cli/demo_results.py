"""Shows what the demo found out: a table and a verdict for people, JSON for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from trialstore.cli.tables import assignments, cell, facts_table, make_table
from trialstore.demo.risk import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from trialstore.demo.report import ConfigSummary, Report

__all__ = ["as_json", "changes_table", "results_table", "verdict"]

_FASTEST = 5
_STYLES = {Risk.NOTHING: "green", Risk.LAST_COMMITS: "yellow", Risk.DATABASE: "red"}
_COLUMNS = ("config", "ops/s", "speed-up", "write", "read", "scan", "power cut costs")


def results_table(report: Report) -> Table:
    """Return the fastest configurations, the fastest that is as safe as the defaults, and the defaults."""
    title = f"The fastest of {len(report.configs)} configurations: median ops/s, median p95 latencies in ms"
    return make_table(title, _COLUMNS, [_row(config, report) for config in _shown(report)])


def changes_table(report: Report) -> Table:
    """Return what the configurations of `results_table` change."""
    return facts_table(
        {
            f"config {config.tunable_config_id}": assignments(config.changes) or "the defaults"
            for config in _shown(report)
        }
    )


def _shown(report: Report) -> Iterator[ConfigSummary]:
    for rank, config in enumerate(report.configs):
        if rank < _FASTEST or config.is_default or config is report.best_without_risk:
            yield config


def _row(config: ConfigSummary, report: Report) -> tuple[object, ...]:
    factor = report.speed_up(config)
    return (
        _right("defaults", "bold") if config.is_default else config.tunable_config_id,
        round(config.throughput),
        _right("" if factor is None else f"{factor:.2f}x", "bold"),
        _right(f"{config.write_p95_ms:.3g}"),
        _right(f"{config.read_p95_ms:.3g}"),
        _right(f"{config.scan_p95_ms:.3g}"),
        cell(config.risk.value, _STYLES[config.risk]),
    )


def verdict(report: Report) -> str:
    """Return in a sentence or two what to make of the results."""
    if not report.configs:
        return f"None of {report.trials} trials succeeded ({report.failed} failed): nothing can be compared."
    best = report.configs[0]
    if best.is_default:
        return "No configuration is faster than the defaults so far; try another --seed."
    sentences = [f"The fastest, config {best.tunable_config_id}, does {_times(best, report)}."]
    safe = report.best_without_risk
    if best.risk is not Risk.NOTHING:
        sentences.append(f"But a power cut may cost {best.risk.value}.")
        if safe and not safe.is_default:
            sentences.append(
                f"The fastest that risks nothing, config {safe.tunable_config_id}, does {_times(safe, report)}."
            )
    return " ".join(sentences)


def as_json(report: Report) -> dict[str, Any]:
    """Return all configurations, the fastest first, as JSON can hold them."""
    configs = [
        {**asdict(config), "risk": config.risk.value, "speed_up": report.speed_up(config)}
        for config in report.configs
    ]
    return {"trials": report.trials, "failed": report.failed, "configs": configs}


def _right(text: str, style: str = "") -> Text:
    return Text(text, style, justify="right")


def _times(config: ConfigSummary, report: Report) -> str:
    factor = report.speed_up(config)
    shown = f"{config.throughput:,.0f} operations/s"
    return shown if factor is None else f"{shown}, {factor:.1f} times as many as the defaults"
