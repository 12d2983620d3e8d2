"""The wheel, installed alone in an empty environment, is the whole product."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def scripts(wheel: Path, install: Callable[..., Path]) -> Path:
    """Install the wheel with what it depends on, and nothing else; return the folder of its commands."""
    return install(wheel)


def test_the_wheel_holds_the_typed_packages_their_data_and_the_license_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    roots = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert roots == {
        "trialstore",
        "trialstore_conformance",
        "trialstore_memory",
        "trialstore_mongo",
        "trialstore_sql",
    }
    assert {f"{root}/py.typed" for root in roots} <= set(names)
    assert any(name.endswith("/sqlite.jsonc") for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_both_embedded_backends_are_there_without_any_extra(run: Run, scripts: Path, tmp_path: Path) -> None:
    listed = json.loads(run(scripts / "trialstore", "backends", "--json", cwd=tmp_path).stdout)
    assert {"memory", "sql"} <= {backend["name"] for backend in listed if backend["status"] == "ok"}


def test_the_demo_runs_and_says_how_to_get_the_plot(run: Run, scripts: Path, tmp_path: Path) -> None:
    told = run(scripts / "trialstore", "demo", "--seconds", "2", cwd=tmp_path)
    assert "pip install 'trialstore[viz]'" in told.stdout + told.stderr
    assert (tmp_path / "trialstore-demo.sqlite").exists()
    assert not list(tmp_path.glob("*.png"))
