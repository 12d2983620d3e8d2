"""Eight processes that do one job after the other, each job all at the same moment.

Reads a job, and answers with what each of them said, in lines of JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

from trialstore.codec import hash_of
from trialstore.errors import TrialstoreError
from trialstore.records import ExperimentQuery, ExperimentRecord, NewTrial
from trialstore_sql import SqlBackend, migrations

Config: TypeAlias = Mapping[str, Any]
Act: TypeAlias = Callable[[], Any]

SIZE = 8


class Member:
    """One of the crew; each of its jobs prepares what it can, and returns the act."""

    def __init__(self) -> None:
        self._config: Config = {}
        self._backend: SqlBackend | None = None

    def open(self, config: Config) -> Act:
        """Open a database, and say how many experiments are there."""
        backend = SqlBackend(config)

        def act() -> int:
            with closing(backend):
                backend.open(create=True, read_only=False)
                return len(backend.find_experiments(ExperimentQuery()))

        return act

    def upgrade(self, config: Config) -> Act:
        """Upgrade a database."""
        return SqlBackend(config).upgrade

    def add(self, config: Config, *, values: list[int], batch: int) -> Act:
        """Add a trial with each value to the experiment "e", in random order, in batches; return ids and values."""
        backend = self._opened(config)
        uid = backend.put_experiment(ExperimentRecord(experiment_id="e", uid=os.urandom(8).hex())).uid
        shuffled = random.sample(values, len(values))
        new = [_new(value) for value in shuffled]
        batches = [new[start : start + batch] for start in range(0, len(new), batch)]

        def act() -> list[tuple[int, int, int]]:
            added = [trial for some in batches for trial in backend.add_trials(uid, some, 1)]
            return [(t.trial_id, t.tunable_config_id, v) for t, v in zip(added, shuffled, strict=True)]

        return act

    def _opened(self, config: Config) -> SqlBackend:
        """Return an open backend, the same one as before for the same config."""
        if self._backend is None or self._config != config:
            self._config, self._backend = config, SqlBackend(config)
            self._backend.open(create=False, read_only=False)
        return self._backend


def _new(value: int) -> NewTrial:
    text = f'{{"x":{value}}}'
    return NewTrial(token=os.urandom(8).hex(), config=text, config_hash=hash_of(text))


def main() -> None:
    """Do jobs until there are no more."""
    migrations.scripts()  # so that no time goes by for importing them when it matters
    fork = multiprocessing.get_context("fork")
    members = []
    for _ in range(SIZE):
        ours, theirs = fork.Pipe()
        fork.Process(target=work, args=(ours, theirs), daemon=True).start()
        theirs.close()
        members.append(ours)
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(together(members, json.loads(line)))}\n")
        sys.stdout.flush()


def together(members: Sequence[Connection], task: Mapping[str, Any]) -> list[Any]:
    """Let all begin when all are ready, and return what each answered."""
    for member in members:
        member.send(task)
    assert [member.recv() for member in members] == ["ready"] * len(members)
    for member in members:
        member.send("go")
    return [member.recv() for member in members]


def work(crew: Connection, orders: Connection) -> None:
    """Be one of the crew."""
    crew.close()  # of which there must be no copy, for its end to be noticed
    member = Member()
    with suppress(EOFError):
        while True:
            do_job(member, orders)


def do_job(member: Member, orders: Connection) -> None:
    task = orders.recv()
    act: Act = getattr(member, task.pop("job"))(**task)
    orders.send("ready")
    orders.recv()
    try:
        orders.send(act())
    except TrialstoreError as error:
        orders.send(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
