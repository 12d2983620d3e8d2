"""A fork waits for the calls of other threads, and holds new ones back."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

import trialstore
from forks import in_a_fork
from trialstore.fork_gate import ForkGate


@pytest.fixture
def gate() -> ForkGate:
    return ForkGate()


def test_a_fork_waits_until_the_call_of_another_thread_has_ended(gate: ForkGate) -> None:
    inside, go_on, ended = Event(), Event(), Event()

    def call() -> None:
        inside.set()
        go_on.wait()
        ended.set()

    thread = Thread(target=gate.run, args=(call,))
    thread.start()
    inside.wait()
    closer = Thread(target=gate.close)
    closer.start()
    assert closer.is_alive()
    assert not ended.is_set()
    go_on.set()
    closer.join()
    assert ended.is_set()
    thread.join()


def test_new_calls_wait_until_the_fork_is_over(gate: ForkGate) -> None:
    called = Event()
    gate.close()
    thread = Thread(target=gate.run, args=(called.set,))
    thread.start()
    assert not called.is_set()
    gate.reopen()
    thread.join()
    assert called.is_set()


def test_a_call_within_a_call_is_not_held_back(gate: ForkGate) -> None:
    def fork_and_call() -> str:
        gate.close()
        return gate.run(lambda: "went through")

    assert gate.run(fork_and_call) == "went through"


def test_a_call_that_fails_leaves_the_gate(gate: ForkGate) -> None:
    with pytest.raises(ZeroDivisionError):
        gate.run(lambda: 1 / 0)
    closer = Thread(target=gate.close)
    closer.start()
    closer.join()
    assert not gate._inside


def test_a_call_that_hangs_does_not_keep_a_program_from_forking(
    gate: ForkGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialstore.fork_gate._PATIENCE", 0.01)
    inside, go_on = Event(), Event()

    def hang() -> None:
        inside.set()
        go_on.wait()

    thread = Thread(target=gate.run, args=(hang,))
    thread.start()
    inside.wait()
    gate.close()
    gate.reopen()
    go_on.set()
    thread.join()


def test_children_work_although_threads_are_busy_when_they_are_forked(tmp_path: Path) -> None:
    with trialstore.open(f"sqlite:///{tmp_path / 'trials.db'}") as storage:
        experiment = storage.experiment(experiment_id="e").__enter__()
        stop = Event()

        def work() -> None:
            while not stop.is_set():
                experiment.new_trial({"from": "a thread"})
                experiment.load()

        def add() -> None:
            experiment.new_trial({"from": "a child"})

        threads = [Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        codes = [in_a_fork(add) for _ in range(20)]
        stop.set()
        for thread in threads:
            thread.join()
        assert codes == [0] * 20
        from_children = [
            trial
            for trial in storage.experiments["e"].trials.values()
            if trial.tunable_config.config_dict == {"from": "a child"}
        ]
    assert len(from_children) == 20
