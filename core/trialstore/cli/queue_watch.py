"""Looks at a queue again and again, and shows it: on a terminal in place, elsewhere block after block."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import typer
from rich.console import Console, Group
from rich.live import Live

from trialstore.cli.output import hint, one_line, show
from trialstore.cli.queue_view import ROWS, as_json, as_tables, heading
from trialstore.cli.tables import cell
from trialstore.errors import StorageUnavailableError

if TYPE_CHECKING:
    from trialstore.data import ExperimentData, QueueData

__all__ = ["as_blocks", "as_json_lines", "is_screen", "on_screen", "watch"]

Draw: TypeAlias = Callable[["QueueData", str], None]
"""Shows what was seen last, and why it cannot be seen now, if it cannot."""

_TALLEST_ROW = 4
"""Lines that a running trial takes on a narrow terminal."""


def watch(experiment: ExperimentData, interval: float, display: AbstractContextManager[Draw]) -> NoReturn:
    """Show the queue of an experiment every `interval` seconds, until Ctrl-C; a storage that is away is waited for."""
    seen, trouble = experiment.queue, ""
    with display as draw:
        while True:
            draw(seen, trouble)
            time.sleep(interval)
            try:
                seen, trouble = experiment.queue, ""
            except StorageUnavailableError as error:
                trouble = one_line(str(error))


def is_screen() -> bool:
    """Tell whether stdout is a terminal on which something can be drawn in place."""
    return sys.stdout.isatty() and os.environ.get("TERM") not in {"dumb", "unknown"}


@contextmanager
def on_screen(where: str) -> Iterator[Draw]:
    """Draw on the terminal's other screen; when it is over, leave what was seen last on the one that was there."""
    console = Console(markup=False, highlight=False, emoji=False)
    drawn = Group()

    def draw(queue: QueueData, trouble: str) -> None:
        nonlocal drawn
        drawn = _fitting(queue, where, trouble, console)
        live.update(drawn, refresh=True)

    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            yield draw
    finally:
        console.print(drawn)


@contextmanager
def as_blocks(where: str) -> Iterator[Draw]:
    """Print a block each time, and what is wrong to stderr."""

    def draw(queue: QueueData, trouble: str) -> None:
        if trouble:
            hint(trouble)
        else:
            show(heading(queue, where))
            show(*as_tables(queue, ROWS), "")

    yield draw


@contextmanager
def as_json_lines() -> Iterator[Draw]:
    """Print a line of JSON each time, and what is wrong to stderr."""

    def draw(queue: QueueData, trouble: str) -> None:
        if trouble:
            hint(trouble)
        else:
            typer.echo(json.dumps(as_json(queue)))

    yield draw


def _fitting(queue: QueueData, where: str, trouble: str, console: Console) -> Group:
    """Return what fits on the terminal, with as many of the running trials as there is room for."""
    warning = [cell(f"This is what was seen last: {trouble}", "bold red")] if trouble else []
    rows = console.height
    while True:
        group = Group(*warning, heading(queue, where), *as_tables(queue, rows))
        excess = len(console.render_lines(group)) - console.height
        if excess <= 0 or rows == 0:
            return group
        rows = max(0, rows - -(-excess // _TALLEST_ROW))
