# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "mlos-bench==0.6.2",
#     "optuna==5.0.0",
#     "pandas<3",
#     "psycopg[binary]",
#     "pymysql",
#     "pytz",
#     "sqlalchemy<2.1",
# ]
# ///
"""Let mlos_bench or Optuna fill an empty database, and write what it made there into a file beside this one."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import chdir, closing
from datetime import UTC, datetime, timedelta
from importlib import import_module  # neither program is installed where the types are checked
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import URL, make_url

HERE = Path(__file__).resolve().parent
NOISE = ("--", "/*!", "/*M!", "\\", "SET ", "SELECT pg_catalog.set_config(")
"""How the lines of a dump begin that neither make a table nor fill it."""
TUNABLES = {
    "database": {
        "cost": 1,
        "params": {
            "cache_mb": {"type": "int", "range": [1, 1024], "default": 64},
            "flush": {"type": "categorical", "values": ["on", "off"], "default": "on"},
        },
    }
}


def main(program: str, address: str) -> None:
    url = make_url(address)
    if program == "mlos_bench":
        with TemporaryDirectory() as folder, chdir(folder):
            _run_mlos_bench(url)
    else:
        _run_optuna(url)
    engine, lines = _dumped(url)
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    (HERE / program / f"{engine}.sql").write_text(text, encoding="utf-8")


def _run_mlos_bench(url: URL) -> None:
    """Store an experiment with three trials."""
    _make_git_repository()
    status = import_module("mlos_bench.environments.status").Status
    tunables = import_module("mlos_bench.tunables.tunable_groups").TunableGroups(TUNABLES)
    storage = _mlos_bench_storage(url)
    with storage.experiment(
        experiment_id="tune-db",
        trial_id=1,
        root_env_config="environment.jsonc",
        description="Größe des Caches",
        tunables=tunables,
        opt_targets={"latency": "min"},
    ) as experiment:
        for number, cache_mb in enumerate([64, 128, 256]):
            trial = experiment.new_trial(tunables.assign({"cache_mb": cache_mb}), config={"repeat_i": 1})
            # It keeps whole seconds on MariaDB, and no two changes of status at the same one.
            start = datetime(2025, 1, 1, 12, number, tzinfo=UTC)
            trial.update(status.RUNNING, start)
            middle, end = start + timedelta(seconds=10), start + timedelta(seconds=20)
            measured = [(middle, "cpu", 0.5 + number), (middle, "state", "warm")]
            trial.update_telemetry(status.RUNNING, middle, measured)
            trial.update(status.SUCCEEDED, end, {"latency": 10.5 - number})


def _make_git_repository() -> None:
    """Make the repository with a remote without which mlos_bench stores nothing."""
    as_someone = ("-c", "user.name=someone", "-c", "user.email=someone@example.org")
    _git("init", "--quiet")
    _git(*as_someone, "commit", "--quiet", "--allow-empty", "--message=Begin")
    _git("remote", "add", "origin", "https://example.org/tuning.git")


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def _mlos_bench_storage(url: URL) -> Any:
    config = {key: value for key, value in url._asdict().items() if value}
    return import_module("mlos_bench.storage.sql.storage").SqlStorage(config)


def _run_optuna(url: URL) -> None:
    """Store a study with three trials."""
    optuna = import_module("optuna")
    sampler = optuna.samplers.RandomSampler(seed=1)
    storage = url.render_as_string(hide_password=False)
    study = optuna.create_study(study_name="tune-db", storage=storage, sampler=sampler)
    study.set_user_attr("host", "größer")
    study.optimize(_objective, n_trials=3)


def _objective(trial: Any) -> float:
    cache_mb: int = trial.suggest_int("cache_mb", 1, 1024)
    flush = trial.suggest_categorical("flush", ["on", "off"])
    latency = cache_mb / 64 if flush == "on" else 2.5
    trial.report(latency / 2, step=1)
    trial.set_user_attr("runner", "a")
    return latency


def _dumped(url: URL) -> tuple[str, Iterable[str]]:
    """Return the name of the engine and the lines of a dump."""
    engine = url.get_backend_name()
    if engine == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as connection:
            return engine, list(connection.iterdump())
    if engine == "postgresql":
        plain = url.set(drivername=engine).render_as_string(hide_password=False)
        return engine, _output("pg_dump", "--inserts", "--no-owner", "--no-privileges", plain)
    return "mariadb", _dumped_from_mariadb(url)


def _dumped_from_mariadb(url: URL) -> list[str]:
    at = (f"--host={url.host}", f"--port={url.port}", f"--user={url.username}", str(url.database))
    (charset,) = _output("mariadb", "--skip-column-names", "--execute=SELECT @@character_set_database", *at)
    return [
        f"ALTER DATABASE CHARACTER SET {charset};",
        "SET foreign_key_checks = 0;",  # the tables come in the order of their names
        *_output("mariadb-dump", "--compact", *at),
    ]


def _output(*command: str) -> list[str]:
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    return [line for line in done.stdout.splitlines() if line and not line.startswith(NOISE)]


if __name__ == "__main__":
    main(*sys.argv[1:])
