"""What is timed on which engine, at which sizes, and who takes part."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from benchmarks.cases import SMALL

Layout: TypeAlias = tuple[tuple[str, int, int], ...]
"""Experiments, each with so many ended and so many waiting trials."""

SQL = ("sqlite", "postgresql")
MAIN = (*SQL, "mongodb")
OTHERS = ("mariadb", "duckdb", "memory")
ALL = (*MAIN, "mongodb replica set", *OTHERS)
OURS = ("trialstore", "bare")
SIZES = (200, 1_000, 3_000, 10_000, 100_000)
MANY = 100_000
QUEUED = 20_000
QUEUED_FOR_PEERS = 200


@dataclass(frozen=True)
class Contest:
    """Some work that subjects do in turn."""

    case: str
    engine: str
    n: int
    processes: int
    subjects: tuple[str, ...]

    def layout(self, subject: str) -> Layout:
        """Return what has to be there before the work begins."""
        n = self.n
        if self.case == "growth" and self.engine not in MAIN:
            return (("ended", n, 0),)
        if self.case == "claims":
            return (("waiting", 0, n if subject in OURS else min(n, QUEUED_FOR_PEERS)),)
        if not n:
            return ()
        ended = (SMALL, ("ended", n, 0))
        return ended if subject == "optuna" else (*ended, ("waiting", 0, n))


@dataclass(frozen=True)
class Case:
    """One kind of work, on all engines."""

    engines: tuple[str, ...]
    subjects: tuple[str, ...] = OURS
    sizes: tuple[int, ...] = (0,)
    processes: tuple[int, ...] = (1,)
    largest: Mapping[str, int] = field(default_factory=dict)
    """Up to which size a subject takes part."""

    def contests(self, name: str) -> Iterator[Contest]:
        """Yield the contests, the small ones first."""
        for engine in self.engines:
            for n in self.sizes:
                for processes in self.processes:
                    subjects = tuple(s for s in self.subjects if self._takes_part(s, engine, n, processes))
                    yield Contest(name, engine, n, processes, subjects)

    def _takes_part(self, subject: str, engine: str, n: int, processes: int) -> bool:
        if subject == "bare":
            return engine in {*MAIN, "mongodb replica set"}
        if subject == "replay":
            return engine == "postgresql"
        if subject == "trialstore":
            return True
        # What peers do at once is only of interest where a goal names it.
        has_its_turn = self.processes == (1,) or processes == (4 if engine == "sqlite" else 8)
        return engine in {*SQL, "none"} and n <= self.largest.get(subject, n) and has_its_turn


CASES: Mapping[str, Case] = {
    "import": Case(("none",), ("trialstore", "mlos_bench", "optuna")),
    "opening": Case(MAIN, (*OURS, "mlos_bench", "optuna"), (200,)),
    "cycle": Case(ALL, (*OURS, "replay", "mlos_bench", "optuna")),
    "new_trials": Case((*MAIN, "memory"), (*OURS, "mlos_bench")),
    "telemetry": Case((*MAIN, "mongodb replica set"), (*OURS, "mlos_bench")),
    "reads": Case(
        (*MAIN, *OTHERS),
        (*OURS, "mlos_bench", "optuna"),
        SIZES,
        largest={"mlos_bench": 3_000, "optuna": 1_000},
    ),
    "results_df_memory": Case(MAIN, OURS, (MANY,)),
    "iterate_memory": Case(MAIN, OURS, (MANY,)),
    "growth": Case((*MAIN, *OTHERS), OURS, (1_000, 10_000, MANY)),
    "cycles": Case(MAIN, OURS, processes=(1, 4, 8)),
    "claims": Case(MAIN, (*OURS, "optuna"), (QUEUED,), (1, 4, 8)),
}
"""In the order in which they are carried out."""
MEASURES: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in CASES},
    "reads": ("load", "pending", "results_df", "results_dict"),
    "growth": ("claim", "add", "complete", "poll"),
}
"""What is measured in each case."""


def contests(
    cases: Collection[str], engines: Collection[str], subjects: Collection[str], largest: int
) -> list[Contest]:
    """Return the contests of some cases, on some engines, among some subjects, up to some size."""
    return [
        Contest(found.case, found.engine, found.n, found.processes, taking_part)
        for name in CASES
        if name in cases
        for found in CASES[name].contests(name)
        if found.engine in {*engines, "none"} and found.n <= largest
        if (taking_part := tuple(subject for subject in found.subjects if subject in subjects))
    ]
