"""Storages, tunables and experiments for the tests of the core."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import trialstore
from trialstore import Experiment, Storage, TunableGroups

DEFINITION = {
    "cache": {
        "cost": 10,
        "params": {
            "size": {"type": "int", "range": [0, 1000], "default": 100, "special": [-1]},
            "policy": {"type": "categorical", "values": ["lru", "fifo"], "default": "lru"},
        },
    },
    "cpu": {"cost": 1, "params": {"share": {"type": "float", "range": [0, 1], "default": 0.5}}},
}


@pytest.fixture
def tunables() -> TunableGroups:
    return TunableGroups(DEFINITION)


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a storage that is empty."""
    return {"memory": "memory://", "sqlite": f"sqlite:///{tmp_path / 'trials.db'}"}[request.param]


@pytest.fixture
def storage(url: str) -> Iterator[Storage]:
    with trialstore.open(url) as storage:
        yield storage


@pytest.fixture
def experiment(storage: Storage, tunables: TunableGroups) -> Iterator[Experiment]:
    """An experiment with tunables and one objective, entered."""
    handle = storage.experiment(experiment_id="e", tunables=tunables, opt_targets={"latency": "min"})
    with handle as experiment:
        yield experiment


@pytest.fixture
def plain(storage: Storage) -> Iterator[Experiment]:
    """An experiment without tunables, entered."""
    with storage.experiment(experiment_id="plain") as experiment:
        yield experiment
