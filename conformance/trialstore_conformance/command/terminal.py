"""The report for a terminal; the verdict comes last, where it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from trialstore.cli.output import visible
from trialstore.cli.tables import facts_table
from trialstore_conformance.command.outcomes import Outcome
from trialstore_conformance.contract import SENTENCES

if TYPE_CHECKING:
    from rich.console import RenderableType

    from trialstore_conformance.command.report import Report

__all__ = ["renderables"]


def renderables(report: Report) -> Iterator[RenderableType]:
    """Yield the report: failures, what was not checked and why, what was tested, the verdict."""
    for outcome in report.failed:
        yield from _failed(outcome, report)
    if report.unchecked:
        yield Text("Sentences that were not checked", "bold")
        for why, numbers in report.unchecked.items():
            yield _block(f"{', '.join(numbers)}: {why}")
        yield ""
    yield facts_table(report.facts)
    yield ""
    yield Text(visible(report.verdict), "bold green" if report.passes else "bold red")


def _failed(outcome: Outcome, report: Report) -> Iterator[RenderableType]:
    yield Text(visible(outcome.name), "bold red underline")
    for number in outcome.sentences:
        yield Text.assemble((number, "bold"), f" {SENTENCES[number]}")
    yield ""
    if outcome.failure is not None:
        for title, text in outcome.failure.parts.items():
            yield Text(title, "bold")
            yield _block(text)
            yield ""
    yield Text("Repeat it", "bold")
    yield _block(report.command_for(outcome.name))
    yield ""


def _block(text: str) -> Text:
    return Text("\n".join(f"  {visible(line)}" for line in text.splitlines()), overflow="fold")
