"""Wheels, built once, and the environments in which they are installed without this one's packages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
Install: TypeAlias = Callable[..., Path]


@pytest.fixture(scope="session")
def run() -> Run:
    """Return a function that runs a command without this environment's variables, and sees how it ends."""

    def run(*command: str | Path, cwd: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            env=bare(os.environ),
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, f"{command}\n{done.stdout}{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def build(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Return a function that builds the wheel of a project."""

    def build(project: Path) -> Path:
        folder = tmp_path_factory.mktemp("dist")
        run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, project)
        (built,) = folder.glob("*.whl")
        return built

    return build


@pytest.fixture(scope="session")
def wheel(build: Callable[[Path], Path]) -> Path:
    return build(ROOT)


@pytest.fixture(scope="session")
def install(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Return a function that installs packages, and what they depend on, where nothing is; it returns the commands' folder."""

    def install(*packages: str | Path) -> Path:
        environment = tmp_path_factory.mktemp("alone") / "venv"
        run(UV, "venv", "--quiet", "--python", sys.executable, environment)
        folder = environment / ("Scripts" if os.name == "nt" else "bin")
        run(UV, "pip", "install", "--quiet", "--python", folder / "python", *packages)
        return folder

    return install


def bare(environment: Mapping[str, str]) -> dict[str, str]:
    hidden = ("VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT")
    kept = {k: v for k, v in environment.items() if k not in hidden and not k.startswith(("COV", "PYTEST_"))}
    return kept | {"COLUMNS": "200", "UV_PYTHON_DOWNLOADS": "never"}
