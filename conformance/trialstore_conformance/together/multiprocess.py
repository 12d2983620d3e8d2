"""Many processes on one storage, or the refusal to be used so."""

from __future__ import annotations

import functools
import os
import pickle
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import pytest

from trialstore import Storage
from trialstore.backend import Capability
from trialstore.errors import UnsupportedError
from trialstore_conformance import history
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.lab import SECOND, Lab
from trialstore_conformance.processes import results_of
from trialstore_conformance.profiles import chosen_profile
from trialstore_conformance.requirements import needs_absent_storage

PROCESSES = 4


_Tests = TypeVar("_Tests", bound=ConformanceBase)


def shared_or_refused(test: Callable[[_Tests, Door], None]) -> Callable[[_Tests, Door], None]:
    """Run a test where several processes can use the storage; elsewhere, check that this is refused."""

    @functools.wraps(test)
    def checked(self: _Tests, door: Door) -> None:
        if door.declares(Capability.MULTI_PROCESS):
            test(self, door)
        else:
            _assert_refuses_other_processes(door.storage())

    return checked


def _assert_refuses_other_processes(storage: Storage) -> None:
    """Check that a storage that lives in one process says so, instead of becoming a silent copy."""
    experiment = storage.experiment(experiment_id="e")
    trial = experiment.new_trial({"x": 1})
    for what in (storage, experiment, trial):
        with pytest.raises(UnsupportedError, match="one process"):
            pickle.dumps(what)


class ProcessesConformance(ConformanceBase):
    """Real processes, all beginning at the same moment, where MULTI_PROCESS is declared; else, what is refused."""

    @sentence("C-105", "C-202", "C-902")
    @shared_or_refused
    @needs_absent_storage
    def test_an_empty_storage_may_be_opened_by_many_at_once(self, door: Door) -> None:
        ids = [trial_id for reports in results_of(door, "first_open", PROCESSES) for trial_id in reports]
        assert sorted(ids) == [1, 2, 3, 4] == Lab(door.backend()).ids()

    @sentence("C-301", "C-306", "C-312", "C-902")
    @shared_or_refused
    def test_processes_that_add_get_ids_of_their_own(self, door: Door) -> None:
        lab = Lab(door.backend())
        workers = results_of(door, "add", PROCESSES, count=20)
        added = [report for reports in workers for report in reports]
        assert sorted(report["trial_id"] for report in added) == lab.ids() == list(range(1, 81))
        for reports in workers:
            assert [report["trial_id"] for report in reports] == sorted(
                report["trial_id"] for report in reports
            )
        shared = {(report["shared"], report["config_id"]) for report in added if report["shared"] is not None}
        assert len(shared) == 10, f"equal configs got different ids: {sorted(shared)}"

    @sentence("C-610", "C-902", "C-908")
    @shared_or_refused
    def test_no_trial_of_a_long_queue_is_claimed_by_two_processes(self, door: Door) -> None:
        profile, lab = chosen_profile(), Lab(door.backend(), "round 0")
        lab.add_many(profile.queue)
        workers = results_of(door, "claim", profile.runners, rounds=1)
        assert sorted(trial_id for reports in workers for _, trial_id in reports) == lab.ids()
        history.check_all(lab)

    @sentence("C-610", "C-902", "C-908")
    @shared_or_refused
    def test_no_trial_is_claimed_by_two_processes(self, door: Door) -> None:
        backend, rounds = door.backend(), chosen_profile().rounds
        labs = [Lab(backend, f"round {number}") for number in range(rounds)]
        for lab in labs:
            lab.add_many(8)
        workers = results_of(door, "claim", PROCESSES, rounds=rounds)
        claims = Counter(claimed for reports in workers for claimed in reports)
        assert claims == {(number, trial_id): 1 for number in range(rounds) for trial_id in range(1, 9)}
        for lab in labs:
            history.check_all(lab)

    @sentence("C-610", "C-607", "C-608", "C-902", "C-908")
    @shared_or_refused
    def test_no_expired_trial_is_taken_over_by_two_processes(self, door: Door) -> None:
        lab = Lab(door.backend())
        lab.add_many(60)
        lab.claim(limit=60, lease=SECOND)
        workers = results_of(door, "take_over", PROCESSES)
        claims = Counter((report["trial_id"], report["attempt"]) for reports in workers for report in reports)
        assert claims == {(trial_id, 2): 1 for trial_id in range(1, 61)}
        history.check_all(lab)

    @sentence("C-508", "C-902", "C-908")
    @shared_or_refused
    def test_the_completion_of_one_process_is_applied(self, door: Door) -> None:
        lab = Lab(door.backend())
        lab.add_many(25)
        workers = results_of(door, "complete", PROCESSES)
        for trial_id, outcomes in enumerate(zip(*workers, strict=True), start=1):
            winners = [number for number, outcome in enumerate(outcomes) if outcome["applied"]]
            assert len(winners) == 1, f"{len(winners)} completions of trial {trial_id} were applied"
            metrics = lab.trial(trial_id).metrics
            assert metrics == f'{{"winner":{winners[0]}}}'
            assert {outcome["metrics"] for outcome in outcomes} == {metrics}
        history.check_all(lab)

    @sentence("C-702", "C-902")
    @shared_or_refused
    def test_the_first_telemetry_wins_and_what_was_seen_stays(self, door: Door) -> None:
        lab = Lab(door.backend())
        lab.add_one()
        workers = results_of(door, "report", PROCESSES, rows=15)
        seen = {(report["ts"], report["value"]) for reports in workers for report in reports}
        assert sorted(seen) == [(ts, value) for ts, _, value in lab.telemetry(1)]

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
    @sentence("C-906", "C-912")
    def test_a_forked_child_works_or_is_refused(self, door: Door) -> None:
        is_shared = door.declares(Capability.MULTI_PROCESS)
        ((child, parent),) = results_of(door, "fork", 1)
        assert child == {"child": 0 if is_shared else 3}
        assert parent == {"trials": 3 if is_shared else 2}

    @sentence("C-907")
    @shared_or_refused
    def test_a_pickled_storage_reconnects_or_is_refused(self, door: Door) -> None:
        storage = door.storage()
        with storage.experiment(experiment_id="experiment") as experiment:
            experiment.new_trial({"x": 0})
            pickled = pickle.dumps(storage).hex()
            assert results_of(door, "unpickle", 1, pickled=pickled) == [[2]]
            assert experiment.get_trial_by_id(2) is not None
