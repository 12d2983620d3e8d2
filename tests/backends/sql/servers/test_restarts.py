"""Servers that crash and come back while a program works, and servers that are down."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from servers import LocalServer
from servers.ports import free_port
from trialstore import Status, Storage, from_config
from trialstore.errors import StorageUnavailableError
from trialstore_conformance import history
from trialstore_conformance.lab import Lab

PROGRAM = Path(__file__).parents[1] / "programs" / "run_trials.py"
STEPS = ("added", "claimed", "reported", "completed")
CRASHES = {1, 22, 43, 64, 104}
"""After so many acknowledgements: at once, each of the four steps, and once it goes well for a while."""
TRIALS = 60


@pytest.fixture
def own_server(request: pytest.FixtureRequest, engine_name: str) -> LocalServer:
    """Return a server of that engine that the test may crash."""
    running: LocalServer = request.getfixturevalue(f"own_{engine_name}_server")
    return running


def test_a_program_survives_crashes_of_its_server_and_does_everything_once(own_server: LocalServer) -> None:
    config = {"class": "sql", "config": own_server.config(own_server.create_database())}
    acknowledged = []
    with running_program(config) as lines:
        for line in lines:
            acknowledged.append(line)
            if len(acknowledged) in CRASHES:
                own_server.crash()
                own_server.start()
    assert acknowledged == [f"{step} {i}" for i in range(1, TRIALS + 1) for step in STEPS]
    with from_config(config, create=False) as storage:
        check_all_of_it_is_there_once(storage)


@contextmanager
def running_program(config: Mapping[str, Any]) -> Iterator[Iterator[str]]:
    """Run the program, lend the lines that it prints, and check that it ends well."""
    command = [sys.executable, "-W", "error", str(PROGRAM), str(TRIALS)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdin.write(f"{json.dumps(config)}\n")
        program.stdin.close()
        yield (line.strip() for line in program.stdout)
        said = program.stderr.read()
    assert program.returncode == 0, said
    assert "Traceback" not in said


def check_all_of_it_is_there_once(storage: Storage) -> None:
    lab = Lab(storage.session.backend, "e")
    history.check_all(lab)
    trials = storage.experiments["e"].trials
    assert list(trials) == list(range(1, TRIALS + 1))
    for trial_id, trial in trials.items():
        assert trial.tunable_config.config_dict == trial.results_dict == {"i": trial_id - 1}
        assert [value for _, _, value in lab.telemetry(trial_id)] == sorted(range(20), key=lambda j: f"m{j}")
        own = [change.status for change in lab.history(trial_id) if not change.reported]
        assert own == [Status.PENDING, Status.RUNNING, Status.SUCCEEDED]


def test_a_server_that_is_down_is_named_with_what_to_do(engine_name: str) -> None:
    port = free_port("127.0.0.1")
    drivername = {"postgres": "postgresql", "mariadb": "mysql"}[engine_name]
    server = {"host": "127.0.0.1", "port": port, "username": "me", "password": "s3:cr@t/%"}
    config = {"class": "sql", "config": {"drivername": drivername, "database": "trials", **server}}
    with pytest.raises(StorageUnavailableError) as caught:
        from_config(config, retry_for=0.1)
    message = str(caught.value)
    assert message.startswith(f"{drivername}:trials: ")
    assert "127.0.0.1" in message
    assert "refused" in message
    assert "the server does not take connections; it may do so later (gave up after 0.1 s" in message
    assert "s3:cr@t" not in message
