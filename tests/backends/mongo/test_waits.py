"""Which writes of a call wait until nothing can take them back, and which rely on a later one that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trialstore.status import Status
from trialstore_conformance.lab import NOON, Lab, new_trial
from trialstore_mongo import MongoBackend
from trialstore_mongo._history import MOST_ROWS


@pytest.fixture(params=["mongo_database", "mongo_replica_set_database"], ids=["standalone", "replica set"])
def config(request: pytest.FixtureRequest) -> dict[str, Any]:
    config: dict[str, Any] = request.getfixturevalue(request.param)
    return config


@pytest.fixture
def has_failovers(config: dict[str, Any]) -> bool:
    return "replicaSet=" in config["uri"]


@pytest.fixture
def lab(open_backend: Callable[..., MongoBackend]) -> Lab:
    return Lab(open_backend())


@pytest.fixture
def writes_that_wait(commands: Any) -> Callable[..., list[str]]:
    def of(operation: Callable[..., object], *args: Any) -> list[str]:
        commands.of(operation, *args)
        waiting = (c for c in commands.sent if c.get("writeConcern", {}).get("j"))
        return [next(iter(c.values())).removeprefix("trialstore_") for c in waiting]

    return of


def test_a_config_is_settled_before_a_trial_refers_to_it_or_with_it(
    lab: Lab, writes_that_wait: Callable[..., list[str]], has_failovers: bool
) -> None:
    waiting = writes_that_wait(lab.add, new_trial({"x": 1}))
    assert waiting == (["tunable_config", "trial"] if has_failovers else ["trial"])


def test_telemetry_is_settled_before_its_report_or_with_it(
    lab: Lab, writes_that_wait: Callable[..., list[str]], has_failovers: bool
) -> None:
    waiting = writes_that_wait(lab.report, lab.add_one(), (NOON, "cpu", 1))
    assert waiting == (["telemetry", "report"] if has_failovers else ["report"])


def test_rows_that_move_out_are_settled_before_they_are_cut_off_or_with_that(
    lab: Lab, writes_that_wait: Callable[..., list[str]], has_failovers: bool
) -> None:
    trial = lab.add_one()
    for i in range(MOST_ROWS - 1):
        lab.change(trial, status=Status.READY, ts=NOON + i)
    waiting = writes_that_wait(lambda: lab.change(trial, status=Status.READY, ts=NOON + MOST_ROWS))
    assert waiting == (["trial", "history"] if has_failovers else ["trial"])
