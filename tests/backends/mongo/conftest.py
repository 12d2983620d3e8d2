"""Backends on databases of their own, and what the tests put into them and see of them from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from typing import Any, TypeAlias

import pytest
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.monitoring import CommandListener

from trialstore.codec import hash_of
from trialstore.records import ExperimentRecord, NewTrial
from trialstore_mongo import MongoBackend

OpenBackend: TypeAlias = Callable[..., MongoBackend]
NewTrials: TypeAlias = Callable[..., list[NewTrial]]


class Commands(CommandListener):
    """Keeps what is sent to the server, but for what the driver sends by itself."""

    def __init__(self) -> None:
        self.sent: list[Mapping[str, Any]] = []

    @property
    def names(self) -> list[str]:
        return [next(iter(command)) for command in self.sent]

    def of(self, operation: Callable[..., object], *args: Any) -> list[str]:
        """Return the names of the commands that an operation sends."""
        self.sent.clear()
        operation(*args)
        return [name for name in self.names if name not in {"hello", "endSessions"}]

    def started(self, event: Any) -> None:
        self.sent.append(event.command)

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...


class Meanwhile(CommandListener):
    """Does something before the next command of a kind is sent."""

    def __init__(self) -> None:
        self._command: tuple[str, str] | None = None
        self._do: Callable[[], object] | None = None

    def before(self, name: str, collection: str, do: Callable[[], object]) -> None:
        """Have something done before the next command with this name for a collection."""
        self._command, self._do = (name, f"trialstore_{collection}"), do

    def stop(self) -> None:
        """Do nothing any more."""
        self._command = None

    @property
    def is_done(self) -> bool:
        return self._command is None

    def started(self, event: Any) -> None:
        if self._do is not None and self._command == (event.command_name, event.command[event.command_name]):
            self._command = None
            self._do()

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...


@pytest.fixture
def config(mongo_database: dict[str, Any]) -> dict[str, Any]:
    """Return the config of an empty database."""
    return mongo_database


@pytest.fixture
def commands() -> Commands:
    """Return what hears the commands that open backends send."""
    return Commands()


@pytest.fixture
def meanwhile() -> Meanwhile:
    """Return what comes between the commands of the backends that are opened with it."""
    return Meanwhile()


@pytest.fixture
def open_backend(config: dict[str, Any], commands: Commands) -> Iterator[OpenBackend]:
    """Return what opens backends, which the end of the test closes."""
    with ExitStack() as stack:

        def opened(*, create: bool = True, read_only: bool = False, **more: Any) -> MongoBackend:
            backend = MongoBackend({**config, "query": {"event_listeners": [commands]}, **more})
            stack.enter_context(closing(backend))
            backend.open(create=create, read_only=read_only)
            return backend

        yield opened


@pytest.fixture
def backend(open_backend: OpenBackend) -> MongoBackend:
    """Return an open backend with the experiment "e", whose uid is "u"."""
    backend = open_backend()
    backend.put_experiment(ExperimentRecord(experiment_id="e", uid="u"))
    return backend


@pytest.fixture
def database(config: dict[str, Any]) -> Iterator[Database[dict[str, Any]]]:
    """Return the database as somebody sees it who comes with a client of their own."""
    with MongoClient[dict[str, Any]](config["uri"]) as client:
        yield client.get_default_database()


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
