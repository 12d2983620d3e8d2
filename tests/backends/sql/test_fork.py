"""What a forked child does with the connections of its parent."""

from __future__ import annotations

import os

import pytest

from forks import in_a_fork
from trialstore.records import ExperimentQuery, ExperimentRecord
from trialstore_sql import SqlBackend

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def test_a_forked_child_makes_connections_of_its_own_and_leaves_those_of_its_parent_open(
    backend: SqlBackend,
) -> None:
    def child() -> None:
        backend.after_fork()
        backend.put_experiment(ExperimentRecord(experiment_id="child", uid="c"))
        backend.close()

    assert in_a_fork(child) == 0
    backend.put_experiment(ExperimentRecord(experiment_id="parent", uid="p"))
    found = [experiment.experiment_id for experiment in backend.find_experiments(ExperimentQuery())]
    assert found == ["child", "e", "parent"]


def test_a_child_of_a_process_that_is_writing_is_not_locked_out(backend: SqlBackend) -> None:
    def child() -> None:
        backend.after_fork()
        assert len(backend.find_experiments(ExperimentQuery())) == 1

    with backend._database.write() as tx:
        backend._do.experiments.put(tx, ExperimentRecord(experiment_id="other", uid="v"))
        assert in_a_fork(child) == 0
    assert len(backend.find_experiments(ExperimentQuery())) == 2
