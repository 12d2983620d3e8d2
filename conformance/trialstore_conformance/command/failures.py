"""What is told of a failed test: the assertion, the least that repeats it, and the way to the error."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

from trialstore_conformance.command.outcomes import Failure

__all__ = ["failure_of"]

_LONGEST, _LONGEST_LINE = 20_000, 1_000
"""Characters; an assertion about a value of some megabytes would hide all others."""
_MOST_FRAMES = 6
_MOST_OUTPUT = 40
_NOT_OURS = ("_pytest", "concurrent", "contextlib", "hypothesis", "pluggy", "pytest", "threading")
_NEVER_MINE = ("state.compare_now_and_then()", "")
"""What the state machine says after each step, whatever it did."""


def failure_of(item: pytest.Function, excinfo: pytest.ExceptionInfo[BaseException], output: str) -> Failure:
    """Return what is told of a test that ended with an exception, and wrote something to stderr."""
    error = excinfo.value
    own_line, frames = _way(item, excinfo)
    return Failure(
        what=_readable("\n".join([_said(error), *_other_notes(error)])),
        example=_calls(error) or _marked_source(item, own_line),
        frames=frames[-_MOST_FRAMES:],
        output="\n".join(output.splitlines()[-_MOST_OUTPUT:]),
    )


def _said(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, (AssertionError, pytest.fail.Exception)) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _other_notes(error: BaseException) -> Iterator[str]:
    """Yield the notes that are neither the sentences, which are told elsewhere, nor those of a search."""
    if not _calls(error):
        for note in getattr(error, "__notes__", ()):
            if not note.startswith("Broken contract sentence "):
                yield note


def _calls(error: BaseException) -> str:
    """Return the calls of the smallest example that Hypothesis has found, if it was Hypothesis."""
    _, found, calls = "\n".join(getattr(error, "__notes__", ())).partition("state = ")
    if not found:
        return ""
    steps = calls.partition("\nYou can reproduce")[0].partition("\nBroken contract sentence")[0].splitlines()
    return "\n".join([f"{found}{steps[0]}", *(step for step in steps[1:] if step not in _NEVER_MINE)])


def _way(
    item: pytest.Function, excinfo: pytest.ExceptionInfo[BaseException]
) -> tuple[int | None, tuple[str, ...]]:
    """Return the line of the test that failed, if it came so far, and the frames below it."""
    code = inspect.unwrap(item.function).__code__
    entries = list(excinfo.traceback)
    own = [number for number, entry in enumerate(entries) if entry.frame.code.raw is code]
    line = entries[own[-1]].lineno + 1 if own else None
    below = entries[own[-1] + 1 :] if own else entries
    return line, tuple(_frame(entry) for entry in below if _is_telling(entry))


def _is_telling(entry: Any) -> bool:
    module = str(entry.frame.f_globals.get("__name__", ""))
    return not module.startswith(_NOT_OURS) and "__tracebackhide__" not in entry.frame.f_locals


def _frame(entry: Any) -> str:
    module = entry.frame.f_globals.get("__name__", entry.path)
    return f"{module}, line {entry.lineno + 1}, in {entry.name}: {' '.join(str(entry.statement).split())}"


def _marked_source(item: pytest.Function, failed: int | None) -> str:
    """Return the source of a test without its decorators, with its parameters, and with the failed line marked."""
    lines, first = inspect.getsourcelines(inspect.unwrap(item.function))
    numbered = list(enumerate(textwrap.dedent("".join(lines)).splitlines(), start=first))
    marked = [f"{'>' if number == failed else ' '} {line}".rstrip() for number, line in numbered]
    begin = next(i for i, (_, line) in enumerate(numbered) if line.startswith("def "))
    return "\n".join([*_parameters(item), *marked[begin:]])


def _parameters(item: pytest.Function) -> Iterator[str]:
    callspec = getattr(item, "callspec", None)
    for name, value in callspec.params.items() if callspec else ():
        yield f"  # {name} = {_shortened(repr(value), 200)}"


def _readable(text: str) -> str:
    return _shortened("\n".join(_shortened(line, _LONGEST_LINE) for line in text.splitlines()), _LONGEST)


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} [… {len(text) - longest:,} characters …] {text[-half:]}"
