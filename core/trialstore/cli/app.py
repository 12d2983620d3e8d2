"""Puts the commands together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from trialstore.cli import (
    backends,
    conformance,
    demo,
    experiments,
    new_backend,
    queue,
    run_trials,
    schema,
    storages,
)

__all__ = ["build_app"]

_HELP = (
    "Stores the experiments and trials of benchmarking and tuning, on the engine you already have.\n\n"
    "Most commands need --storage: a URL (sqlite:///trials.sqlite) or a config file (storage.jsonc); the environment "
    "variable TRIALSTORE_STORAGE is its default. Do not write a password on the command line: in a config, "
    '"$DB_PASSWORD" stands for the environment variable of that name.'
)


def build_app() -> typer.Typer:
    """Return the program with all of its commands."""
    app = typer.Typer(
        help=_HELP, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]}
    )
    app.callback()(_program)
    commands: dict[str, Callable[..., None]] = {
        "demo": demo.demo,
        "experiments": experiments.experiments,
        "show": experiments.show_experiment,
        "trials": experiments.trials,
        "queue": queue.queue,
        "run": run_trials.run_trials,
        "init": storages.init,
        "upgrade": storages.upgrade,
        "backends": backends.backends,
        "schema": schema.schema,
        "conformance": conformance.conformance,
        "new-backend": new_backend.new_backend,
    }
    for name, command in commands.items():
        app.command(name)(command)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"trialstore {version('trialstore')}")
        raise typer.Exit


def _program(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Exist for the options that belong to no command."""
