"""Does one job after the other: reads a job, says "ready", waits for "go", answers; all in lines of JSON."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, TypeAlias

from trialstore.codec import hash_of
from trialstore.errors import TrialstoreError
from trialstore.records import ExperimentQuery, ExperimentRecord, NewTrial
from trialstore_sql import SqlBackend, migrations

Config: TypeAlias = Mapping[str, Any]
Act: TypeAlias = Callable[[], Any]


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
    member = Member()
    for line in sys.stdin:
        task = json.loads(line)
        act: Act = getattr(member, task.pop("job"))(**task)
        say("ready")
        sys.stdin.readline()
        try:
            say(act())
        except TrialstoreError as error:
            say(f"{type(error).__name__}: {error}")


def say(answer: Any) -> None:
    """Write an answer."""
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
