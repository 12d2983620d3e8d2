"""Opening, retrying, forking and closing, whatever the backend."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from trialstore import Status, Storage
from trialstore.backend import Capability
from trialstore.codec import Encoded
from trialstore.errors import (
    CorruptStorageError,
    ForkedStorageError,
    StorageClosedError,
    StorageNotFoundError,
    StorageUnavailableError,
    TransientError,
)
from trialstore.records import (
    ChangeOutcome,
    Claim,
    ExperimentQuery,
    ExperimentRecord,
    Order,
    TrialChange,
    TrialQuery,
    TrialRecord,
)
from trialstore.retry import retried
from trialstore.session import Session
from trialstore_memory import MemoryBackend


class FlakyBackend(MemoryBackend):
    """Fails in passing as often as it is told to, at opening and at looking for experiments."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.open_failures = config.get("open_failures", 0)
        self.find_failures = config.get("find_failures", 0)
        self.opened = 0

    def open(self, *, create: bool, read_only: bool) -> None:
        super().open(create=create, read_only=read_only)
        self.opened += 1
        if self.opened <= self.open_failures:
            raise TransientError("the server is starting")

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        if self.find_failures > 0:
            self.find_failures -= 1
            raise TransientError("deadlock")
        return super().find_experiments(query)


class SharedBackend(FlakyBackend):
    """Says that processes may share it, and remembers whether it was told of a fork."""

    capabilities = frozenset(Capability)
    forked = False

    def after_fork(self) -> None:
        super().after_fork()
        self.forked = True


def in_a_child(check: Any) -> bool:
    """Return what a check returned in a forked child."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if check() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_call_that_fails_in_passing_is_repeated() -> None:
    assert Storage(FlakyBackend({"find_failures": 5})).experiments == {}


def test_opening_that_fails_in_passing_is_repeated() -> None:
    backend = FlakyBackend({"open_failures": 3})
    assert Storage(backend).experiments == {}
    assert backend.opened == 4


def test_a_call_that_keeps_failing_is_given_up() -> None:
    storage = Storage(FlakyBackend({"find_failures": 10**9}), retry_for=0.05)
    with pytest.raises(StorageUnavailableError, match=r"deadlock \(gave up after 0.05 s") as error:
        len(storage.experiments)
    assert not isinstance(error.value, TransientError)
    assert isinstance(error.value, ConnectionError)


def test_without_patience_a_call_is_made_once() -> None:
    backend = FlakyBackend({"find_failures": 1})
    with pytest.raises(StorageUnavailableError, match=r"^deadlock$"):
        len(Storage(backend, retry_for=0).experiments)
    assert backend.find_failures == 0


def test_a_first_try_that_takes_all_the_time_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FlakyBackend({"find_failures": 1})
    storage = Storage(backend, retry_for=5)
    storage.session.ensure_open()
    clock = iter([100.0, 105.1])
    monkeypatch.setattr("trialstore.retry.monotonic", lambda: next(clock))
    with pytest.raises(StorageUnavailableError, match=r"deadlock \(gave up after 5 s"):
        len(storage.experiments)
    assert backend.find_failures == 0


def test_a_long_retry_warns(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialstore.retry._WARN_AFTER", 0.0)
    with caplog.at_level(logging.WARNING):
        len(Storage(FlakyBackend({"find_failures": 2})).experiments)
    assert "still trying after" in caplog.text
    assert "deadlock" in caplog.text


def test_other_errors_are_not_repeated() -> None:
    calls = []

    def fail() -> None:
        calls.append(1)
        raise StorageNotFoundError("gone")

    with pytest.raises(StorageNotFoundError):
        retried(60, fail)
    assert calls == [1]


def test_a_failed_opening_may_be_tried_again_later() -> None:
    backend = FlakyBackend({"open_failures": 1})
    storage = Storage(backend, lazy_schema_create=True, retry_for=0)
    with pytest.raises(StorageUnavailableError, match="starting"):
        len(storage.experiments)
    assert len(storage.experiments) == 0


def test_threads_open_it_once() -> None:
    backend = FlakyBackend({})
    storage = Storage(backend, lazy_schema_create=True)
    threads = [threading.Thread(target=lambda: len(storage.experiments)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert backend.opened == 1


def test_a_forked_child_may_not_use_what_lives_in_its_parent() -> None:
    storage = Storage(MemoryBackend({}))

    def refuses() -> bool:
        try:
            len(storage.experiments)
        except ForkedStorageError as error:
            return "cannot be used in a forked child" in str(error)
        return False

    assert in_a_child(refuses)
    assert len(storage.experiments) == 0


def test_a_forked_child_of_a_closed_storage_finds_it_closed() -> None:
    storage = Storage(MemoryBackend({}))
    storage.close()

    def is_closed() -> bool:
        try:
            len(storage.experiments)
        except StorageClosedError:
            return True
        return False

    assert in_a_child(is_closed)


def test_a_forked_child_uses_what_can_be_shared_even_if_a_thread_held_the_lock() -> None:
    backend = SharedBackend({})
    storage = Storage(backend, lazy_schema_create=True)
    with storage.session._lock:
        thread_result: list[bool] = []
        thread = threading.Thread(
            target=lambda: thread_result.append(
                in_a_child(lambda: len(storage.experiments) == 0 and backend.forked)
            )
        )
        thread.start()
        thread.join()
    assert thread_result == [True]


def test_a_forgotten_session_is_no_burden_to_a_child() -> None:
    Session(MemoryBackend({}))
    assert in_a_child(lambda: True)


class Recorder(MemoryBackend):
    """Remembers how many trials it was asked for each time."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.asked: list[int | None] = []

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        self.asked.append(query.limit)
        return super().find_trials(query)


