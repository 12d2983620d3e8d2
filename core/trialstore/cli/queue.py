"""``trialstore queue``: what waits, what runs, and how much ended of late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from trialstore.cli.options import ExperimentId, Json, StorageName, find_experiment, open_storage
from trialstore.cli.output import print_json, show
from trialstore.cli.queue_view import ROWS, as_json, as_tables, heading

if TYPE_CHECKING:
    from trialstore.data import ExperimentData
    from trialstore.storage import Storage

__all__ = ["queue"]

_PATIENCE = 1.0
"""Seconds for which the storage repeats a look of `--watch`; after that, the next look is the repetition."""

_Watch = Annotated[
    bool,
    typer.Option(
        "--watch", "-w", help="Look again and again, until Ctrl-C; with --json, a line for each look."
    ),
]
_Interval = Annotated[
    float, typer.Option(min=0.1, max=3600, metavar="SECONDS", help="The pause between two looks of --watch.")
]


def queue(
    experiment_id: ExperimentId,
    *,
    storage: StorageName,
    watch: _Watch = False,
    interval: _Interval = 2,
    json: Json = False,
) -> None:
    """Show the queue of an experiment: what waits, what runs and until when, and how much ended of late.

    A trial whose lease is over goes to the next runner that asks for one, unless its own runner finishes it before.
    """
    with open_storage(storage, read_only=True) as opened:
        experiment = find_experiment(opened, experiment_id)
        where = repr(opened)
        if watch:
            _watch(opened, experiment, interval, json=json)
        found = experiment.queue
    if json:
        print_json(as_json(found))
    else:
        show(heading(found, where))
        show(*as_tables(found, ROWS))


def _watch(storage: Storage, experiment: ExperimentData, interval: float, *, json: bool) -> NoReturn:
    from trialstore.cli.queue_watch import as_blocks, as_json_lines, is_screen, on_screen, watch

    storage.session.retry_for = min(_PATIENCE, storage.session.retry_for)
    where = repr(storage)
    display = as_json_lines() if json else on_screen(where) if is_screen() else as_blocks(where)
    try:
        watch(experiment, interval, display)
    except KeyboardInterrupt:  # the way to end it, of which nothing needs to be said
        raise typer.Exit(130) from None
