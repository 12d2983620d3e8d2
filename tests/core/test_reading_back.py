"""What a handle reads: load(), pending_trials(), single trials and configs."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trialstore import Experiment, Status, Storage, TunableGroups
from trialstore.errors import InvalidInputError, TunableConfigNotFoundError, TunablesMismatchError

T0 = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class TestLoad:
    @pytest.mark.contract(14)
    def test_returns_what_ended_but_for_what_was_canceled(self, plain: Experiment) -> None:
        statuses = [
            Status.SUCCEEDED,
            Status.CANCELED,
            Status.FAILED,
            Status.RUNNING,
            Status.TIMED_OUT,
            Status.SUCCEEDED,
        ]
        trials = plain.new_trials([{"x": i} for i in range(len(statuses) + 1)])
        for trial, status in zip(trials, statuses, strict=False):
            trial.update(status, T0, {"m": trial.trial_id} if status.is_succeeded() else None)
        assert plain.load() == (
            [1, 3, 5, 6],
            [{"x": 0}, {"x": 2}, {"x": 4}, {"x": 5}],
            [{"m": 1}, None, None, {"m": 6}],
            [Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT, Status.SUCCEEDED],
        )
        assert plain.load(last_trial_id=3)[0] == [5, 6]
        assert plain.load(6) == ([], [], [], [])

    @pytest.mark.contract(14)
    def test_keeps_the_types_of_values(self, plain: Experiment) -> None:
        values = {
            "i": 1,
            "f": 1.0,
            "t": True,
            "s": "1",
            "n": None,
            "inf": -math.inf,
            "z": -0.0,
            "big": 2**63 - 1,
        }
        plain.new_trial(values).update(Status.SUCCEEDED, T0, values)
        _, configs, scores, _ = plain.load()
        assert scores[0] is not None
        assert (
            repr(sorted(configs[0].items()))
            == repr(sorted(scores[0].items()))
            == repr(sorted(values.items()))
        )

    def test_scores_of_trials_that_did_not_succeed_are_none_even_with_metrics(
        self, plain: Experiment
    ) -> None:
        plain.new_trial({}).update(Status.FAILED, T0, {"m": 1})
        assert plain.load()[2] == [None]

    def test_returns_dicts_that_are_the_callers_own(self, plain: Experiment) -> None:
        for trial in plain.new_trials([{"x": 1}, {"x": 1}]):
            trial.update(Status.FAILED, T0)
        configs = plain.load()[1]
        configs[0]["x"] = 2
        assert configs[1] == {"x": 1}

    @pytest.mark.parametrize("bad", ["1", None, 1.5, True])
    def test_takes_an_integer(self, plain: Experiment, bad: Any) -> None:
        with pytest.raises(InvalidInputError, match="last_trial_id"):
            plain.load(bad)


class TestPendingTrials:
    @pytest.mark.contract(16)
    def test_are_those_that_are_due_by_id(self, plain: Experiment) -> None:
        plain.new_trials([{}] * 4, [T0 + DAY, T0, T0 - DAY, T0 + timedelta(microseconds=1)])
        assert [trial.trial_id for trial in plain.pending_trials(T0)] == [2, 3]
        assert [trial.trial_id for trial in plain.pending_trials(T0 + DAY)] == [1, 2, 3, 4]
        assert list(plain.pending_trials(T0 - 2 * DAY)) == []

    @pytest.mark.contract(16)
    def test_include_running_ones_if_that_is_asked_for(self, plain: Experiment) -> None:
        trials = plain.new_trials([{}] * 5, T0)
        for trial, status in zip(
            trials, [Status.READY, Status.RUNNING, Status.FAILED, Status.CANCELED], strict=False
        ):
            trial.update(status, T0)
        assert [trial.trial_id for trial in plain.pending_trials(T0)] == [5]
        assert [trial.trial_id for trial in plain.pending_trials(T0, running=True)] == [1, 2, 5]

    @pytest.mark.contract(16)
    def test_may_be_chosen_by_whether_they_have_a_runner(self, plain: Experiment) -> None:
        first, _ = plain.new_trials([{}, {}], T0)
        first.set_trial_runner(0)
        found = {
            assigned: [trial.trial_id for trial in plain.pending_trials(T0, trial_runner_assigned=assigned)]
            for assigned in (True, False, None)
        }
        assert found == {True: [1], False: [2], None: [1, 2]}

    @pytest.mark.contract(16)
    def test_may_be_written_to_while_going_through_them(self, plain: Experiment) -> None:
        plain.new_trials([{"x": i} for i in range(5)], T0)
        for trial in plain.pending_trials(T0):
            trial.update(Status.FAILED, T0)
            plain.new_trial({"more": 1}, ts_start=T0)
        assert len(list(plain.pending_trials(T0))) == 5

    @pytest.mark.contract(17)
    def test_that_do_not_fit_changed_tunables_are_one_clear_error(
        self, storage: Storage, experiment: Experiment
    ) -> None:
        experiment.new_trial({"size": 700}, ts_start=T0)
        assert experiment.tunables is not None
        for definition, name in (
            (
                {"cpu": {"cost": 1, "params": {"share": {"type": "float", "range": [0, 1], "default": 0.5}}}},
                "policy",
            ),
            (experiment.tunables.definition() | {"cache": small_cache()}, "size"),
        ):
            with pytest.warns(UserWarning, match="tunables differ"):
                changed = storage.get_experiment_by_id("e", tunables=TunableGroups(definition))
            assert changed is not None
            with pytest.raises(TunablesMismatchError, match=name):
                changed.pending_trials(T0)


def small_cache() -> dict[str, Any]:
    policy = {"type": "categorical", "values": ["lru", "fifo"], "default": "lru"}
    return {"cost": 1, "params": {"size": {"type": "int", "range": [0, 9], "default": 1}, "policy": policy}}


@pytest.mark.contract(15)
def test_a_trial_or_config_that_does_not_exist(plain: Experiment) -> None:
    assert plain.get_trial_by_id(1) is None
    with pytest.raises(TunableConfigNotFoundError, match="no tunable config 1"):
        plain.load_tunable_config(1)


@pytest.mark.contract(15)
def test_a_trial_is_read_with_all_that_is_stored(plain: Experiment) -> None:
    plain.new_trial({"x": 1}, config={"a": 1}).update(Status.RUNNING, T0)
    trial = plain.get_trial_by_id(1)
    assert trial is not None
    assert (trial.status, trial.ts_start, trial.tunable_values, trial.config()["a"]) == (
        Status.RUNNING,
        T0,
        {"x": 1},
        1,
    )
