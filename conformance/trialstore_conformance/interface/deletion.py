"""Deletion, and the rebirth of a name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trialstore.backend import Backend
from trialstore.errors import ExperimentNotFoundError
from trialstore.records import ExperimentQuery
from trialstore.status import Status
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import NOON, Lab, finished_trial, new_token, new_trial


class DeletionConformance(ConformanceBase):
    """`delete_experiment`."""

    @sentence("C-801")
    def test_a_deleted_experiment_is_not_found(self, backend: Backend) -> None:
        lab = _full(Lab(backend, "doomed"))
        backend.delete_experiment(lab.uid)
        assert backend.find_experiments(ExperimentQuery()) == []
        assert backend.find_experiments(ExperimentQuery(uids=[lab.uid])) == []

    @sentence("C-801")
    def test_every_call_for_a_deleted_experiment_is_an_error(self, lab: Lab) -> None:
        _full(lab)
        trial = lab.trial(1)
        lab.backend.delete_experiment(lab.uid)
        calls: list[Callable[[], object]] = [
            lab.find,
            lab.history,
            lab.add_one,
            lab.claim,
            lab.expire,
            lambda: lab.backend.count_trials(lab.uid),
            lambda: lab.complete(trial),
            lambda: lab.report(trial, (NOON, "late", 1)),
            lambda: lab.telemetry(1),
        ]
        for call in calls:
            with pytest.raises(ExperimentNotFoundError):
                call()

    @sentence("C-802")
    def test_deleting_what_is_gone_does_nothing(self, lab: Lab) -> None:
        _full(lab)
        lab.backend.delete_experiment(new_token())
        assert len(lab.ids()) == 2
        lab.backend.delete_experiment(lab.uid)
        lab.backend.delete_experiment(lab.uid)

    @sentence("C-803")
    def test_a_reborn_namesake_begins_empty(self, backend: Backend) -> None:
        old = _full(Lab(backend, "phoenix"))
        backend.delete_experiment(old.uid)
        reborn = Lab(backend, "phoenix")
        assert reborn.uid != old.uid
        assert (reborn.ids(), reborn.next_trial_id, reborn.history()) == ([], None, [])
        trial = reborn.add_one()
        assert trial.trial_id == 1
        assert reborn.telemetry_rows([1, 2], all_attempts=True) == []
        assert reborn.statuses(1) == [Status.PENDING]

    @sentence("C-803")
    def test_tokens_of_a_deleted_experiment_mean_nothing_to_a_namesake(self, backend: Backend) -> None:
        old, new = Lab(backend, "phoenix"), new_trial()
        old.add(new)
        backend.delete_experiment(old.uid)
        reborn = Lab(backend, "phoenix")
        (trial,) = reborn.add(new)
        assert reborn.ids() == [trial.trial_id]
        claim = reborn.claim_of()
        assert len(backend.claim_trials(claim)) == 1

    @sentence("C-802", "C-905")
    def test_a_repeated_deletion_spares_a_reborn_namesake(self, backend: Backend) -> None:
        old = _full(Lab(backend, "phoenix"))
        backend.delete_experiment(old.uid)
        reborn = _full(Lab(backend, "phoenix"))
        backend.delete_experiment(old.uid)
        assert len(reborn.ids()) == 2
        assert reborn.telemetry(1) == [(NOON, "m", 1)]
        assert len(reborn.history()) == 3

    @sentence("C-803")
    def test_a_late_write_to_the_deleted_one_does_not_reach_a_namesake(self, backend: Backend) -> None:
        old = _full(Lab(backend, "phoenix"))
        trial = old.trial(1)
        backend.delete_experiment(old.uid)
        reborn = Lab(backend, "phoenix")
        reborn.add_one()
        with pytest.raises(ExperimentNotFoundError):
            old.report(trial, (NOON, "late", 1))
        with pytest.raises(ExperimentNotFoundError):
            old.complete(trial)
        assert reborn.telemetry(1, all_attempts=True) == []
        assert reborn.trial(1).status is Status.PENDING

    @sentence("C-804")
    def test_other_experiments_are_left_alone(self, backend: Backend) -> None:
        doomed, other = _full(Lab(backend, "doomed")), _full(Lab(backend, "other"))
        before = (other.find(), other.history(), other.telemetry_rows([1, 2]))
        backend.delete_experiment(doomed.uid)
        assert (other.find(), other.history(), other.telemetry_rows([1, 2])) == before
        assert other.record.uid == backend.find_experiments(ExperimentQuery())[0].uid

    @sentence("C-804")
    def test_tunable_configs_stay_and_their_ids_are_never_used_again(self, backend: Backend) -> None:
        doomed = Lab(backend, "doomed")
        old = doomed.add(new_trial({"x": 1}), new_trial({"x": 2}))
        ids = {trial.tunable_config_id for trial in old}
        backend.delete_experiment(doomed.uid)
        assert backend.find_tunable_configs(ids).keys() == ids
        same, fresh = Lab(backend, "next").add(new_trial({"x": 2}), new_trial({"x": 3}))
        assert same.tunable_config_id == old[1].tunable_config_id
        assert fresh.tunable_config_id not in ids


def _full(lab: Lab) -> Lab:
    """Return the lab with a trial that has telemetry, and a finished one."""
    lab.add(new_trial(), finished_trial())
    lab.report(lab.trial(1), (NOON, "m", 1))
    return lab
