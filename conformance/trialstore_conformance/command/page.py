"""The report as one HTML page that needs nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from trialstore_conformance.command.outcomes import Outcome, State
from trialstore_conformance.contract import SENTENCES

if TYPE_CHECKING:
    from trialstore_conformance.command.report import Report, SentenceResult

__all__ = ["as_html"]

_CODE = re.compile("`([^`]+)`")
_CLASSES = {State.PASSED: "passed", State.FAILED: "broken", State.NOT_CHECKED: "unchecked"}


def as_html(report: Report) -> str:
    """Return the page."""
    page = Template(files("trialstore_conformance.command").joinpath("page.html").read_text("utf-8"))
    return page.substitute(
        title=escape(report.subject.class_name),
        verdict=escape(report.verdict),
        state="passed" if report.passes else "broken",
        facts=_facts(report.facts),
        failures="".join(_failed(outcome, report) for outcome in report.failed),
        sentences="".join(_concern(*each) for each in report.by_concern.items()),
    )


def _facts(facts: Mapping[str, str]) -> str:
    return "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>\n" for name, value in facts.items() if value
    )


def _failed(outcome: Outcome, report: Report) -> str:
    sentences = "".join(
        f"<li>{_link(number)} {_sentence(SENTENCES[number])}</li>\n" for number in outcome.sentences
    )
    failure = outcome.failure
    parts = "" if failure is None else "".join(_part(*each) for each in failure.parts.items())
    return (
        f"<section>\n<h3>{escape(outcome.name)}</h3>\n<ul>{sentences}</ul>\n{parts}"
        f"{_part('Repeat it', report.command_for(outcome.name))}</section>\n"
    )


def _part(title: str, text: str) -> str:
    return f"<h4>{escape(title)}</h4>\n<pre>{escape(text)}</pre>\n"


def _sentence(text: str) -> str:
    """Return a sentence with what stands in backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _link(number: str) -> str:
    return f'<a href="#{number}">{number}</a>'


def _concern(concern: str, results: Iterable[SentenceResult]) -> str:
    rows = "".join(map(_row, results))
    return f'<tbody>\n<tr><th colspan="3" scope="rowgroup">{escape(concern)}</th></tr>\n{rows}</tbody>\n'


def _row(result: SentenceResult) -> str:
    why = f"<small>{escape(result.why)}</small>" if result.why else ""
    return (
        f'<tr id="{result.number}"><td>{result.number}</td><td>{_sentence(result.text)}{why}</td>'
        f'<td><span class="{_CLASSES[result.state]}">{result.state.value}</span></td></tr>\n'
    )
