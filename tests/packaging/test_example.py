"""The example of a plugin, installed beside the wheel as somebody else's package would be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "trialstore-lmdb"
Run = Callable[..., Any]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def scripts(wheel: Path, build: Callable[[Path], Path], install: Callable[..., Path]) -> Path:
    """Install both wheels and what the conformance suite needs; return the folder of their commands."""
    return install(f"{wheel}[conformance]", build(EXAMPLE))


def test_it_passes_the_whole_suite_and_its_own_tests(run: Run, scripts: Path, tmp_path: Path) -> None:
    tests = shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    told = run(scripts / "pytest", "-q", tests, cwd=tmp_path)
    assert " passed" in told.stdout.splitlines()[-1]


def test_a_config_finds_it_by_its_class(run: Run, scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "storage.jsonc").write_text(
        '{"class": "trialstore_lmdb.backend.LmdbBackend", "config": {"database": "trials.lmdb"}}',
        encoding="utf-8",
    )
    run(scripts / "trialstore", "init", "--storage", "storage.jsonc", cwd=tmp_path)
    assert (tmp_path / "trials.lmdb").exists()
    told = run(
        scripts / "trialstore", "experiments", "--json", "--storage", "lmdb:///trials.lmdb", cwd=tmp_path
    )
    assert told.stdout.strip() == "[]"


def test_a_failure_shows_the_sentence_and_both_sides(run: Run, scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "backwards.py").write_text(
        dedent("""\
            from trialstore import BackendSpec, hookimpl
            from trialstore_memory import MemoryBackend


            class BackwardsBackend(MemoryBackend):
                def find_experiments(self, query):
                    return super().find_experiments(query)[::-1]


            @hookimpl
            def trialstore_backends():
                return [BackendSpec(name="backwards", class_path="backwards.BackwardsBackend")]
            """),
        encoding="utf-8",
    )
    (tmp_path / "test_backwards.py").write_text(
        dedent("""\
            import pytest
            from trialstore_conformance import *


            class TestBackwards(StorageConformance):
                @pytest.fixture
                def storage_config(self):
                    return {"class": "backwards", "plugins": ["backwards"]}
            """),
        encoding="utf-8",
    )
    told = run(
        scripts / "python", "-m", "pytest", "-k", "experiments_come_by_code_point", cwd=tmp_path, code=1
    )
    assert "Broken contract sentence C-204: Experiments come ordered by id" in told.stdout
    assert "At index 0 diff:" in told.stdout
    assert "assert found == sorted(names)" in told.stdout
