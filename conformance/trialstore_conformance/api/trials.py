"""The life of experiments and trials, through the public API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from trialstore import Capability, Experiment, Storage
from trialstore.errors import (
    AlreadyCompletedError,
    ExperimentNotFoundError,
    InvalidInputError,
    StaleTrialError,
)
from trialstore.status import Status
from trialstore.times import from_micros
from trialstore_conformance import history
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.lab import FAR, NOON, Lab
from trialstore_conformance.strategies import NESTED, NUMBERS, TEXTS, exact

WHEN = from_micros(NOON)
VALUES: dict[str, Any] = {
    **{f"number {i}": n for i, n in enumerate(NUMBERS)},
    **{text: text for text in TEXTS if text},
}


class TrialsConformance(ConformanceBase):
    """What the contract's users do every day."""

    @pytest.fixture
    def experiment(self, storage: Storage) -> Experiment:
        """Return a new experiment."""
        with storage.experiment(experiment_id="experiment", opt_targets={"score": "min"}) as experiment:
            return experiment

    @sentence("C-951", "C-001", "C-003", "C-004")
    def test_a_whole_life_reads_back_as_it_was_written(
        self, storage: Storage, experiment: Experiment
    ) -> None:
        trial = experiment.new_trial(VALUES, WHEN, {**VALUES, "nested": NESTED})
        trial.update(Status.RUNNING, WHEN + timedelta(seconds=1))
        trial.update_telemetry(Status.RUNNING, WHEN, [(WHEN, name, value) for name, value in VALUES.items()])
        trial.update(Status.SUCCEEDED, WHEN + timedelta(seconds=2), {"score": 1, **VALUES})
        data = storage.experiments["experiment"].trials[trial.trial_id]
        assert exact(data.tunable_config.config_dict) == exact(VALUES)
        assert exact(data.metadata_dict) == exact({**VALUES, "nested": NESTED})
        assert exact(data.results_dict) == exact({"score": 1, **VALUES})
        assert data.status is Status.SUCCEEDED
        assert (data.ts_start, data.ts_end) == (WHEN + timedelta(seconds=1), WHEN + timedelta(seconds=2))
        telemetry = experiment.load_telemetry(trial.trial_id)
        assert exact({name: value for _, name, value in telemetry}) == exact(VALUES)
        assert {ts for ts, _, _ in telemetry} == {WHEN}

    @sentence("C-951")
    def test_results_come_as_one_frame(self, storage: Storage, experiment: Experiment) -> None:
        for x in (3, 1, 2):
            experiment.new_trial({"x": x}, WHEN).update(Status.SUCCEEDED, WHEN, {"score": x / 4})
        frame = storage.experiments["experiment"].results_df
        assert frame["trial_id"].tolist() == [1, 2, 3]
        assert frame["config.x"].tolist() == [3, 1, 2]
        assert frame["result.score"].tolist() == [0.75, 0.25, 0.5]

    @sentence("C-952", "C-205")
    def test_an_experiment_is_resumed_where_it_stood(self, door: Door, storage: Storage) -> None:
        with storage.experiment(experiment_id="e", trial_id=5, opt_targets={"b": "min", "a": "max"}) as first:
            first.new_trials([{"x": 1}, {"x": 2}])
        other = door.storage() if door.declares(Capability.MULTI_PROCESS) else storage
        with other.experiment(experiment_id="e") as resumed:
            assert resumed.trial_id == 7
            assert list(resumed.opt_targets.items()) == [("b", "min"), ("a", "max")]
            assert resumed.new_trial({"x": 3}).trial_id == 7

    @sentence("C-312", "C-301")
    def test_handles_that_know_nothing_of_each_other_share_a_counter(self, storage: Storage) -> None:
        handles = [storage.experiment(experiment_id="e") for _ in range(3)]
        ids = [handle.new_trial({"x": 1}).trial_id for _ in range(3) for handle in handles]
        assert ids == list(range(1, 10))

    @sentence("C-953")
    def test_load_gives_completed_trials_by_id(self, experiment: Experiment) -> None:
        trials = experiment.new_trials([{"x": x} for x in range(5)])
        trials[4].update(Status.SUCCEEDED, WHEN, {"score": 4})
        trials[1].update(Status.FAILED, WHEN)
        trials[0].update(Status.TIMED_OUT, WHEN, {"score": 0})
        trials[2].update(Status.CANCELED, WHEN)
        ids, configs, scores, statuses = experiment.load()
        assert ids == [1, 2, 5]
        assert configs == [{"x": 0}, {"x": 1}, {"x": 4}]
        assert scores == [None, None, {"score": 4}]
        assert statuses == [Status.TIMED_OUT, Status.FAILED, Status.SUCCEEDED]
        assert experiment.load(2)[0] == [5]

    @sentence("C-953", "C-505")
    def test_poll_gives_each_completion_once_in_whatever_order_they_came(
        self, experiment: Experiment
    ) -> None:
        trials = experiment.new_trials([{"x": x} for x in range(4)])
        trials[3].update(Status.SUCCEEDED, WHEN, {"score": 3})
        assert experiment.poll()[0] == [4]
        trials[1].update(Status.SUCCEEDED, WHEN, {"score": 1})
        trials[0].update(Status.FAILED, WHEN)
        ids, configs, scores, statuses = experiment.poll()
        assert sorted(zip(ids, statuses, strict=True), key=lambda pair: pair[0]) == [
            (1, Status.FAILED),
            (2, Status.SUCCEEDED),
        ]
        assert {config["x"] for config in configs} == {0, 1}
        assert {"score": 1} in scores
        assert experiment.poll() == ([], [], [], [])

    @sentence("C-954", "C-402")
    def test_pending_trials_come_by_id_whatever_their_due_time(self, experiment: Experiment) -> None:
        for minutes in (3, 1, 2, 60):
            experiment.new_trial({"x": minutes}, WHEN + timedelta(minutes=minutes))
        pending = [trial.trial_id for trial in experiment.pending_trials(WHEN + timedelta(minutes=3))]
        assert pending == [1, 2, 3]

    @sentence("C-955", "C-502", "C-705", "C-908")
    def test_who_lost_a_trial_writes_nothing(self, storage: Storage, experiment: Experiment) -> None:
        experiment.new_trial({"x": 1}, WHEN, {"a": 1})
        (lost,) = experiment.claim_trials(1, lease=10, timestamp=WHEN)
        (taken,) = experiment.claim_trials(2, timestamp=from_micros(FAR))
        writes: list[Callable[[], object]] = [
            lambda: lost.update(Status.SUCCEEDED, WHEN, {"score": 1}),
            lambda: lost.update_telemetry(Status.RUNNING, WHEN, [(WHEN, "m", 1)]),
            lambda: lost.add_new_config_data({"b": 1}),
            lambda: lost.heartbeat(60),
            lost.release,
        ]
        for write in writes:
            with pytest.raises(StaleTrialError):
                write()
        data = storage.experiments["experiment"].trials[1]
        assert (data.status, data.trial_runner_id, data.results_dict) == (Status.RUNNING, 2, {})
        assert data.metadata_dict == {"a": 1}
        assert experiment.load_telemetry(1) == []
        taken.update(Status.SUCCEEDED, WHEN, {"score": 2})
        history.check_all(Lab(storage.session.backend))

    @sentence("C-956", "C-502")
    def test_a_second_completion_is_refused_unless_it_is_the_same(
        self, storage: Storage, experiment: Experiment
    ) -> None:
        trial = experiment.new_trial({"x": 1})
        again = experiment.get_trial_by_id(1)
        assert again is not None
        trial.update(Status.SUCCEEDED, WHEN, {"score": 1.0})
        again.update(Status.SUCCEEDED, WHEN, {"score": 1.0})
        others: list[tuple[Status, datetime, dict[str, Any]]] = [
            (Status.SUCCEEDED, WHEN, {"score": 1}),
            (Status.SUCCEEDED, WHEN + timedelta(microseconds=1), {"score": 1.0}),
            (Status.FAILED, WHEN, {"score": 1.0}),
        ]
        for other in others:
            with pytest.raises(AlreadyCompletedError):
                again.update(*other)
        data = storage.experiments["experiment"].trials[1]
        assert exact(data.results_dict) == exact({"score": 1.0})
        assert len(Lab(storage.session.backend).history()) == 2

    @sentence("C-957", "C-304")
    def test_a_merge_copies_once(self, storage: Storage, experiment: Experiment) -> None:
        with storage.experiment(experiment_id="source") as source:
            done, failed, _ = source.new_trials([{"x": 1}, {"x": 2.0}, {"x": 3}], WHEN, {"lab": "north"})
            done.update(Status.SUCCEEDED, WHEN, {"score": 0.5})
            failed.update(Status.FAILED, WHEN)
        merged = experiment.merge(["source"])
        assert [trial.trial_id for trial in merged] == [1, 2]
        assert [trial.trial_id for trial in experiment.merge(["source"])] == [1, 2]
        assert list(storage.experiments["experiment"].trials) == [1, 2]
        ids, configs, scores, _ = experiment.load()
        assert (ids, exact(configs), scores) == (
            [1, 2],
            exact([{"x": 1}, {"x": 2.0}]),
            [{"score": 0.5}, None],
        )

    @sentence("C-009")
    def test_what_cannot_be_stored_is_refused_before_anything_is_written(
        self, storage: Storage, experiment: Experiment
    ) -> None:
        trial = experiment.new_trial({"x": 1})
        a_set: Any = {1, 2}
        calls: list[Callable[[], object]] = [
            lambda: experiment.new_trials([{"x": 2}, {"x": object()}]),
            lambda: experiment.new_trial({"x": 2**63}),
            lambda: experiment.new_trial({"": 1}),
            lambda: experiment.new_trial({"x": "\0"}),
            lambda: trial.update(Status.SUCCEEDED, WHEN, {"score": "\ud800"}),
            lambda: trial.update_telemetry(Status.RUNNING, WHEN, [(WHEN, "m", 1), (WHEN, "m" * 513, 1)]),
            lambda: trial.add_new_config_data({"good": 1, "bad": a_set}),
        ]
        for call in calls:
            with pytest.raises(InvalidInputError):
                call()
        lab = Lab(storage.session.backend)
        assert (lab.ids(), len(lab.history()), lab.telemetry(1)) == ([1], 1, [])
        assert lab.trial(1).metadata == "{}"

    @sentence("C-011")
    def test_what_was_given_or_returned_is_a_copy(self, storage: Storage, experiment: Experiment) -> None:
        params: dict[str, Any] = {"x": 1}
        metadata: dict[str, Any] = {"list": [1]}
        metrics: dict[str, Any] = {"score": 1}
        trial = experiment.new_trial(params, config=metadata)
        params["x"], metadata["list"] = 2, [2]
        trial.update(Status.SUCCEEDED, WHEN, metrics)
        metrics["score"] = 2
        trial.config()["list"].append(3)
        storage.experiments["experiment"].trials[1].metadata_dict["list"].append(4)
        data = storage.experiments["experiment"].trials[1]
        assert (data.tunable_config.config_dict, data.results_dict) == ({"x": 1}, {"score": 1})
        assert data.metadata_dict == {"list": [1]}

    @sentence("C-801", "C-803")
    def test_a_handle_of_a_deleted_experiment_never_writes_to_a_namesake(self, storage: Storage) -> None:
        with storage.experiment(experiment_id="phoenix") as old:
            trial = old.new_trial({"x": 1})
        storage.delete_experiment("phoenix")
        with storage.experiment(experiment_id="phoenix") as reborn:
            reborn.new_trial({"x": 2})
        for write in (
            lambda: old.new_trial({"x": 3}),
            lambda: trial.update(Status.SUCCEEDED, WHEN, {"score": 1}),
            lambda: trial.update_telemetry(Status.RUNNING, WHEN, [(WHEN, "m", 1)]),
        ):
            with pytest.raises(ExperimentNotFoundError):
                write()
        assert [data.status for data in storage.experiments["phoenix"].trials.values()] == [Status.PENDING]
