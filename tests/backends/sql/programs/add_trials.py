"""Open a database that may be empty, and add trials one by one: ``add_trials.py DATABASE NUMBER``."""

from __future__ import annotations

import os
import sys

from trialstore.records import ExperimentRecord, NewTrial
from trialstore.session import Session
from trialstore_sql import SqlBackend


def main(database: str, number: int) -> None:
    session = Session(SqlBackend({"database": database}))
    session.ensure_open()
    sys.stdin.readline()  # until everybody is ready
    uid = session.put_experiment(ExperimentRecord(experiment_id="e", uid=str(os.getpid()))).uid
    for i in range(number):
        trial = NewTrial(token=f"{os.getpid()}-{i}", config=f'{{"i":{i}}}', config_hash=f"hash of {i}")
        session.add_trials(uid, [trial], 1)
    session.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
