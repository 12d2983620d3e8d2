"""``trialstore conformance`` as a command; what it tells is tested in tests/conformance/test_command.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trialstore

Run = Callable[..., Any]


def config_of(tmp_path: Path, url: str) -> str:
    """Write a config of an SQLite file, and return its name."""
    config = {"drivername": "sqlite", "database": url.removeprefix("sqlite:///")}
    (tmp_path / "storage.jsonc").write_text(json.dumps({"class": "sql", "config": config}), encoding="utf-8")
    return "storage.jsonc"


def test_a_right_backend_passes_and_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "memory.jsonc").write_text('{"class": "memory"}', encoding="utf-8")
    done = run("conformance", "memory.jsonc", "--only", "first_writer_wins")
    assert done.code == 0
    verdict = "trialstore_memory.MemoryBackend passes what was chosen: 1 passed, 0 failed, 0 left out"
    assert " ".join(done.out.split()).endswith(verdict)
    assert "experiments: 1 passed, 0 failed" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["memory.jsonc"]


def test_a_storage_that_holds_experiments_is_refused_and_left_alone(
    run: Run, stored: str, tmp_path: Path
) -> None:
    done = run("conformance", config_of(tmp_path, stored))
    assert (done.code, done.out) == (2, "")
    assert "storage.jsonc holds experiments already (2)" in done.err
    assert "$SCRATCH_DIR" in done.err
    with trialstore.open(stored, create=False) as storage:
        assert len(storage.experiments["latency"].trials) == 3


def test_what_hinders_the_tests_is_one_line_and_exit_code_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "wrong.jsonc").write_text('{"class": "memory", "confg": {}}', encoding="utf-8")
    done = run("conformance", "wrong.jsonc")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: ")
    assert "wrong.jsonc" in done.err
    assert '"confg"' in done.err


@pytest.mark.parametrize("module", ["hypothesis", "pytest_timeout"])
def test_without_the_extra_it_says_how_to_install_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    done = run("conformance", "storage.jsonc")
    assert (done.code, done.out) == (2, "")
    assert f"{module!r}, which is not installed; run: pip install 'trialstore[conformance]'\n" in done.err


def test_a_page_that_cannot_be_written_is_known_before_the_tests_run(run: Run) -> None:
    done = run("conformance", "storage.jsonc", "--html", "nosuch/page.html")
    assert (done.code, done.out) == (2, "")
    assert "there is no folder nosuch" in done.err
