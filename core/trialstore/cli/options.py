"""The options that several commands share, and how a storage is opened for them."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

import trialstore
from trialstore.errors import ConfigError, ExperimentNotFoundError

if TYPE_CHECKING:
    from trialstore.data import ExperimentData
    from trialstore.storage import Storage

__all__ = ["ExperimentId", "Json", "StorageName", "find_experiment", "open_storage"]

StorageName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--storage",
        "-s",
        metavar="CONFIG_OR_URL",
        envvar="TRIALSTORE_STORAGE",
        help="Where the trials are: a URL such as sqlite:///trials.sqlite, or a config file.",
    ),
]
ExperimentId: TypeAlias = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="The id of the experiment.")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def open_storage(name: str, *, create: bool = False, read_only: bool = False, lazy: bool = False) -> Storage:
    """Open the storage that a command was given, a URL or the path of a config; if `lazy`, at its first use.

    Raises
    ------
    TrialstoreError
        If there is no such storage, or it cannot be opened so.
    """
    if re.match(r"[A-Za-z][\w+.-]*://", name):
        return trialstore.open(name, create=create, read_only=read_only, lazy_schema_create=lazy)
    _must_not_be_a_database(Path(name))
    return trialstore.from_config(name, create=create, read_only=read_only, lazy_schema_create=lazy)


def _must_not_be_a_database(path: Path) -> None:
    """Raise ConfigError if someone gave the path of a database, where it takes a URL."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return
    if start == b"SQLite format 3\0":
        raise ConfigError(f"{path} is a database, not a config: give its URL, sqlite:///{path}")


def find_experiment(storage: Storage, experiment_id: str) -> ExperimentData:
    """Return an experiment, or raise ExperimentNotFoundError with the ids that may have been meant."""
    try:
        return storage.experiments[experiment_id]
    except ExperimentNotFoundError as error:
        raise ExperimentNotFoundError(f"{error}{_advice(experiment_id, list(storage.experiments))}") from None


def _advice(wrong: str, known: list[str]) -> str:
    if close := difflib.get_close_matches(wrong, known):
        return f"; did you mean {' or '.join(map(repr, close))}?"
    return "; see them with: trialstore experiments" if known else "; it holds no experiments"
