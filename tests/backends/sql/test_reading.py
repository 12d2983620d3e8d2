"""How many statements SQLite itself sees when 3,000 trials are read through the public API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

import trialstore
from trialstore import Experiment, Status, Storage
from trialstore_sql import SqlBackend

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MANY = 3_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 3,000 trials of 600 configs, half of them finished."""
    file = tmp_path_factory.mktemp("reading") / "trials.db"
    values = [{"x": i % 600, "y": "text"} for i in range(MANY // 2)]
    with trialstore.open("memory://") as scratch:
        for i, trial in enumerate(scratch.experiment(experiment_id="source").new_trials(values, NOW)):
            trial.update(Status.SUCCEEDED, NOW, {"score": i / 7, "note": "x"})
        with trialstore.open(f"sqlite:///{file}") as storage:
            experiment = storage.experiment(experiment_id="e")
            experiment.merge(["source"], scratch)  # all at once, where an update would be a commit each
            experiment.new_trials(values, NOW)
    return file


@pytest.fixture
def storage(file: Path) -> Iterator[Storage]:
    with trialstore.open(f"sqlite:///{file}") as storage:
        yield storage


READS: dict[str, Callable[[Storage], Any]] = {
    "load": lambda storage: handle(storage).load()[0],
    "poll": lambda storage: handle(storage).poll()[0],
    "pending_trials": lambda storage: list(handle(storage).pending_trials(NOW + timedelta(days=1))),
    "results_df": lambda storage: storage.experiments["e"].results_df,
    "trials": lambda storage: storage.experiments["e"].trials.values(),
    "repr": lambda storage: repr(storage.experiments["e"].trials).split("rid:")[1:],
    "trial groups": lambda storage: storage.experiments["e"].tunable_config_trial_groups.values(),
    "default config": lambda storage: [storage.experiments["e"].default_tunable_config_id],
}
LENGTHS = {"load": 1500, "poll": 1500, "pending_trials": 1500, "trial groups": 600, "default config": 1}


def handle(storage: Storage) -> Experiment:
    experiment = storage.get_experiment_by_id("e")
    assert experiment is not None
    return experiment


@pytest.mark.contract(14, 16, 27, 29)
@pytest.mark.parametrize("name", READS)
def test_a_read_takes_three_statements_at_the_most_the_search_for_its_experiment_included(
    storage: Storage, name: str
) -> None:
    seen: list[str] = []
    backend = storage.session.backend
    assert isinstance(backend, SqlBackend)
    engine = backend._database.engine
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.set_trace_callback(seen.append))
    found = READS[name](storage)
    assert len(found) == LENGTHS.get(name, MANY)
    assert len(seen) <= 3
    assert any("trialstore_trial" in statement for statement in seen)
