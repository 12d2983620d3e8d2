"""The processes in which subjects work, and what becomes of their answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.bench import Job, Sample
from benchmarks.driver import Driver, Settings
from benchmarks.engines import Engines
from benchmarks.plan import Contest
from benchmarks.process import ROOT, SubjectError, Worker, seconds_per_unit
from benchmarks.results import Measurement

OURS = ("trialstore", "bare")


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Engines() as engines:
        yield Driver(engines, Settings(rounds=1, seconds=0, patience=0), lambda _: None)


def measured(driver: Driver, contest: Contest) -> list[Measurement]:
    driver.run(contest)
    assert driver.failures == []
    return driver.measurements[-len(contest.subjects) :]


def test_subjects_work_in_processes_of_their_own_and_what_they_ask_the_driver_for_is_counted(
    driver: Driver,
) -> None:
    ours, bare = measured(driver, Contest("cycle", "sqlite", 0, 1, OURS))
    assert (ours.subject, bare.subject, len(ours.rounds)) == (*OURS, 1)
    begins_and_commits, writes_of_add, of_run, of_complete = 6, 4, 2, 3
    assert bare.calls == begins_and_commits + writes_of_add + of_run + of_complete


def test_processes_that_claim_at_once_take_nothing_twice(driver: Driver) -> None:
    [claims] = measured(driver, Contest("claims", "sqlite", 10, 2, OURS[:1]))
    assert (claims.processes, claims.taken_twice) == (2, 0)


def test_a_profile_without_a_trial_left_is_noted_as_a_failure() -> None:
    with Engines() as engines:
        driver = Driver(engines, Settings(rounds=1, seconds=0, patience=0), lambda _: None)
        contest = Contest("claims", "sqlite", 3, 1, OURS[:1])
        profile = driver.profile(contest, "claims")
        assert profile is not None
        while profile is not None:
            profile = driver.profile(contest, "claims")
    assert [failure.reason for failure in driver.failures] == ["no trials are left to be profiled with"]


def test_a_process_needs_nothing_but_the_standard_library_and_its_subject() -> None:
    environment = {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-S", "-c", "import benchmarks.child"], env=environment, check=True)


def test_a_subject_that_fails_is_told_from_one_that_is_slow(tmp_path: Path) -> None:
    job = Job(
        module="nobody", address={}, case="cycle", n=0, seed=1, seconds=0, layout=(), only="", profile=False
    )
    failure = pytest.raises(SubjectError, match=r"nobody failed at cycle:(.|\n)*No module named 'nobody'")
    with Worker(Path(sys.executable), job, tmp_path) as worker, failure:
        worker.wait_until_ready()


def test_the_time_of_several_processes_runs_from_the_first_beginning_to_the_last_end() -> None:
    assert seconds_per_unit([sample(0, 4, units=10), sample(1, 5, units=15)]) == 5 / 25


def sample(began: float, ended: float, units: int) -> Sample:
    return Sample(seconds=1, units=units, calls=0, peak_bytes=0, began=began, ended=ended, ids=[])
