"""A process in which one subject does one job: ``python -m benchmarks.child``.

Its first line of input is the job. When all is prepared it says ``ready``, waits for another line, does the work, and
prints what it has measured as one line of JSON.
"""

from __future__ import annotations

import json
import pstats
import re
import sys
from importlib import import_module
from typing import Any

from benchmarks.bench import Bench, Job
from benchmarks.cases import CASES, fill
from benchmarks.drivers import Calls, relax_sqlite

COUNTED = "function Calls._counting_cursors.locals."
"""What stands before the names of the methods that `drivers` puts in the place of those of sqlite3."""


def main() -> None:
    """Do the job."""
    job: Job = json.loads(sys.stdin.readline())
    calls = Calls()
    if job["case"] == fill.__name__:
        relax_sqlite()
    else:
        calls.watch()
    subject = import_module(job["module"]).Subject(job["address"])
    bench = Bench(subject, job, calls, _ready)
    if job["case"] != fill.__name__:
        fill(bench)
    CASES[job["case"]](bench)
    subject.close()
    _say({"samples": bench.samples, "profile": _profile(bench)})


def _ready() -> None:
    _say("ready")
    sys.stdin.readline()


def _say(what: Any) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - this is how it answers


def _profile(bench: Bench) -> dict[str, Any]:
    """Return the seconds of the whole, and the functions with their calls and seconds alone, the longest first."""
    if bench.profiler is None:
        return {}
    stats: Any = pstats.Stats(bench.profiler)
    rows = [(_named(*place), number, seconds) for place, (_, number, seconds, *_) in stats.stats.items()]
    longest = sorted(rows, key=lambda row: -row[2])[:15]
    return {"seconds": stats.total_tt, "functions": longest}


def _named(file: str, line: int, name: str) -> str:
    """Return what a function is called by people; one that is written in C has no file."""
    if file == "~":
        return re.sub(r" at 0x\w+|[<>]", "", name).replace(COUNTED, "sqlite3.")
    return f"{'/'.join(file.split('/')[-2:])}:{line} {name}"


if __name__ == "__main__":
    main()
