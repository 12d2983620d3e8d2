"""Backends on files of their own, and the records that the tests put into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from trialstore.codec import hash_of
from trialstore.records import ExperimentRecord, NewTrial
from trialstore_sql import SqlBackend

OpenBackend: TypeAlias = Callable[..., SqlBackend]
NewTrials: TypeAlias = Callable[..., list[NewTrial]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the database goes."""
    return tmp_path / "trials.db"


@pytest.fixture
def open_backend(file: Path) -> Iterator[OpenBackend]:
    """Return what opens backends, which the end of the test closes."""
    with ExitStack() as stack:

        def opened(*, create: bool = True, read_only: bool = False, **config: Any) -> SqlBackend:
            backend = SqlBackend({"database": str(file), **config})
            stack.enter_context(closing(backend))
            backend.open(create=create, read_only=read_only)
            return backend

        yield opened


@pytest.fixture
def backend(open_backend: OpenBackend) -> SqlBackend:
    """Return an open backend with the experiment "e", whose uid is "u"."""
    backend = open_backend()
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    return backend


@pytest.fixture
def new_trials() -> NewTrials:
    """Return what makes trials to be added, each with a token and a config of its own."""

    def made(number: int, prefix: str = "t", **fields: Any) -> list[NewTrial]:
        configs = [f'{{"cache_mb":{i}}}' for i in range(number)]
        return [
            NewTrial(token=f"{prefix}{i}", config=text, config_hash=hash_of(text), **fields)
            for i, text in enumerate(configs)
        ]

    return made
