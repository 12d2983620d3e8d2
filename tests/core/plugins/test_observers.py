"""Plugins observe what happens, once and after the commit; a failing one harms neither writes nor others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import trialstore
from trialstore import Status, hookimpl


class Witness:
    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []

    @hookimpl
    def trialstore_experiment_opened(self, experiment_id: str) -> None:
        self.seen.append(("opened", experiment_id))

    @hookimpl
    def trialstore_trials_added(self, experiment_id: str, trial_ids: list[int]) -> None:
        self.seen.append(("added", experiment_id, *trial_ids))

    @hookimpl
    def trialstore_trial_changed(self, trial_id: int, status: Status) -> None:
        self.seen.append(("changed", trial_id, status))


class Failing:
    @hookimpl
    def trialstore_experiment_opened(self) -> None:
        raise RuntimeError("cannot look")

    @hookimpl
    def trialstore_trial_changed(self) -> None:
        raise RuntimeError("cannot look")


def run_a_trial(*plugins: object) -> trialstore.Trial:
    with (
        trialstore.open("memory://", plugins=plugins) as storage,
        storage.experiment(experiment_id="E") as experiment,
    ):
        trial = experiment.new_trial({"x": 1})
        trial.update(Status.SUCCEEDED, datetime.now(UTC), {"y": 2})
        return trial


def test_each_observer_is_told_once_of_what_happened() -> None:
    first, second = Witness(), Witness()
    run_a_trial(first, second)
    assert first.seen == [("opened", "E"), ("added", "E", 1), ("changed", 1, Status.SUCCEEDED)]
    assert second.seen == first.seen


def test_a_failing_observer_is_logged_and_breaks_neither_the_write_nor_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before, after = Witness(), Witness()
    trial = run_a_trial(before, Failing(), after)
    assert trial.status is Status.SUCCEEDED
    assert before.seen == after.seen != []
    logged = [record for record in caplog.records if record.name == "trialstore.plugins.observers"]
    assert len(logged) == 2
    assert "plugin 'Failing' failed in trialstore_experiment_opened" in logged[0].getMessage()
    assert "cannot look" in caplog.text
