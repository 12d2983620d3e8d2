"""The program as a whole, and the commands that are about the installation or the storage itself."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Run = Callable[..., Any]
COMMANDS = ["demo", "experiments", "show", "trials", "init", "upgrade", "backends", "schema"]


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


def test_an_encoding_that_lacks_a_character_does_not_end_the_program(stored: str) -> None:
    program = [sys.executable, "-m", "trialstore", "experiments", "-s", stored]
    environment = {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "latency" in done.stdout


def test_backends_lists_ours_as_usable(run: Run) -> None:
    done = run("backends")
    assert done.code == 0
    assert "trialstore_sql.SqlBackend" in done.out
    listed = {info["name"]: info for info in json.loads(run("backends", "--json").out)}
    assert (listed["sql"]["status"], listed["memory"]["status"]) == ("ok", "ok")
    assert "persistent" in listed["sql"]["capabilities"]


def test_backends_lists_one_that_is_not_installed_with_its_install_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cloudstore_plugin.py").write_text(
        "from trialstore import BackendSpec, hookimpl\n"
        "@hookimpl\n"
        "def trialstore_backends():\n"
        "    return [BackendSpec(name='cloud', class_path='cloudstore.Cloud', requires=('cloudstore',),\n"
        "                        install='cloudstore[all]')]\n",
        encoding="utf-8",
    )
    info = tmp_path / "cloudstore-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: cloudstore\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[trialstore]\ncloud = cloudstore_plugin\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    cloud = next(each for each in json.loads(run("backends", "--json").out) if each["name"] == "cloud")
    assert cloud["status"] == "not installed"
    assert "cloudstore[all]" in cloud["install"]
    shown = run("backends")
    assert shown.code == 0
    assert "pip install 'cloudstore[all]'" in shown.out.replace("\n", " ")


def test_schema_is_a_json_schema_that_a_config_fits(run: Run) -> None:
    schema = json.loads(run("schema").out)
    validator = jsonschema.validators.validator_for(schema)
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
