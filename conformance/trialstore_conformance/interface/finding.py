"""Finding trials: conditions, orders, limits, parts, snapshots."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from trialstore.backend import Backend
from trialstore.errors import ExperimentNotFoundError
from trialstore.records import ExperimentQuery, Order, Parts, TrialQuery, TrialRecord
from trialstore.status import Status
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import ALL_PARTS, NOON, Lab, finished_trial, new_token, new_trial

CONDITIONS: list[tuple[dict[str, object], list[int]]] = [
    ({}, [1, 2, 3, 4, 5, 6]),
    ({"trial_ids": [5, 2, 2, 99]}, [2, 5]),
    ({"after_id": 4}, [5, 6]),
    ({"after_id": 0}, [1, 2, 3, 4, 5, 6]),
    ({"after_id": -1}, [1, 2, 3, 4, 5, 6]),
    ({"statuses": frozenset({Status.PENDING, Status.FAILED})}, [1, 3, 5]),
    ({"statuses": frozenset()}, []),
    ({"due_by": NOON + 20}, [2, 3, 4, 6]),
    ({"due_by": NOON + 19}, [3, 6]),
    ({"runner_assigned": True}, [3, 4]),
    ({"runner_assigned": False}, [1, 2, 5, 6]),
    ({"statuses": frozenset({Status.PENDING}), "due_by": NOON + 20, "runner_assigned": True}, [3]),
    ({"statuses": frozenset({Status.PENDING}), "due_by": NOON + 20, "runner_assigned": False}, []),
    ({"trial_ids": [1, 2, 3], "after_id": 1}, [2, 3]),
]
"""Conditions, and which trials of the fixture `mixed` they choose."""


class FindingConformance(ConformanceBase):
    """`find_trials` and `count_trials`."""

    @pytest.fixture
    def mixed(self, lab: Lab) -> Lab:
        """Return an experiment with trials 1 to 6 in many states, completed in the order 5, 2, 6."""
        lab.add(
            new_trial({"x": 1}, due=NOON + 30),
            new_trial({"x": 2}, due=NOON + 20, metadata={"m": 2}),
            new_trial({"x": 1}, due=NOON + 10, trial_runner_id=7),
            new_trial({"x": 2}, due=NOON + 20),
        )
        lab.add(finished_trial(params={"x": 3}, due=NOON + 40, status=Status.FAILED))
        lab.complete(lab.trial(2), score=2)
        lab.add(finished_trial(params={"x": 3}, due=NOON, status=Status.CANCELED))
        lab.change(lab.trial(4), status=Status.RUNNING, ts_start=NOON, trial_runner_id=8)
        return lab

    @sentence("C-401")
    def test_conditions_choose(self, mixed: Lab) -> None:
        for conditions, expected in CONDITIONS:
            assert mixed.ids(**conditions) == expected, f"wrong trials were found by {conditions}"

    @sentence("C-401")
    def test_trials_are_found_by_tunable_config(self, mixed: Lab) -> None:
        config_id = mixed.trial(1).tunable_config_id
        assert mixed.ids(tunable_config_id=config_id) == [1, 3]
        assert mixed.ids(tunable_config_id=config_id, runner_assigned=True) == [3]

    @sentence("C-402", "C-505")
    def test_completed_trials_are_found_by_their_completion(self, mixed: Lab) -> None:
        numbers = {trial.trial_id: trial.completion for trial in mixed.find() if trial.completion is not None}
        in_order = sorted(numbers, key=lambda trial_id: numbers[trial_id])
        assert mixed.ids(order=Order.COMPLETION) == in_order
        assert mixed.ids(order=Order.COMPLETION, completed_after=numbers[in_order[0]]) == in_order[1:]
        assert mixed.ids(order=Order.COMPLETION, completed_after=numbers[in_order[-1]]) == []
        assert sorted(numbers) == [2, 5, 6]

    @sentence("C-402")
    def test_trials_come_in_the_order_that_was_asked_for(self, mixed: Lab) -> None:
        assert mixed.ids(order=Order.TRIAL_ID) == [1, 2, 3, 4, 5, 6]
        assert mixed.ids(order=Order.COMPLETION) == [5, 2, 6]

    @sentence("C-402")
    def test_ids_are_ordered_as_numbers(self, lab: Lab) -> None:
        lab.add(*(new_trial() for _ in range(12)), first_id=1)
        assert lab.ids() == list(range(1, 13))

    @sentence("C-403")
    def test_a_limit_cuts_after_the_order(self, mixed: Lab) -> None:
        assert mixed.ids(limit=2) == [1, 2]
        assert mixed.ids(limit=0) == []
        assert mixed.ids(limit=2, after_id=2, runner_assigned=False) == [5, 6]
        assert mixed.ids(limit=100) == [1, 2, 3, 4, 5, 6]
        assert mixed.ids(limit=2, order=Order.COMPLETION) == [5, 2]

    @sentence("C-404")
    def test_only_the_parts_that_were_asked_for_are_there(self, mixed: Lab) -> None:
        def parts(asked: Parts) -> tuple[object, object]:
            (trial,) = mixed.find(trial_ids=[2], parts=asked)
            return trial.metadata, trial.metrics

        assert parts(Parts.NONE) == (None, None)
        assert parts(Parts.METADATA) == ('{"m":2}', None)
        assert parts(Parts.METRICS) == (None, '{"score":2}')
        assert parts(ALL_PARTS) == ('{"m":2}', '{"score":2}')

    @sentence("C-404")
    def test_metrics_that_a_trial_does_not_have_are_none(self, lab: Lab) -> None:
        without, empty = (
            lab.add(new_trial(), finished_trial(metrics=None, status=Status.FAILED))[0],
            lab.add_one(),
        )
        lab.complete(empty)
        assert lab.trial(without.trial_id).metrics is None
        assert lab.trial(empty.trial_id).metrics == "{}"
        assert lab.trial(without.trial_id).metadata == "{}"

    @sentence("C-404", "C-411")
    def test_a_tunable_config_that_comes_along_is_the_trials_own(self, lab: Lab) -> None:
        lab.add(*(new_trial({"x": x}) for x in (1, 2, 1, 3)))
        asked = lab.find(parts=Parts.CONFIG) + lab.find(trial_ids=[2], parts=Parts.CONFIG | ALL_PARTS)
        claim = lab.claim_of(limit=3)
        claimed = lab.backend.claim_trials(claim) + lab.backend.claim_trials(claim)
        _check_configs(lab, asked + claimed)
        assert not any(trial.config for trial in lab.find(parts=ALL_PARTS))

    @sentence("C-405")
    def test_empty_unknown_and_very_many_ids(self, lab: Lab) -> None:
        lab.add_many(3)
        assert lab.ids(trial_ids=[]) == []
        assert lab.ids(trial_ids=[4, 5, 2**60]) == []
        assert lab.ids(trial_ids=range(2, 10_002)) == [2, 3]
        assert lab.ids(trial_ids={3, 1}) == [1, 3]

    @sentence("C-405", "C-203", "C-313")
    def test_every_find_takes_thousands_of_ids(self, backend: Backend, lab: Lab) -> None:
        trial = lab.claimed()
        lab.report(trial, (NOON, "m", 1))
        many = range(10_000)
        words = ["experiment", *map(str, many)]
        assert len(backend.find_experiments(ExperimentQuery(experiment_ids=words))) == 1
        assert len(backend.find_experiments(ExperimentQuery(uids=[lab.uid, *words]))) == 1
        config_id = trial.tunable_config_id
        assert backend.find_tunable_configs(range(config_id, config_id + 10_000))[config_id] == '{"x":1}'
        assert len(lab.telemetry_rows(many)) == 1
        assert [row.trial_id for row in backend.find_status_changes(lab.uid, many)] == [1, 1, 1]
        assert lab.ids(completed_after=0, completions=many) == []

    @sentence("C-410", "C-402", "C-403")
    def test_single_completions_are_found_beside_the_later_ones(self, mixed: Lab) -> None:
        five, two, six = (trial.completion or 0 for trial in mixed.find(order=Order.COMPLETION))
        for order, both in (Order.TRIAL_ID, [2, 5]), (Order.COMPLETION, [5, 2]):
            after_two = {"completed_after": two, "order": order}
            assert mixed.ids(**after_two) == [6]
            assert mixed.ids(**after_two, completions=[five]) == [5, 6]
            assert mixed.ids(**after_two, completions=[five], limit=1) == [5]
            assert mixed.ids(**after_two, completions=[six, six + 5, 2**40]) == [6]
            assert mixed.ids(completed_after=0, order=order, statuses=frozenset({Status.SUCCEEDED})) == [2]
            assert mixed.ids(completed_after=six, completions=[two, five], order=order) == both

    @sentence("C-406")
    def test_trials_are_counted_by_status(self, mixed: Lab) -> None:
        counts = mixed.backend.count_trials(mixed.uid)
        assert {status: count for status, count in counts.items() if count} == {
            Status.PENDING: 2,
            Status.RUNNING: 1,
            Status.SUCCEEDED: 1,
            Status.FAILED: 1,
            Status.CANCELED: 1,
        }

    @sentence("C-406")
    def test_an_experiment_without_trials_counts_none(self, lab: Lab) -> None:
        assert not any(lab.backend.count_trials(lab.uid).values())

    @sentence("C-407")
    def test_trials_of_other_experiments_are_never_found(self, backend: Backend) -> None:
        one, other = Lab(backend, "one"), Lab(backend, "other")
        one.add(finished_trial(), new_trial())
        other.add(new_trial(), finished_trial())
        assert one.ids(statuses=frozenset({Status.PENDING})) == [2]
        assert one.ids(order=Order.COMPLETION) == [1]
        assert one.ids(trial_ids=[1, 2]) == [1, 2]
        assert other.ids(tunable_config_id=one.trial(1).tunable_config_id) == [1, 2]
        assert sum(backend.count_trials(one.uid).values()) == 2

    @sentence("C-408")
    def test_what_was_found_does_not_change_later(self, lab: Lab) -> None:
        added = lab.add_one()
        found = lab.find(parts=ALL_PARTS)
        history = lab.history()
        lab.complete(added, score=1)
        assert [trial.status for trial in found] == [Status.PENDING]
        assert [row.status for row in history] == [Status.PENDING]

    @sentence("C-801")
    def test_finding_in_an_unknown_experiment_is_an_error(self, backend: Backend) -> None:
        with pytest.raises(ExperimentNotFoundError):
            backend.find_trials(TrialQuery(uid=new_token()))
        with pytest.raises(ExperimentNotFoundError):
            backend.count_trials(new_token())


def _check_configs(lab: Lab, trials: Sequence[TrialRecord]) -> None:
    texts = lab.backend.find_tunable_configs({trial.tunable_config_id for trial in trials})
    for trial in trials:
        assert trial.config in {None, texts[trial.tunable_config_id]}, (
            f"trial {trial.trial_id} has another config"
        )
