"""Who takes part in what."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.contestants import CONTESTANTS
from benchmarks.plan import ALL, CASES, Contest, contests


def everything() -> list[Contest]:
    return contests(CASES, ALL, CONTESTANTS, 100_000)


def test_a_run_may_be_about_one_thing_only() -> None:
    chosen = contests(["cycle"], ["sqlite"], ["trialstore"], 0)
    assert chosen == [Contest("cycle", "sqlite", 0, 1, ("trialstore",))]


def test_peers_take_part_where_they_have_the_engine() -> None:
    where = {contest.engine for contest in everything() if {"mlos_bench", "optuna"} & {*contest.subjects}}
    assert where == {"none", "sqlite", "postgresql"}


def test_statements_are_replayed_where_one_is_a_whole_call() -> None:
    where = {(contest.case, contest.engine) for contest in everything() if "replay" in contest.subjects}
    assert where == {("cycle", "postgresql")}


def test_peers_read_no_more_trials_than_they_get_through() -> None:
    sizes = [
        contest.n for contest in everything() if contest.case == "reads" and "mlos_bench" in contest.subjects
    ]
    assert max(sizes) == 3_000


@pytest.mark.parametrize("option", ["--case", "--engine", "--subject", "--profile"])
def test_what_there_is_not_is_refused(option: str) -> None:
    refused = CliRunner().invoke(app, [option, "oracle"])
    assert (refused.exit_code, "'oracle'; there are" in " ".join(refused.output.split())) == (2, True)
