"""The wheel, installed alone in an empty environment, is the whole product."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with what it depends on, and nothing else; return the folder of its commands."""
    environment = tmp_path_factory.mktemp("alone") / "venv"
    run(UV, "venv", "--quiet", "--python", sys.executable, environment)
    folder = environment / ("Scripts" if os.name == "nt" else "bin")
    run(UV, "pip", "install", "--quiet", "--python", folder / "python", wheel)
    return folder


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


def test_both_embedded_backends_are_there_without_any_extra(scripts: Path, tmp_path: Path) -> None:
    listed = json.loads(run(scripts / "trialstore", "backends", "--json", cwd=tmp_path).stdout)
    assert {"memory", "sql"} <= {backend["name"] for backend in listed if backend["status"] == "ok"}


def test_the_demo_runs_and_says_how_to_get_the_plot(scripts: Path, tmp_path: Path) -> None:
    told = run(scripts / "trialstore", "demo", "--seconds", "2", cwd=tmp_path)
    assert "pip install 'trialstore[viz]'" in told.stdout + told.stderr
    assert (tmp_path / "trialstore-demo.sqlite").exists()
    assert not list(tmp_path.glob("*.png"))


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command without this environment's variables, and see that it succeeds."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=bare(os.environ), text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


def bare(environment: Mapping[str, str]) -> dict[str, str]:
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT")
    kept = {k: v for k, v in environment.items() if k not in hidden and not k.startswith("COV")}
    return kept | {"COLUMNS": "200", "UV_PYTHON_DOWNLOADS": "never"}
