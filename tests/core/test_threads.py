"""Many threads on one storage, through the public API."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from trialstore import Experiment, Storage
from trialstore.errors import ExperimentNotFoundError

THREADS = 8


def together(work: Callable[[int], Any]) -> list[Any]:
    """Return what each of eight threads returned that began at the same moment."""
    barrier = Barrier(THREADS)

    def begin(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


@pytest.mark.contract(12)
def test_eight_threads_add_a_hundred_trials_each_with_consecutive_ids(storage: Storage) -> None:
    def add(number: int) -> list[int]:
        with storage.experiment(experiment_id="shared") as experiment:
            return [experiment.new_trial({"thread": number, "i": i}).trial_id for i in range(100)]

    ids = [trial_id for added in together(add) for trial_id in added]
    assert sorted(ids) == [*range(1, 801)]
    assert list(storage.experiments["shared"].trials) == [*range(1, 801)]


@pytest.mark.contract(19)
def test_the_same_new_config_of_all_threads_gets_one_id(storage: Storage) -> None:
    handles = [storage.experiment(experiment_id=f"e{number}") for number in range(THREADS)]
    assert set(together(lambda number: handles[number].new_trial({"x": 1}).tunable_config_id)) == {1}


def test_concurrent_and_repeated_deletions_spare_a_namesake(storage: Storage) -> None:
    def handle() -> Experiment:
        return storage.experiment(experiment_id="e").__enter__()

    for _ in range(10):
        doomed = handle()
        doomed.new_trials([{"of": "the doomed"}] * 3)

        def delete_or_begin_anew(number: int, doomed: Experiment = doomed) -> int | None:
            if number % 2:
                storage.session.delete_experiment(doomed._context.uid)
                return None
            try:
                return handle().new_trial({"of": "its namesake"}).trial_id
            except ExperimentNotFoundError:
                return None  # it had found the doomed one

        together(delete_or_begin_anew)
        storage.session.delete_experiment(doomed._context.uid)
        namesake = handle()
        added = [namesake.new_trial({"of": "its namesake"}).trial_id for _ in range(2)]
        storage.session.delete_experiment(doomed._context.uid)
        trials = storage.experiments["e"].trials
        assert set(added) <= set(trials)
        assert {trial.tunable_config.config_dict["of"] for trial in trials.values()} == {"its namesake"}
        storage.delete_experiment("e")
