"""Every command, on other engines than SQLite, with only the URL changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

Run = Callable[..., Any]


@pytest.fixture(params=["duckdb", "mariadb", "mongo", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty storage."""
    if request.param == "duckdb":
        return f"duckdb:///{tmp_path / 'trials.duckdb'}"
    config = request.getfixturevalue(f"{request.param}_database")
    return config.get("uri") or sa.URL.create(**config).render_as_string(hide_password=False)


@pytest.mark.parametrize(
    "command",
    [
        ("experiments", "--json"),
        ("show", "latency"),
        ("show", "latency", "--json"),
        ("trials", "latency", "--all"),
        ("trials", "latency", "--json"),
    ],
    ids=" ".join,
)
def test_what_reads_prints_the_same_as_on_sqlite(
    run: Run, stored: str, stored_in_sqlite: str, command: tuple[str, ...]
) -> None:
    done, wanted = run(*command, "-s", stored), run(*command, "-s", stored_in_sqlite)
    assert (done.code, done.err) == (0, "")
    assert done.out == wanted.out


def test_the_queue_is_shown(run: Run, stored: str) -> None:
    done = run("queue", "latency", "-s", stored, "--json")
    assert (done.code, done.err) == (0, "")
    queue = json.loads(done.out)
    assert (queue["pending"]["due"], queue["finished"]) == (1, {"SUCCEEDED": 2})


def test_a_storage_is_missed_then_made_and_then_up_to_date(run: Run, url: str) -> None:
    missed = run("experiments", "-s", url)
    assert (missed.code, missed.out) == (1, "")
    assert missed.err.startswith("error: ")
    assert "is ready (experiments: 0)" in run("init", "-s", url).out
    assert "is up to date already" in run("upgrade", "-s", url).out
    assert json.loads(run("experiments", "-s", url, "--json").out) == []


@pytest.mark.parametrize("url", ["mongo"], indirect=True)
def test_the_demo_runs_there(run: Run, url: str) -> None:
    done = run("demo", "--seconds", "1", "-s", url)
    assert done.code == 0
    assert "speed-up" in done.out
    [experiment] = json.loads(run("experiments", "-s", url, "--json").out)
    assert (experiment["experiment_id"], experiment["trial_counts"]) == ("sqlite-demo", {"SUCCEEDED": 6})
