"""Many threads on one backend object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from trialstore.backend import Backend
from trialstore.records import ExperimentQuery
from trialstore_conformance import history
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.lab import FAR, NOON, SECOND, Lab, new_trial
from trialstore_conformance.profiles import chosen_profile

_T = TypeVar("_T")
THREADS = 6


class ThreadsConformance(ConformanceBase):
    """The same handle in many threads, all beginning at the same moment."""

    @sentence("C-901", "C-202")
    def test_threads_that_create_one_experiment_agree_on_it(self, patient_backend: Backend) -> None:
        uids = _at_once(lambda _: Lab(patient_backend).uid)
        assert len(set(uids)) == 1
        assert [record.uid for record in patient_backend.find_experiments(ExperimentQuery())] == uids[:1]

    @sentence("C-901", "C-301", "C-306", "C-312")
    def test_threads_that_add_get_ids_of_their_own(self, patient_lab: Lab) -> None:
        def add(number: int) -> list[tuple[int, int]]:
            batches = [
                patient_lab.add(new_trial({"shared": i}), new_trial({"own": number})) for i in range(8)
            ]
            return [(t.trial_id, t.tunable_config_id) for batch in batches for t in batch]

        added = _flat(_at_once(add))
        assert (
            sorted(trial_id for trial_id, _ in added) == patient_lab.ids() == list(range(1, THREADS * 16 + 1))
        )
        assert {trial.trial_id: trial.tunable_config_id for trial in patient_lab.find()} == dict(added)
        assert len({config_id for _, config_id in added}) == 8 + THREADS

    @sentence("C-610", "C-901", "C-908")
    def test_no_trial_is_claimed_by_two_threads(self, patient_lab: Lab) -> None:
        profile = chosen_profile()
        patient_lab.add_many(profile.queue)

        def claim(number: int) -> list[int]:
            claimed = []
            while batch := patient_lab.claim(runner=number, limit=1 + number % 2):
                claimed += [trial.trial_id for trial in batch]
            return claimed

        assert sorted(_flat(_at_once(claim, profile.runners))) == patient_lab.ids()
        history.check_all(patient_lab)

    @sentence("C-610", "C-607", "C-908")
    def test_no_expired_trial_is_taken_over_by_two_threads(self, patient_lab: Lab) -> None:
        patient_lab.add_many(20)
        patient_lab.claim(limit=20, lease=SECOND)
        taken = _flat(_at_once(lambda number: patient_lab.claim(runner=number, limit=8, due_by=FAR)))
        assert sorted(trial.trial_id for trial in taken) == patient_lab.ids()
        assert {trial.attempt for trial in taken} == {2}
        history.check_all(patient_lab)

    @sentence("C-505", "C-901", "C-908")
    def test_threads_that_complete_trials_of_their_own_get_numbers_of_their_own(
        self, patient_lab: Lab
    ) -> None:
        trials = patient_lab.add_many(THREADS * 5)
        outcomes = _flat(
            _at_once(lambda number: [patient_lab.complete(trial) for trial in trials[number::THREADS]])
        )
        assert all(outcome.applied for outcome in outcomes)
        assert len({outcome.record.completion for outcome in outcomes}) == len(trials)
        history.check_all(patient_lab)

    @sentence("C-508", "C-901", "C-908")
    def test_the_completion_of_one_thread_is_applied(self, patient_lab: Lab) -> None:
        trials = patient_lab.add_many(10)

        def complete(number: int) -> list[tuple[int, int]]:
            return [(t.trial_id, number) for t in trials if patient_lab.complete(t, winner=number).applied]

        won = _flat(_at_once(complete))
        assert Counter(trial_id for trial_id, _ in won) == {trial.trial_id: 1 for trial in trials}
        assert {trial_id: f'{{"winner":{number}}}' for trial_id, number in won} == {
            trial.trial_id: patient_lab.trial(trial.trial_id).metrics for trial in trials
        }
        history.check_all(patient_lab)

    @sentence("C-503", "C-905", "C-901")
    def test_one_change_sent_by_many_threads_is_applied_once(self, patient_lab: Lab) -> None:
        change = patient_lab.change_of(
            patient_lab.add_one(), trial_runner_id=4, status=patient_lab.trial(1).status
        )
        outcomes = _at_once(lambda _: patient_lab.backend.change_trial(change))
        assert all(outcome.applied for outcome in outcomes)
        assert len(patient_lab.history()) == 2

    @sentence("C-304", "C-905", "C-901")
    def test_one_batch_sent_by_many_threads_is_added_once(self, patient_lab: Lab) -> None:
        batch = [new_trial({"x": i}) for i in range(5)]
        ids = _at_once(lambda _: tuple(trial.trial_id for trial in patient_lab.add(*batch)))
        assert set(ids) == {tuple(patient_lab.ids())}
        assert len(patient_lab.history()) == 5

    @sentence("C-606", "C-905", "C-901")
    def test_one_claim_sent_by_many_threads_is_made_once(self, patient_lab: Lab) -> None:
        patient_lab.add_many(12)
        claim = patient_lab.claim_of(limit=3)
        claimed = _at_once(lambda _: tuple(t.trial_id for t in patient_lab.backend.claim_trials(claim)))
        assert len(set(claimed)) == 1
        assert len(claimed[0]) == 3
        assert len(patient_lab.history()) == 12 + 3

    @sentence("C-702", "C-901")
    def test_the_first_telemetry_wins_and_stays(self, patient_lab: Lab) -> None:
        trial = patient_lab.add_one()

        def report(number: int) -> list[tuple[int, object]]:
            seen = []
            for i in range(10):
                patient_lab.report(trial, (NOON + i, "m", number))
                seen.append((NOON + i, patient_lab.telemetry(1)[i][2]))
            return seen

        seen = set(_flat(_at_once(report)))
        assert sorted(seen) == [(ts, value) for ts, _, value in patient_lab.telemetry(1)]

    @sentence("C-508", "C-901")
    def test_of_competing_metadata_each_is_added_once(self, patient_lab: Lab) -> None:
        trial = patient_lab.add_one()

        def append(number: int) -> None:
            while True:
                old = patient_lab.trial(trial.trial_id).metadata
                assert old is not None
                new = old.replace("}", f'{"," if old != "{}" else ""}"{number}":0}}')
                if patient_lab.change(trial, expected_metadata=old, metadata=new).applied:
                    return

        _at_once(append)
        metadata = patient_lab.trial(1).metadata or ""
        assert [metadata.count(f'"{number}"') for number in range(THREADS)] == [1] * THREADS


def _at_once(do: Callable[[int], _T], threads: int = THREADS) -> list[_T]:
    barrier = Barrier(threads)

    def begin(number: int) -> _T:
        barrier.wait()
        return do(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


def _flat(lists: Iterable[Iterable[_T]]) -> list[_T]:
    return [item for items in lists for item in items]