@pytest.mark.parametrize("order", [Order.TRIAL_ID, Order.COMPLETION])
def test_many_trials_are_read_in_pages(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder({})
    storage = Storage(recorder)
    with storage.experiment(experiment_id="e") as experiment:
        for trial in experiment.new_trials([{"x": 1}] * 7):
            trial.update(Status.FAILED, trial.ts_start)
        uid = storage.experiments["e"]._record.uid
        monkeypatch.setattr("trialstore.session.PAGE", 3)
        found = storage.session.find_trials(TrialQuery(uid=uid, order=order))
    assert [trial.trial_id for trial in found] == [*range(1, 8)]
    assert recorder.asked == [3, 3, 3]


def test_trials_that_are_due_are_read_in_pages_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder({})
    storage = Storage(recorder)
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trials([{"x": 1}] * 7)
        monkeypatch.setattr("trialstore.session.PAGE", 1)
        monkeypatch.setattr("trialstore.session.PAGE_OF_QUEUE", 3)
        due = [trial.trial_id for trial in experiment.pending_trials(datetime.now(UTC))]
    assert due == [*range(1, 8)]
    assert 3 in recorder.asked
    assert 1 not in recorder.asked


def test_many_tunable_configs_are_read_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialstore.session.PAGE", 3)
    storage = Storage(MemoryBackend({}))
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trials([{"x": i} for i in range(8)])
    assert [config.config_dict["x"] for config in storage.experiments["e"].tunable_configs.values()] == [
        *range(8)
    ]


def test_a_claim_whose_answer_was_lost_hands_out_nothing_that_has_ended_since() -> None:
    class LosesAClaim(MemoryBackend):
        lost = False

        def claim_trials(self, claim: Claim) -> list[TrialRecord]:
            records = super().claim_trials(claim)
            if not self.lost:
                self.lost = True
                canceled = experiment.get_trial_by_id(1)
                assert canceled is not None
                canceled.update(Status.CANCELED, canceled.ts_start)
                raise TransientError("the answer was lost")
            return records

    with Storage(LosesAClaim({})).experiment(experiment_id="e") as experiment:
        experiment.new_trials([{}, {}])
        assert [trial.trial_id for trial in experiment.claim_trials(1, limit=2)] == [2]


def test_a_change_that_was_refused_although_its_conditions_hold_is_tried_again() -> None:
    class SeesAnOldVersion(MemoryBackend):
        refused = 0

        def change_trial(self, change: TrialChange) -> ChangeOutcome:
            self.refused += 1
            if self.refused == 1:
                return ChangeOutcome(applied=False, record=super().find_trials(TrialQuery(uid=change.uid))[0])
            return super().change_trial(change)

    with Storage(SeesAnOldVersion({})).experiment(experiment_id="e") as experiment:
        trial = experiment.new_trial({})
        trial.update(Status.FAILED, trial.ts_start)
        assert experiment.load()[0] == [1]


def test_a_heartbeat_is_not_repeated_for_longer_than_the_lease_lasts() -> None:
    class NoHeartbeats(MemoryBackend):
        def change_trial(self, change: TrialChange) -> ChangeOutcome:
            raise TransientError("failover")

    with Storage(NoHeartbeats({}), retry_for=3600).experiment(experiment_id="e") as experiment:
        experiment.new_trial({})
        (trial,) = experiment.claim_trials(1, lease=0.05)
        with pytest.raises(StorageUnavailableError, match="failover"):
            trial.heartbeat(3600)


def test_a_trial_whose_tunable_config_is_gone_is_named_as_damage() -> None:
    class Forgetful(MemoryBackend):
        def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
            return {}

    with Storage(Forgetful({})).experiment(experiment_id="e") as experiment:
        trial = experiment.new_trial({"x": 1})
        trial.update(Status.FAILED, trial.ts_start)
        with pytest.raises(CorruptStorageError, match=r"tunable configs that do not exist: \[1\]"):
            experiment.load()


def test_only_the_tunable_configs_that_did_not_come_along_are_asked_for() -> None:
    class SendsTheFirst(MemoryBackend):
        def __init__(self, config: Mapping[str, Any]) -> None:
            super().__init__(config)
            self.asked: list[list[int]] = []

        def claim_trials(self, claim: Claim) -> list[TrialRecord]:
            first, *others = super().claim_trials(claim)
            return [replace(first, config=self._configs[first.tunable_config_id]), *others]

        def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
            self.asked.append(list(ids))
            return super().find_tunable_configs(ids)

    backend = SendsTheFirst({})
    with Storage(backend).experiment(experiment_id="e") as experiment:
        experiment.new_trials([{"x": 5}, {"x": 6}])
        claimed = [*experiment.claim_trials(1, limit=2)]
        assert [trial.tunable_values["x"] for trial in claimed] == [5, 6]
        assert backend.asked == [[2]]
        experiment.new_trial({"x": 7})
        (last,) = experiment.claim_trials(1)
        assert last.tunable_values["x"] == 7
        assert backend.asked == [[2]]
