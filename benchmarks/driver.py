"""Carries contests out: subjects and sizes take turns, A B C A B C: what else the machine does meets all of them."""

from __future__ import annotations

import math
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median
from time import monotonic
from typing import TypeAlias

from benchmarks.bench import Job, Sample
from benchmarks.contestants import CONTESTANTS
from benchmarks.engines import Engines
from benchmarks.plan import Contest, Layout
from benchmarks.process import SubjectError, Worker, seconds_per_unit, seconds_to_import, work_together
from benchmarks.results import Failure, Measurement, Profile
from benchmarks.subject import Address

# Peers fill PostgreSQL trial by trial; nobody times that.
RELAXED = {"PGOPTIONS": "-c synchronous_commit=off"}
MEASURES = {"cycles": "cycle"}
"""The cases that do in several processes what another one does in a single one."""

_Turn: TypeAlias = dict[str, list[Sample]]
"""By the names of the measures: a sample from each process."""


@dataclass(frozen=True)
class Settings:
    """How thorough a run is."""

    rounds: int
    seconds: float
    """How long each measurement goes on at least."""
    patience: float
    """A subject that has taken so many seconds for a contest does no further rounds of it."""


class Driver:
    """Carries contests out.

    Parameters
    ----------
    engines
        Where databases come from.
    settings
        How thorough the run is.
    say
        Told what goes on.
    """

    def __init__(self, engines: Engines, settings: Settings, say: Callable[[str], None]) -> None:
        self.measurements: list[Measurement] = []
        self.failures: list[Failure] = []
        self._engines, self._settings, self._say = engines, settings, say
        self._places: dict[tuple[str, str, Layout], Address] = {}
        self._seeds = count(1)
        _make_repository(engines)

    def run(self, *contests: Contest) -> None:
        """Carry out contests whose sizes are compared, which take turns, too, and remember what was measured."""
        parts = [(contest, subject) for contest in contests for subject in contest.subjects]
        turns: dict[tuple[Contest, str], list[_Turn]] = {part: [] for part in parts}
        spent = dict.fromkeys(parts, 0.0)
        for _ in range(self._settings.rounds):
            for part in parts:
                if spent[part] <= self._settings.patience:
                    spent[part] += self._seconds(*part, turns[part])
        for part, samples in turns.items():
            self.measurements.extend(_measurements(*part, samples))

    def profile(self, contest: Contest, measure: str) -> Profile | None:
        """Let trialstore do some work in a single process under the profiler; None if nothing is left to do."""
        worker = self._worker(contest, "trialstore", only=MEASURES.get(measure, measure), profile=True)
        [answer] = work_together([worker])
        [sample] = answer["samples"].values()
        if not sample["units"]:
            self._note(contest, "trialstore", SubjectError("no trials are left to be profiled with"))
            return None
        return Profile(
            case=contest.case,
            measure=measure,
            engine=contest.engine,
            n=contest.n,
            calls=sample["calls"] / sample["units"],
            **answer["profile"],
        )

    def _seconds(self, contest: Contest, subject: str, turns: list[_Turn]) -> float:
        """Let a subject work once more, and return how long that took; after a failure, it has taken too long."""
        self._say(
            f"{contest.case} on {contest.engine}, n={contest.n:,}, {contest.processes} at once: {subject}"
        )
        try:
            if contest.case != "import":
                self._place(contest.engine, subject, contest.layout(subject))
            began = monotonic()
            turns.append(self._turn(contest, subject))
        except (SubjectError, subprocess.CalledProcessError) as error:
            self._note(contest, subject, error)
            return math.inf
        return monotonic() - began

    def _turn(self, contest: Contest, subject: str) -> _Turn:
        """Let a subject do its work once."""
        if contest.case == "import":
            contestant = CONTESTANTS[subject]
            return {"import": [_imported(seconds_to_import(contestant.python, contestant.imported))]}
        workers = [self._worker(contest, subject) for _ in range(contest.processes)]
        answers = [answer["samples"] for answer in work_together(workers)]
        return {measure: [samples[measure] for samples in answers] for measure in answers[0]}

    def _worker(self, contest: Contest, subject: str, *, only: str = "", profile: bool = False) -> Worker:
        layout = contest.layout(subject)
        in_memory = contest.engine == "memory"
        return Worker(
            CONTESTANTS[subject].python,
            Job(
                module=CONTESTANTS[subject].module(contest.engine),
                address=self._place(contest.engine, subject, layout),
                case=MEASURES.get(contest.case, contest.case),
                n=contest.n,
                seed=next(self._seeds),
                seconds=self._settings.seconds,
                layout=layout if in_memory else (),
                only=only,
                profile=profile,
            ),
            self._engines.folder,
        )

    def _place(self, engine: str, subject: str, layout: Layout) -> Address:
        """Return where the database is that a subject has filled like this."""
        key = (engine, subject, layout)
        if key not in self._places:
            address = self._engines.address(engine)
            if layout and engine != "memory":
                self._fill(address, subject, layout)
            self._places[key] = address
        return self._places[key]

    def _fill(self, address: Address, subject: str, layout: Layout) -> None:
        job = Job(
            module=CONTESTANTS[subject].module(address["engine"]),
            address=address,
            case="fill",
            n=0,
            seed=0,
            seconds=0,
            layout=layout,
            only="",
            profile=False,
        )
        with Worker(CONTESTANTS[subject].python, job, self._engines.folder, RELAXED) as worker:
            worker.result()

    def _note(self, contest: Contest, subject: str, error: Exception) -> None:
        self._say(f"{subject}: {error}")
        reason = str(error).strip().splitlines()[-1]
        place = (contest.case, contest.engine, subject, contest.n, contest.processes)
        self.failures.append(Failure(*place, reason))


def _measurements(contest: Contest, subject: str, turns: list[_Turn]) -> Iterator[Measurement]:
    for measure in turns[0] if turns else ():
        rounds = [turn[measure] for turn in turns if all(sample["units"] for sample in turn[measure])]
        if not rounds:
            continue
        samples = [sample for each in rounds for sample in each]
        yield Measurement(
            case=contest.case,
            measure=measure if contest.case not in MEASURES else contest.case,
            engine=contest.engine,
            subject=subject,
            n=contest.n,
            processes=contest.processes,
            rounds=[seconds_per_unit(each) for each in rounds],
            calls=sum(s["calls"] for s in samples) / sum(s["units"] for s in samples),
            peak_bytes=int(median(sample["peak_bytes"] for sample in samples)),
            taken_twice=sum(_twice(each) for each in rounds),
        )


def _twice(samples: list[Sample]) -> int:
    claimed = Counter(trial_id for sample in samples for trial_id in sample["ids"])
    return sum(number > 1 for number in claimed.values())


def _imported(seconds: float) -> Sample:
    return Sample(seconds=seconds, units=1, calls=0, peak_bytes=0, began=0, ended=0, ids=[])


def _make_repository(engines: Engines) -> None:
    """Make the folder a git repository with an origin: mlos_bench runs nowhere else."""
    who = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")
    for arguments in (
        ("init", "--quiet"),
        ("remote", "add", "origin", "https://localhost/benchmark.git"),
        (*who, "commit", "--quiet", "--allow-empty", "--message=begin"),
    ):
        subprocess.run(["git", *arguments], cwd=engines.folder, check=True)
