"""What every command prints with: tables and text for people, JSON for programs.

Only results go to stdout; progress, hints and errors go to stderr.
"""

from __future__ import annotations

import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["hint", "one_line", "print_json", "show", "stderr_console", "visible"]

_UNBOUNDED = 10_000
"""Columns of a file or pipe, which has no edge to fold a table at."""


def show(*renderables: RenderableType) -> None:
    """Print to stdout, as wide as the terminal; wider if something would have to be cut, or if it is no terminal."""
    console = _console(stderr=False)
    without_edge = console.options.update_width(_UNBOUNDED)
    for renderable in renderables:
        console.width = max(console.width, console.measure(renderable, options=without_edge).minimum)
        console.print(renderable)


def hint(text: str) -> None:
    """Print a line for people to stderr."""
    stderr_console().print(text, soft_wrap=True)


def stderr_console() -> Console:
    """Return the console for progress and hints."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _UNBOUNDED
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)


def print_json(value: object) -> None:
    """Print a value to stdout as one JSON document, in ASCII so that it survives every locale.

    JSON has no numbers for NaN and the infinities: they are the strings ``"NaN"``, ``"Infinity"`` and
    ``"-Infinity"``, as in the JSON mapping of Protocol Buffers.
    """
    typer.echo(json.dumps(_finite(value), indent=2, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def visible(text: str) -> str:
    r"""Return the text with everything that does not print (control characters, bidirectional overrides) escaped.

    Examples
    --------
    >>> visible("red\x1b[31m")
    'red\\x1b[31m'
    """
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def one_line(text: str) -> str:
    """Return the text as one line that prints."""
    return visible(" ".join(text.split()))
