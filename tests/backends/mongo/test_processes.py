"""Forks, interrupts and signals: what they leave of a client that is in the middle of something."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pymongo.monitoring import CommandListener

from forks import in_a_fork
from trialstore.errors import UsageError
from trialstore.records import ExperimentQuery, ExperimentRecord
from trialstore_mongo import MongoBackend

PROGRAMS = Path(__file__).parent / "programs"

can_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


class Interruption(CommandListener):
    """Does something in the middle of the next command, before it is sent or when its answer has come."""

    def __init__(self) -> None:
        self.before: Callable[[], object] | None = None
        self.after: Callable[[], object] | None = None

    def started(self, event: Any) -> None:
        self.before, do = None, self.before
        if do is not None:
            do()

    def succeeded(self, event: Any) -> None:
        self.after, do = None, self.after
        if do is not None:
            do()

    def failed(self, event: Any) -> None: ...


@pytest.fixture
def interruption() -> Interruption:
    return Interruption()


@pytest.fixture
def interrupted(open_backend: Callable[..., MongoBackend], interruption: Interruption) -> MongoBackend:
    """Return an open backend whose calls can be interrupted."""
    return open_backend(query={"event_listeners": [interruption]})


@can_fork
def test_a_forked_child_connects_anew_and_leaves_the_connections_of_its_parent_alone(
    backend: MongoBackend,
) -> None:
    def child() -> None:
        warnings.simplefilter("error")
        backend.after_fork()
        backend.put_experiment(ExperimentRecord(experiment_id="child", uid="c"))
        backend.close()

    client = backend._database._connection().client
    assert in_a_fork(child) == 0
    backend.put_experiment(ExperimentRecord(experiment_id="parent", uid="p"))
    found = [experiment.experiment_id for experiment in backend.find_experiments(ExperimentQuery())]
    assert found == ["child", "e", "parent"]
    assert backend._database._connection().client is client


@can_fork
def test_a_fork_of_a_fork_works_too(backend: MongoBackend) -> None:
    def grandchild() -> None:
        backend.after_fork()
        assert len(backend.find_experiments(ExperimentQuery())) == 1

    def child() -> None:
        backend.after_fork()
        assert len(backend.find_experiments(ExperimentQuery())) == 1
        assert in_a_fork(grandchild) == 0

    assert in_a_fork(child) == 0


@can_fork
def test_threads_of_a_child_share_one_new_client(backend: MongoBackend) -> None:
    def child() -> None:
        backend.after_fork()
        with ThreadPoolExecutor(8) as pool:
            clients = pool.map(lambda _: id(backend._database._connection().client), range(8))
            assert len(set(clients)) == 1

    assert in_a_fork(child) == 0


@can_fork
def test_what_was_closed_stays_closed_in_a_child(backend: MongoBackend) -> None:
    def child() -> None:
        backend.after_fork()
        with pytest.raises(RuntimeError, match="is not open"):
            backend.find_experiments(ExperimentQuery())

    backend.close()
    assert in_a_fork(child) == 0


@can_fork
def test_a_child_that_ends_like_any_program_leaves_its_parent_connected(config: dict[str, Any]) -> None:
    run = subprocess.run(
        [sys.executable, PROGRAMS / "fork_and_exit.py", config["uri"]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("parent found child, parent\n", "")


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupt_leaves_a_storage_that_works(
    interrupted: MongoBackend, interruption: Interruption, when: str
) -> None:
    new = ExperimentRecord(experiment_id="f", uid="v")
    for _ in range(3):
        setattr(interruption, when, lambda: signal.raise_signal(signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            interrupted.find_experiments(ExperimentQuery())
    assert interrupted.put_experiment(new) == new
    assert interrupted.find_experiments(ExperimentQuery()) == [new]


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no signals for users")
def test_a_call_of_a_signal_handler_in_the_middle_of_a_call_is_refused(backend: MongoBackend) -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: backend.delete_experiment("u"))
    try:
        with pytest.raises(UsageError, match="set a flag instead"), backend._database.call():
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert [found.uid for found in backend.find_experiments(ExperimentQuery())] == ["u"]
    backend.delete_experiment("u")
    assert backend.find_experiments(ExperimentQuery()) == []
