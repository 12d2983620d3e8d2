"""What a forked child does to its parent's sessions on a server, and to its parent's DuckDB file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trialstore
from servers import Server
from trialstore import Storage

PROGRAM = Path(__file__).parents[1] / "programs" / "fork_and_exit.py"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


class Family:
    """A process that forks, and its child."""

    def __init__(self, config: dict[str, Any]) -> None:
        command = [sys.executable, "-W", "error", str(PROGRAM)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._write(json.dumps({"class": "sql", "config": config}))

    def says(self) -> str:
        """Return what one of them says next."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def go_on(self) -> None:
        """Let whoever spoke go on."""
        self._write("")

    def end(self) -> int:
        """Return how the parent ended, once it has."""
        with self._process as process:
            return process.wait()

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")


def test_a_forked_child_has_a_session_of_its_own_and_leaves_those_of_its_parent_alone(
    server: Server, database: str, onlooker: Any, open_storage: Callable[..., Storage]
) -> None:
    family = Family(server.config(database))
    assert family.says() == "opened"
    of_parent = onlooker.sessions()
    family.go_on()
    assert family.says() == "used by child"
    assert onlooker.sessions() > of_parent
    family.go_on()
    assert family.says() == "child ended with 0"
    assert onlooker.sessions() >= of_parent
    family.go_on()
    assert family.says() == "used by parent"
    assert onlooker.sessions() == of_parent
    family.go_on()
    assert family.end() == 0
    trials = open_storage().experiments["e"].trials.values()
    assert [trial.tunable_config.config_dict["by"] for trial in trials] == ["parent", "child", "parent"]


def test_a_forked_child_of_a_storage_on_duckdb_is_refused_and_its_end_costs_its_parent_nothing(
    tmp_path: Path,
) -> None:
    file = tmp_path / "trials.duckdb"
    family = Family({"drivername": "duckdb", "database": str(file)})
    assert family.says() == "opened"
    family.go_on()
    assert family.says() == "refused"
    family.go_on()
    assert family.says().startswith("child ended")
    family.go_on()
    assert family.says() == "used by parent"
    family.go_on()
    assert family.end() == 0
    with trialstore.open(f"duckdb:///{file}") as storage:
        assert list(storage.experiments["e"].trials) == [1, 2]
