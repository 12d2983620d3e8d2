"""The program as a whole, and the commands that are about the installation or the storage itself."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, redirect_stdout
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for

from trialstore.cli import main

Run = Callable[..., Any]
InstallPlugin = Callable[..., None]
COMMANDS = [
    "demo",
    "experiments",
    "show",
    "trials",
    "queue",
    "run",
    "init",
    "upgrade",
    "backends",
    "schema",
    "conformance",
]


def test_the_version(run: Run) -> None:
    assert run("--version").out == f"trialstore {version('trialstore')}\n"


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert done.code == 0
    for command in COMMANDS:
        assert f" {command} " in done.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run: Run, command: str) -> None:
    done = run(command, "-h")
    assert done.code == 0
    assert f"trialstore {command}" in done.out


def test_python_dash_m_runs_it_with_its_exit_code(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "trialstore", "experiments", "-s", f"sqlite:///{tmp_path / 'x.db'}"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")


def test_help_imports_neither_engines_nor_pandas_nor_matplotlib() -> None:
    code = (
        "import sys; from trialstore.cli import main; main(['--help']); "
        "sys.exit(str(sorted({'sqlalchemy', 'pandas', 'matplotlib', 'psutil'} & sys.modules.keys())))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == "[]\n"


def test_ctrl_c_while_it_starts_is_quiet_too() -> None:
    code = (
        "import signal, sys; from trialstore.cli import main\n"
        "class CtrlC:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'typer': signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, CtrlC()); sys.exit(main(['--help']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_encoding_that_lacks_a_character_does_not_end_the_program(stored: str) -> None:
    program = [sys.executable, "-m", "trialstore", "experiments", "-s", stored]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "latency" in done.stdout


def test_its_output_may_be_captured() -> None:
    with redirect_stdout(StringIO()) as captured:
        assert main(["--version"]) == 0
    assert captured.getvalue().startswith("trialstore ")


def test_backends_lists_ours_as_usable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = run("backends")
    assert done.code == 0
    assert "trialstore_sql.SqlBackend" in done.out
    listed = {info["name"]: info for info in json.loads(run("backends", "--json").out)}
    assert (listed["sql"]["status"], listed["memory"]["status"]) == ("ok", "ok")
    assert "persistent" in listed["sql"]["capabilities"]


def test_backends_lists_one_that_is_not_installed_with_its_install_line(
    run: Run, install_plugin: InstallPlugin
) -> None:
    install_plugin(
        "cloudstore",
        "BackendSpec(name='cloud', class_path='cloudstore.Cloud', requires=('cloudstore',), install='cloudstore[all]')",
    )
    cloud = next(each for each in json.loads(run("backends", "--json").out) if each["name"] == "cloud")
    assert cloud["status"] == "not installed"
    assert "cloudstore[all]" in cloud["install"]
    shown = run("backends")
    assert shown.code == 0
    assert "pip install 'cloudstore[all]'" in shown.out.replace("\n", " ")


def test_schema_is_a_json_schema_that_a_config_fits(run: Run) -> None:
    schema = json.loads(run("schema").out)
    validator = validator_for(schema)
    validator.check_schema(schema)
    validate = validator(schema)
    assert validate.is_valid({"class": "sql", "config": {"drivername": "sqlite", "database": "x.db"}})
    assert not validate.is_valid({"class": "sql", "config": {"drivername": 1}})


def test_init_creates_a_storage_and_may_be_repeated(run: Run, url: str, tmp_path: Path) -> None:
    for _ in range(2):
        done = run("init", "-s", url)
        assert (done.code, done.err) == (0, "")
        assert "is ready" in done.out
    assert (tmp_path / "trials.sqlite").exists()


def test_init_creates_the_schema_of_a_lazy_config(run: Run, url: str, tmp_path: Path) -> None:
    config = {"drivername": "sqlite", "database": url.removeprefix("sqlite:///"), "lazy_schema_create": True}
    (tmp_path / "lazy.jsonc").write_text(json.dumps({"class": "sql", "config": config}), encoding="utf-8")
    run("init", "-s", "lazy.jsonc")
    assert run("experiments", "-s", url).code == 0


def test_upgrade_leaves_a_current_schema_alone(run: Run, stored: str) -> None:
    done = run("upgrade", "-s", stored)
    assert (done.code, done.err) == (0, "")
    assert "up to date already" in done.out


def test_upgrade_refuses_a_schema_from_the_future(run: Run, stored: str) -> None:
    with closing(sqlite3.connect(stored.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE trialstore_schema_version SET version_num = '9999'")
    done = run("upgrade", "-s", stored)
    assert done.code == 1
    assert "9999" in done.err
    assert done.err.count("\n") == 1


def test_upgrade_brings_an_older_schema_up_to_date(
    run: Run, install_plugin: InstallPlugin, tmp_path: Path
) -> None:
    install_plugin(
        "oldstore",
        "BackendSpec(name='old', class_path='oldstore_plugin.OldBackend', schemes=('old',))",
        """
        from pathlib import Path
        from trialstore.errors import SchemaVersionError
        from trialstore_memory import MemoryBackend

        class OldBackend(MemoryBackend):
            def open(self, *, create, read_only):
                if not Path("upgraded").exists():
                    raise SchemaVersionError("the schema is old")

            def upgrade(self):
                Path("upgraded").touch()
        """,
    )
    assert run("experiments", "-s", "old://").err == "error: the schema is old\n"
    assert "has been brought up to date" in run("upgrade", "-s", "old://").out
    assert "up to date already" in run("upgrade", "-s", "old://").out


def test_upgrade_of_a_version_that_never_was_is_an_error(run: Run, stored: str) -> None:
    with closing(sqlite3.connect(stored.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE trialstore_schema_version SET version_num = '0000'")
    assert "trialstore upgrade --storage" in run("experiments", "-s", stored).err
    done = run("upgrade", "-s", stored)
    assert (done.code, done.out) == (1, "")
    assert "0000" in done.err
