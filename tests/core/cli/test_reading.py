"""The commands that read: for people, for programs, and when something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import trialstore
from trialstore import Status

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
Run = Callable[..., Any]


def test_experiments_lists_them_with_the_number_of_their_trials(run: Run, stored: str) -> None:
    done = run("experiments", "--storage", stored)
    assert done.code == 0
    row = next(line for line in done.out.splitlines() if "latency" in line)
    assert row.split()[:2] == ["latency", "3"]
    assert "2 SUCCEEDED" in done.out
    assert "the cache" in done.out


def test_experiments_as_json(run: Run, stored: str) -> None:
    empty, latency = json.loads(run("experiments", "--storage", stored, "--json").out)
    assert (empty["experiment_id"], empty["trials"]) == ("empty", 0)
    assert latency["trial_counts"] == {"PENDING": 1, "SUCCEEDED": 2}
    assert latency["objectives"] == {"ms": "min", "qps": "max"}


def test_show_names_the_best_trial_of_each_objective(run: Run, stored: str) -> None:
    done = run("show", "latency", "--storage", stored)
    assert done.code == 0
    assert "min ms, max qps" in done.out
    best = [line.split() for line in done.out.splitlines() if "mb=64" in line]
    assert [row[:4] for row in best] == [["min", "ms", "1.5", "1"], ["max", "qps", "1000", "1"]]


def test_show_as_json_holds_the_best_trials_whole(run: Run, stored: str) -> None:
    shown = json.loads(run("show", "latency", "--storage", stored, "--json").out)
    assert shown["best_trials"]["ms"]["config"] == {"mb": 64}
    assert shown["best_trials"]["ms"]["metrics"] == {"ms": 1.5, "note": "ok", "qps": 1000}


def test_show_leaves_out_an_objective_that_no_trial_has_a_number_for(run: Run, url: str) -> None:
    with (
        trialstore.open(url) as storage,
        storage.experiment(experiment_id="e", opt_targets={"ms": "min", "grade": "max"}) as experiment,
    ):
        experiment.new_trial({"mb": 1}).update(Status.SUCCEEDED, START, {"ms": 2, "grade": "good"})
    shown = json.loads(run("show", "e", "-s", url, "--json").out)
    assert list(shown["best_trials"]) == ["ms"]


def test_show_of_an_experiment_without_trials_or_objectives(run: Run, stored: str) -> None:
    done = run("show", "empty", "--storage", stored)
    assert (done.code, done.err) == (0, "")
    assert done.out.split() == ["experiment_id", "empty", "trials", "0"]


def test_trials_shows_the_objectives_and_with_all_the_rest(run: Run, stored: str) -> None:
    assert "note" not in run("trials", "latency", "--storage", stored).out
    everything = run("trials", "latency", "--storage", stored, "--all").out
    assert "note" in everything
    assert "mb" in everything


def test_trials_as_json_keeps_types_and_spells_out_what_json_has_no_number_for(run: Run, stored: str) -> None:
    fast, slow, pending = json.loads(run("trials", "latency", "--storage", stored, "--json").out)
    assert fast["ts_end"] == "2026-01-02T03:04:07+00:00"
    assert fast["metadata"] == {"repeat_i": 1}
    assert fast["metrics"]["qps"] == 1000
    assert slow["metrics"]["qps"] == "NaN"
    assert (pending["status"], pending["ts_end"], pending["metrics"]) == ("PENDING", None, {})


def test_the_last_trials_only(run: Run, stored: str) -> None:
    shown = json.loads(run("trials", "latency", "--storage", stored, "--json", "--last", "2").out)
    assert [trial["trial_id"] for trial in shown] == [2, 3]


@pytest.mark.parametrize("columns", ["20", "60", "300"])
def test_no_number_is_cut_however_narrow_the_terminal_is(
    run: Run, stored: str, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    row = next(
        line for line in run("trials", "latency", "--storage", stored).out.splitlines() if "9.25" in line
    )
    assert row.split()[0] == "2"
    assert row.split()[-2:] == ["9.25", "nan"]


def test_the_storage_may_stand_in_the_environment(
    run: Run, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIALSTORE_STORAGE", stored)
    assert "latency" in run("experiments").out


def test_a_config_file_is_as_good_as_a_url(run: Run, stored: str, tmp_path: Path) -> None:
    config = {
        "class": "sql",
        "config": {"drivername": "sqlite", "database": stored.removeprefix("sqlite:///")},
    }
    (tmp_path / "storage.jsonc").write_text(json.dumps(config), encoding="utf-8")
    assert "latency" in run("experiments", "-s", "storage.jsonc").out


def test_markup_and_control_characters_are_shown_and_do_nothing(run: Run, url: str) -> None:
    with (
        trialstore.open(url) as storage,
        storage.experiment(
            experiment_id="[bold]x[/bold]", description="\x1b[31mred\u202e :smile:\nnext"
        ) as experiment,
    ):
        experiment.new_trial({"[link=x]p": "[/]"})
    listed = run("experiments", "-s", url, "--json").out
    assert json.loads(listed)[0]["experiment_id"] == "[bold]x[/bold]"
    shown = run("show", "[bold]x[/bold]", "-s", url).out
    assert "[bold]x[/bold]" in shown
    assert "\\x1b[31mred\\u202e :smile:\\nnext" in shown
    assert "[/]" in run("trials", "[bold]x[/bold]", "-s", url, "--all").out
