"""Adding trials: ids, tokens, tunable configs, and what a new trial looks like."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from trialstore import codec
from trialstore.backend import Backend, Capability
from trialstore.errors import ExperimentNotFoundError
from trialstore.records import NewTrial
from trialstore.status import Status
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import HOUR, NOON, Lab, finished_trial, is_now, new_token, new_trial


class AddingConformance(ConformanceBase):
    """`add_trials` and `find_tunable_configs`."""

    @sentence("C-301", "C-302")
    def test_ids_increase_in_the_order_of_the_batch(self, lab: Lab) -> None:
        ids = [trial.trial_id for trial in (*lab.add_many(3), *lab.add_many(1), *lab.add_many(2))]
        assert ids == [1, 2, 3, 4, 5, 6]

    @sentence("C-303")
    def test_the_first_id_counts_only_for_the_first_trial_ever(self, lab: Lab) -> None:
        assert lab.add(new_trial(), first_id=10)[0].trial_id == 10
        assert lab.add(new_trial(), first_id=500)[0].trial_id == 11
        assert lab.add(new_trial(), first_id=1)[0].trial_id == 12

    @sentence("C-303")
    def test_experiments_count_their_trials_apart(self, backend: Backend) -> None:
        one, other = Lab(backend, "one"), Lab(backend, "other")
        one.add_many(3)
        assert [trial.trial_id for trial in other.add_many(2)] == [1, 2]

    @sentence("C-304", "C-905")
    def test_a_repeated_batch_returns_its_trials_and_takes_no_ids(self, lab: Lab) -> None:
        batch = [new_trial({"x": i}) for i in range(3)]
        first = lab.add(*batch)
        assert lab.add(*batch) == first
        assert lab.ids() == [trial.trial_id for trial in first]
        assert lab.next_trial_id == first[-1].trial_id + 1
        assert len(lab.history()) == 3

    @sentence("C-304")
    @pytest.mark.parametrize("new", [new_trial, finished_trial])
    def test_a_repeated_trial_takes_no_id(self, lab: Lab, new: Callable[[], NewTrial]) -> None:
        trial = new()
        assert lab.add(trial) == lab.add(trial)
        assert (lab.ids(), lab.next_trial_id, len(lab.history())) == ([1], 2, 1)

    @sentence("C-304")
    def test_a_repeated_trial_is_returned_as_it_stands_now(self, lab: Lab) -> None:
        new = new_trial()
        (trial,) = lab.add(new)
        lab.complete(trial, score=1)
        assert lab.add(new)[0].status is Status.SUCCEEDED

    @sentence("C-302", "C-304", "C-311")
    def test_a_batch_that_was_half_applied_is_completed(self, lab: Lab) -> None:
        batch = [new_trial({"x": i}) for i in range(4)]
        known = lab.add(batch[1], batch[3])
        completed = lab.add(*batch)
        assert [completed[1], completed[3]] == known
        assert sorted(trial.trial_id for trial in completed) == lab.ids()
        assert len(lab.ids()) == 4
        assert completed[0].trial_id < completed[2].trial_id
        if Capability.ATOMIC_CALLS in lab.backend.capabilities:
            assert lab.ids() == [1, 2, 3, 4]

    @sentence("C-305")
    def test_a_token_of_another_experiment_is_unknown(self, backend: Backend) -> None:
        new, one, other = new_trial(), Lab(backend, "one"), Lab(backend, "other")
        one.add(new)
        other.add(new)
        assert (len(one.ids()), len(other.ids())) == (1, 1)

    @sentence("C-306")
    def test_equal_configs_share_an_id_in_the_whole_storage(self, backend: Backend) -> None:
        one, other = Lab(backend, "one"), Lab(backend, "other")
        a, b, a_again = one.add(new_trial({"x": 1}), new_trial({"x": 2}), new_trial({"x": 1}))
        (a_elsewhere,) = other.add(new_trial({"x": 1}))
        assert a.tunable_config_id == a_again.tunable_config_id == a_elsewhere.tunable_config_id
        assert b.tunable_config_id != a.tunable_config_id

    @sentence("C-306")
    def test_the_hash_tells_which_configs_are_equal(self, lab: Lab) -> None:
        # Of no config, since a storage keeps them for good.
        one_hash, other_hash = new_token() * 2, new_token() * 2
        first, same, different = lab.add(
            new_trial({"x": 1}, config_hash=one_hash),
            new_trial({"x": 2}, config_hash=one_hash),
            new_trial({"x": 1}, config_hash=other_hash),
        )
        assert first.tunable_config_id == same.tunable_config_id != different.tunable_config_id

    @sentence("C-314")
    def test_added_trials_are_returned_as_they_are_stored(self, lab: Lab) -> None:
        batch = [new_trial(), finished_trial(), new_trial(due=None, trial_runner_id=3)]
        assert lab.add(*batch) == lab.find()
        (claimed,) = lab.claim(lease=HOUR)
        assert lab.add(*batch)[0] == replace(claimed, metadata=None)

    @sentence("C-307", "C-309")
    def test_a_pending_trial_is_stored_as_given(self, lab: Lab) -> None:
        (added,) = lab.add(new_trial({"x": 1}, metadata={"repeat": 2}, due=NOON + 5))
        trial = lab.trial(added.trial_id)
        assert trial.status is Status.PENDING
        assert (trial.due, trial.ts_start, trial.ts_end) == (NOON + 5, None, None)
        assert (trial.attempt, trial.expirations) == (0, 0)
        assert (trial.trial_runner_id, trial.lease_expires, trial.completion) == (None, None, None)
        assert (trial.metadata, trial.metrics) == ('{"repeat":2}', None)
        (began,) = lab.history(trial.trial_id)
        assert (began.status, began.attempt, began.reported) == (Status.PENDING, 0, False)
        assert is_now(began.ts)

    @sentence("C-307", "C-309", "C-310")
    @pytest.mark.parametrize("status", [status for status in Status if status.is_completed()])
    def test_a_finished_trial_is_stored_as_given(self, lab: Lab, status: Status) -> None:
        (added,) = lab.add(finished_trial({"score": 1.5}, status=status, trial_runner_id=3))
        trial = lab.trial(added.trial_id)
        assert (trial.status, trial.trial_runner_id) == (status, 3)
        assert (trial.ts_start, trial.ts_end) == (NOON + 1, NOON + 2)
        assert trial.metrics == '{"score":1.5}'
        assert trial.completion is not None
        (began,) = lab.history(trial.trial_id)
        assert (began.status, began.ts) == (status, NOON + 2)

    @sentence("C-310", "C-505")
    def test_completion_numbers_are_unique_however_a_trial_was_completed(self, lab: Lab) -> None:
        added = lab.add(finished_trial(), new_trial(), finished_trial())
        lab.complete(added[1])
        numbers = [trial.completion or 0 for trial in lab.find()]
        assert all(number > 0 for number in numbers)
        assert len(set(numbers)) == 3

    @sentence("C-308")
    def test_a_trial_without_due_time_is_due_now(self, lab: Lab) -> None:
        (trial,) = lab.add(new_trial(due=None))
        assert is_now(trial.due)
        assert lab.ids(due_by=trial.due) == [trial.trial_id]

    @sentence("C-801")
    def test_adding_to_an_unknown_experiment_is_an_error(self, backend: Backend) -> None:
        with pytest.raises(ExperimentNotFoundError):
            backend.add_trials(new_token(), [new_trial()], 1)

    @sentence("C-311")
    def test_an_empty_batch_adds_nothing(self, lab: Lab) -> None:
        assert lab.add() == []
        assert lab.next_trial_id is None

    @sentence("C-301", "C-311")
    def test_a_big_batch_is_added_whole_and_in_order(self, lab: Lab) -> None:
        added = lab.add(*(new_trial({"x": i}) for i in range(2_500)))
        ids = [trial.trial_id for trial in added]
        assert ids == sorted(set(ids)) == lab.ids()
        texts = lab.backend.find_tunable_configs({trial.tunable_config_id for trial in added})
        assert [codec.decode(texts[trial.tunable_config_id])["x"] for trial in added] == list(range(2_500))

    @sentence("C-313")
    def test_tunable_configs_that_do_not_exist_are_left_out(self, lab: Lab) -> None:
        (trial,) = lab.add(new_trial({"x": "known"}))
        known = trial.tunable_config_id
        assert lab.backend.find_tunable_configs([known, known + 1_000_000]) == {known: '{"x":"known"}'}
        assert lab.backend.find_tunable_configs([]) == {}
