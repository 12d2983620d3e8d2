"""Forks processes that begin to create or upgrade a database, and die as by ``kill -9`` in the middle of it.

Reads tasks and answers, in lines of JSON, with the exit code of each process: 0 if it was done before its time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import closing
from itertools import count
from typing import Any

from sqlalchemy import Engine, create_engine, event

from trialstore_sql import SqlBackend


def main() -> None:
    """Do tasks until there are no more."""
    import_what_a_creation_needs()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live_and_die(**json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{json.dumps(os.waitstatus_to_exitcode(status))}\n")
        sys.stdout.flush()


def import_what_a_creation_needs() -> None:
    """Save the children from doing so, one by one."""
    for drivername in ("postgresql+psycopg", "mysql+pymysql"):
        create_engine(f"{drivername}://")
    with closing(SqlBackend({"drivername": "sqlite", "database": ":memory:"})) as backend:
        backend.open(create=True, read_only=False)


def live_and_die(act: str, config: Mapping[str, Any], changes: int = 0, seconds: float = 0) -> None:
    """Act, until as many statements have changed something, or as many seconds have gone by."""
    if changes:
        die_after(changes)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process wherever it is
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with closing(SqlBackend(config)) as backend:
        backend.upgrade() if act == "upgrade" else backend.open(create=True, read_only=False)


def die_after(changes: int) -> None:
    """Have this process killed when as many statements have changed something."""
    left = count(changes - 1, -1)

    @event.listens_for(Engine, "after_cursor_execute")
    def _(*arguments: Any) -> None:
        is_query = arguments[2].lstrip().upper().startswith(("SELECT", "SHOW", "PRAGMA", "DESCRIBE"))
        if not is_query and next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
