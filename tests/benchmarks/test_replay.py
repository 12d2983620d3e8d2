"""The statements of trialstore, without trialstore, store what trialstore stores."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import trialstore
from benchmarks import work
from benchmarks.subjects.replay_postgresql import NUMBERS, Subject
from trialstore import Status


def test_what_is_replayed_is_there_for_trialstore(postgres_database: Mapping[str, Any]) -> None:
    with closing(Subject({"engine": "postgresql", **postgres_database})) as subject:
        subject.enter("e")
        for number in (7, 8):
            [trial] = subject.add([number])
            subject.run(trial)
            subject.complete(trial, number)
    with trialstore.from_config({"class": "sql", "config": dict(postgres_database)}) as storage:
        trials = storage.experiments["e"].trials.values()
        stored = [(trial.status, trial.tunable_config.config_dict, trial.results_dict) for trial in trials]
        history = storage.experiments["e"].history_df
    assert stored == [
        (Status.SUCCEEDED, work.assignment(number), work.metrics(number)) for number in (*NUMBERS, 7, 8)
    ]
    assert len(history) == 3 * len(stored)
