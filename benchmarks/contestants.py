"""Who is timed, and in which environment."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import ROOT

ENVIRONMENTS = ROOT / ".venv-peers"
POSTGRESQL = "psycopg[binary]>=3.2"
VERSION = "import importlib.metadata; print(importlib.metadata.version({distribution!r}))"


@dataclass(frozen=True)
class Contestant:
    """A subject, by the name that tables give it."""

    name: str
    distribution: str = ""
    requirements: tuple[str, ...] = ()
    """Of an environment of its own; none if it runs beside trialstore."""
    imported: str = ""
    """What its users import."""

    def module(self, engine: str) -> str:
        """Return the module of the subject for an engine."""
        if self in {BARE, REPLAY}:
            return f"benchmarks.subjects.{self.name}_{engine.partition(' ')[0]}"
        return f"benchmarks.subjects.of_{self.name}"

    @property
    def python(self) -> Path:
        """The interpreter of its environment."""
        if not self.requirements:
            return Path(sys.executable)
        return ENVIRONMENTS / self.name / "bin" / "python"

    def ensure_environment(self) -> None:
        """Make its environment, unless it is there."""
        marker = ENVIRONMENTS / self.name / "requirements.txt"
        wanted = "\n".join(self.requirements)
        if not self.requirements or (marker.exists() and marker.read_text(encoding="utf-8") == wanted):
            return
        _uv("venv", "--clear", "--python", sys.executable, str(marker.parent))
        _uv("pip", "install", "--compile-bytecode", "--python", str(self.python), *self.requirements)
        marker.write_text(wanted, encoding="utf-8")

    def version(self) -> str:
        """Return the version that is installed."""
        code = VERSION.format(distribution=self.distribution)
        done = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True)
        return done.stdout.strip()


TRIALSTORE = Contestant("trialstore", "trialstore", imported="trialstore")
BARE = Contestant("bare")
REPLAY = Contestant("replay")
MLOS_BENCH = Contestant(
    "mlos_bench",
    "mlos-bench",
    ("mlos-bench==0.6.2", "pytz", "SQLAlchemy<2.1", "pandas<3", POSTGRESQL),
    "mlos_bench.storage.storage_factory",
)
OPTUNA = Contestant("optuna", "optuna", ("optuna==5.0.0", "pandas", POSTGRESQL), "optuna")
CONTESTANTS = {each.name: each for each in (TRIALSTORE, BARE, REPLAY, MLOS_BENCH, OPTUNA)}


def _uv(*arguments: str) -> None:
    program = Path(sys.executable).with_name("uv")
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run([program, *arguments, "--quiet"], check=True, env=environment)
