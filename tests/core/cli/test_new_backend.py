"""``trialstore new-backend``: what it writes works from the first minute, and it writes all of it or nothing."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from trialstore.backend import Backend

Run = Callable[..., Any]
InstallPlugin = Callable[..., None]
RUFF = Path(sys.executable).with_name("ruff")


@pytest.fixture
def written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a new package, installed as pip would leave it after ``--editable``."""
    assert run("new-backend", "big-table").code == 0
    folder = tmp_path / "trialstore-big-table"
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    info = folder / "src" / f"{project['name']}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8"
    )
    entry_points = "".join(
        f"{key} = {value}\n" for key, value in project["entry-points"]["trialstore"].items()
    )
    (info / "entry_points.txt").write_text(f"[trialstore]\n{entry_points}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder / "src"))
    yield folder
    for module in [name for name in sys.modules if name.partition(".")[0] == "trialstore_big_table"]:
        del sys.modules[module]


def test_the_backend_is_found_once_its_package_is_installed(run: Run, written: Path) -> None:
    (listed,) = (info for info in json.loads(run("backends", "--json").out) if info["name"] == "big-table")
    assert listed["status"] == "ok"
    assert listed["distribution"] == written.name
    assert listed["class_name"] == "trialstore_big_table.BigTableBackend"
    assert listed["capabilities"] == ["persistent"]


def test_a_config_and_a_url_lead_to_the_method_to_write_first(run: Run, written: Path) -> None:
    for storage in (str(written / "storage.jsonc"), "big-table:///trials.big-table"):
        with pytest.raises(NotImplementedError, match=r"^BigTableBackend\.open is yours to write"):
            run("init", "--storage", storage)


def test_a_config_without_a_database_is_refused(run: Run, written: Path) -> None:
    config = written / "storage.jsonc"
    config.write_text('{"class": "big-table", "config": {}}', encoding="utf-8")
    done = run("init", "--storage", str(config))
    assert (done.code, "database" in done.err) == (1, True)


def test_every_method_has_the_signature_of_the_interface_and_a_docstring(written: Path) -> None:
    backend = import_module("trialstore_big_table").BigTableBackend
    for name in Backend.__abstractmethods__:
        method = vars(backend)[name]
        assert inspect.signature(method) == inspect.signature(getattr(Backend, name)), name
        assert method.__doc__ or name == "__init__"


def test_every_method_names_itself_and_its_step_in_the_readme(written: Path) -> None:
    kind = import_module("trialstore_big_table").BigTableBackend
    backend = kind({"database": "trials"})
    steps = [_step_of(backend, name) for name in vars(kind) if name in Backend.__abstractmethods__ - DONE]
    assert len(steps) == len(Backend.__abstractmethods__ - DONE)
    assert steps == sorted(steps)


DONE = {"__init__", "close"}
"""The methods that do what they must from the beginning."""


def _step_of(backend: Any, name: str) -> int:
    """Return the step that a method names, which is the one that names it in the README."""
    method = getattr(backend, name)
    arguments = dict.fromkeys(inspect.signature(method).parameters)
    with pytest.raises(NotImplementedError) as raised:
        method(**arguments)
    message = re.fullmatch(
        rf"BigTableBackend\.{name} is yours to write: README\.md, step (\d)", str(raised.value)
    )
    assert message, raised.value
    readme = Path("trialstore-big-table", "README.md").read_text("utf-8")
    assert re.search(rf"^\| {message[1]} .*`{name}`", readme, re.MULTILINE)
    return int(message[1])


def test_the_suite_runs_and_fails_for_want_of_methods_only(written: Path, pytester: pytest.Pytester) -> None:
    choice = "not killed and not crash and not forked"  # these start processes, which say it on stderr
    ran = pytester.inline_run("-p", "no:cacheprovider", "--tb=native", "-k", choice, written)
    passed, _, failed = ran.listoutcomes()
    assert {report.nodeid.rpartition("::")[2] for report in passed} >= {
        "test_closing_what_was_never_opened_does_nothing",
        "test_an_instance_declares_no_more_than_its_class",
    }
    assert len(failed) > 20 * len(passed)
    for report in failed:
        assert re.search(r"BigTableBackend\.\w+ is yours to write: README\.md, step 1\b", report.longreprtext)


@pytest.mark.parametrize("name", ["x", "big-table-of-the-north"])
def test_what_was_written_passes_ruff(run: Run, tmp_path: Path, name: str) -> None:
    assert run("new-backend", name).code == 0
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [RUFF, *command, "--isolated", "--no-cache", tmp_path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_it_says_how_to_go_on(run: Run, tmp_path: Path) -> None:
    into = tmp_path / "my folder"
    into.mkdir()
    done = run("new-backend", "redis", "--into", str(into))
    folder = into / "trialstore-redis"
    assert _unfolded(done.out) == f"{folder} holds a backend whose methods are yours to write."
    assert f"cd '{folder}'\n" in done.err
    assert [path.name for path in into.iterdir()] == ["trialstore-redis"]
    placeholders = [path for path in folder.rglob("*") if "package" in path.name or path.suffix == ".in"]
    assert placeholders == []


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("RocksDB", "did you mean 'rocksdb'?"),
        ("big table", "did you mean 'big-table'?"),
        ("big_table", "did you mean 'big-table'?"),
        ("big--table-", "did you mean 'big-table'?"),
        ("../redis", "did you mean 'redis'?"),
        ("trialstore-redis", "did you mean 'redis'?"),
        ("trialstore", "small letters"),
        ("3store", "a letter first"),
        ("", "small letters"),
        ("käse", "did you mean 'k-se'?"),
    ],
)
def test_what_is_no_name_is_refused_with_advice(run: Run, tmp_path: Path, name: str, advice: str) -> None:
    done = run("new-backend", name)
    assert done.code == 2
    assert advice in _unfolded(done.err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("memory", "trialstore_memory.MemoryBackend"),
        ("sqlite", "trialstore_sql.SqlBackend"),
        ("conformance", "the package trialstore_conformance"),
    ],
)
def test_a_name_that_is_taken_is_refused(run: Run, tmp_path: Path, name: str, owner: str) -> None:
    done = run("new-backend", name)
    assert done.code == 2
    assert f"'{name}' is taken by {owner}" in _unfolded(done.err)
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_plugin_that_cannot_be_loaded_is_taken(run: Run, install_plugin: InstallPlugin) -> None:
    install_plugin("redis", "", "raise RuntimeError")
    done = run("new-backend", "redis")
    assert (done.code, "is taken by plugin 'redis' of redis 1.0" in _unfolded(done.err)) == (2, True)
    assert not Path("trialstore-redis").exists()


def test_an_existing_folder_is_left_alone(run: Run) -> None:
    notes = Path("trialstore-redis", "notes.txt")
    notes.parent.mkdir()
    notes.write_text("mine", encoding="utf-8")
    done = run("new-backend", "redis")
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: trialstore-redis exists already: remove it, or choose another name\n"
    assert list(notes.parent.iterdir()) == [notes]


def test_what_is_half_written_is_removed(run: Run, tmp_path: Path) -> None:
    with largest_file(bytes_=1000):
        done = run("new-backend", "redis")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("new-backend", "redis", "--into", "absent").code == 2
    assert list(tmp_path.iterdir()) == []


@contextmanager
def largest_file(*, bytes_: int) -> Iterator[None]:
    """Let this process write no file beyond a size, as on a disk that is full."""
    resource = pytest.importorskip("resource", reason="this system has no limits for processes")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _unfolded(text: str) -> str:
    """Return the text without the frame and the line breaks of an error message."""
    return " ".join(text.replace("│", " ").split())
