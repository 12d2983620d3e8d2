"""Each of our subjects does each piece of work, and says how much of it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bench import Bench, Job
from benchmarks.cases import BATCH, CASES, ROWS, fill
from benchmarks.contestants import CONTESTANTS
from benchmarks.drivers import Calls
from benchmarks.plan import Contest
from benchmarks.subject import Address, Subject

N = 20
UNITS = {
    "cycle": {"cycle": 1},
    "new_trials": {"new_trials": BATCH},
    "telemetry": {"telemetry": ROWS},
    "reads": {"load": N, "pending": N, "results_df": N, "results_dict": 1},
    "results_df_memory": {"results_df_memory": N},
    "iterate_memory": {"iterate_memory": N},
    "growth": {"claim": 1, "add": 1, "complete": 1, "poll": 1},
    "claims": {"claims": 1},
    "opening": {"opening": 1},
}
FILLED = {"reads", "claims"}
"""The others find what one of these has left."""
SERVERS = {"postgresql": "postgres_database", "mongodb": "mongo_database"}
SUBJECTS = [
    ("trialstore", "memory"),
    *((name, engine) for name in ("trialstore", "bare") for engine in ("sqlite", *SERVERS)),
]


@pytest.fixture(params=SUBJECTS, ids=" on ".join)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Subject, Address]]:
    name, engine = request.param
    address = address_on(engine, request, tmp_path)
    subject = import_module(CONTESTANTS[name].module(engine)).Subject(address)
    yield subject, address
    subject.close()


def address_on(engine: str, request: pytest.FixtureRequest, folder: Path) -> Address:
    if engine == "sqlite":
        return {"engine": engine, "drivername": "sqlite", "database": str(folder / "trials.db")}
    config: dict[str, Any] = request.getfixturevalue(SERVERS[engine]) if engine in SERVERS else {}
    return {"engine": engine, **config}


def test_all_cases_are_tested_here() -> None:
    assert set(CASES) == {"fill", *UNITS}


def test_a_subject_does_all_work_once_in_no_time(subject: tuple[Subject, Address]) -> None:
    done = {case: units_of(case, seed, *subject) for seed, case in enumerate(UNITS, start=1)}
    assert done == UNITS


def units_of(case: str, seed: int, subject: Subject, address: Address) -> dict[str, int]:
    n = 0 if case in {"cycle", "new_trials", "telemetry"} else N
    layout = Contest(case, address["engine"], n, 1, ()).layout("trialstore")
    job = Job(
        module="",
        address=address,
        case=case,
        n=n,
        seed=seed,
        seconds=0,
        layout=layout if case in FILLED else (),
        only="",
        profile=False,
    )
    bench = Bench(subject, job, Calls(), lambda: None)
    fill(bench)
    CASES[case](bench)
    return {name: sample["units"] for name, sample in bench.samples.items()}
