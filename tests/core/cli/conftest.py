"""The program, run as its console script runs it, and something for it to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest

import trialstore
from trialstore import Status
from trialstore.cli import main

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Run in an empty folder, as a terminal of 80 columns, and without a default storage."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("TRIALSTORE_STORAGE", raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a command in this process."""

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'trials.sqlite'}"


@pytest.fixture
def stored(url: str) -> str:
    """The URL of a storage with the experiments ``latency``, which has three trials, and ``empty``."""
    fill(url)
    return url


@pytest.fixture
def stored_in_sqlite(tmp_path: Path) -> str:
    """The URL of an SQLite file with the same experiments."""
    url = f"sqlite:///{tmp_path / 'same.sqlite'}"
    fill(url)
    return url


def fill(url: str) -> None:
    with trialstore.open(url) as storage:
        with storage.experiment(experiment_id="empty"):
            pass
        with storage.experiment(
            experiment_id="latency", description="the cache", opt_targets={"ms": "min", "qps": "max"}
        ) as experiment:
            fast, slow, _ = experiment.new_trials([{"mb": 64}, {"mb": 1}, {"mb": 8}], START, {"repeat_i": 1})
            fast.update(
                Status.SUCCEEDED, START + timedelta(seconds=2), {"ms": 1.5, "qps": 1000, "note": "ok"}
            )
            slow.update(Status.SUCCEEDED, START + timedelta(seconds=3), {"ms": 9.25, "qps": float("nan")})


@pytest.fixture
def install_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """Install a distribution with a plugin that declares one backend, as pip would leave it."""

    def install_plugin(name: str, spec: str, code: str = "") -> None:
        hook = f"@hookimpl\ndef trialstore_backends():\n    return [{spec}]\n"
        module = f"from trialstore import BackendSpec, hookimpl\n{dedent(code)}\n{hook}"
        (tmp_path / f"{name}_plugin.py").write_text(module, encoding="utf-8")
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8"
        )
        (info / "entry_points.txt").write_text(f"[trialstore]\n{name} = {name}_plugin\n", encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))

    return install_plugin
