"""Ctrl-C, wherever it comes in the middle of a call to a server."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import main_thread
from typing import Any

import pytest

from trialstore import Experiment, Storage
from wire import Calls

OpenStorage = Callable[..., Storage]

LOCKS = "SELECT 1 FROM trialstore_experiment FOR UPDATE"
DRIVERS = ("psycopg", "pymysql")
MOMENTS = 400


def test_an_interrupt_while_the_server_is_busy_ends_the_call_and_undoes_it(
    open_storage: OpenStorage, onlooker: Any
) -> None:
    def interrupt() -> None:
        onlooker.wait_for_a_waiting_session()
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)

    storage = open_storage(busy_timeout=60)
    with storage.experiment(experiment_id="e") as experiment, ThreadPoolExecutor(1) as thread:
        with onlooker.holding(LOCKS):
            thread.submit(interrupt)
            with pytest.raises(KeyboardInterrupt):
                experiment.new_trial({"x": 1})
        assert list(storage.experiments["e"].trials) == []
        assert experiment.new_trial({"x": 2}).trial_id == 1


# What is interrupted in a method that Python calls for the garbage collector is lost, and said so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_an_interrupt_at_any_moment_every_answer_is_that_to_its_own_question(
    open_storage: OpenStorage,
) -> None:
    storage = open_storage(pool_size=1)
    with storage.experiment(experiment_id="e") as experiment:
        known = [experiment.new_trial({"x": 0}).trial_id, experiment.new_trial({"x": 0}).trial_id]
        with Calls(DRIVERS) as counted:
            known.append(experiment.new_trial({"x": 0}).trial_id)
        interrupted, moments = 0, range(1, counted.number + 1, counted.number // MOMENTS + 1)
        for moment in moments:
            interrupted += is_interrupted(experiment, moment)
            trials = storage.experiments["e"].trials
            assert [trial.tunable_config.config_dict for trial in trials.values()][:3] == [{"x": 0}] * 3
            new = list(trials)[len(known) :]
            assert new in ([], [known[-1] + 1])
            assert all(trials[trial_id].tunable_config.config_dict == {"x": moment} for trial_id in new)
            known += new
    assert interrupted > len(moments) / 2


def is_interrupted(experiment: Experiment, moment: int) -> bool:
    """Add a trial, unless an interrupt comes first."""
    try:
        with Calls(DRIVERS, moment):
            experiment.new_trial({"x": moment})
    except KeyboardInterrupt:
        return True
    return False
