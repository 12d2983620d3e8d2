"""The page and its goals come from the numbers alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.cli import NUMBERS, PAGE, PICTURE
from benchmarks.goals import goals
from benchmarks.plot import draw
from benchmarks.results import Measurement, Profile, Results, read, write


def test_the_page_is_what_the_numbers_beside_it_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == report.page(read(NUMBERS))


def test_the_picture_is_drawn_from_the_numbers(tmp_path: Path) -> None:
    draw(read(NUMBERS), tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes()[:8] == PICTURE.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_results_come_back_from_their_file(tmp_path: Path) -> None:
    write(results(1.5), tmp_path / "results.json")
    assert read(tmp_path / "results.json") == results(1.5)


@pytest.mark.parametrize(("seconds", "reached"), [(1.6, True), (1.7, False)])
def test_a_goal_is_reached_at_its_number(seconds: float, *, reached: bool) -> None:
    [goal] = [
        g
        for g in goals(results(seconds))
        if (g.engine, g.wanted) == ("sqlite", "≥ 0.6 × bare") and g.measured
    ]
    assert (goal.work, goal.is_reached) == ("trial cycle", reached)


def test_what_was_not_measured_is_not_reached() -> None:
    reached = {goal.work for goal in goals(results(1.0)) if goal.is_reached}
    assert reached == {"trial cycle"}


def test_a_goal_says_what_the_bare_driver_reaches_of_it() -> None:
    bare = {g.wanted: (g.measured, g.bare) for g in goals(results(1.6)) if g.measured}
    assert bare == {"≥ 7 × mlos_bench": ("5 ×", "8 ×"), "≥ 0.6 × bare": ("0.62 ×", "")}


def test_a_profile_says_its_share_of_the_whole() -> None:
    profile = Profile(
        case="cycle",
        measure="cycle",
        engine="sqlite",
        n=0,
        calls=0,
        seconds=4.0,
        functions=[("commit", 3, 1.0)],
    )
    found = results(1.7)
    found.profiles.append(profile)
    assert "`commit` 25% (3 calls)" in report.page(found)


def results(seconds: float) -> Results:
    """Return what a run of one contest gives, in which the bare driver needs a second."""
    timed = {"trialstore": [seconds], "mlos_bench": [8.0], "bare": [0.9, 1.0, 7.0]}
    return Results(
        made_on="2025-01-01",
        machine={},
        versions={},
        durability={},
        settings={},
        measurements=[
            Measurement(
                case="cycle", measure="cycle", engine="sqlite", subject=subject, n=0, processes=1, rounds=rounds,
                calls=1, peak_bytes=0,
            )
            for subject, rounds in timed.items()
        ],
    )  # fmt: skip
