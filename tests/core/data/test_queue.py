"""The queue of an experiment, as those see it who watch it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import trialstore
from trialstore import Experiment, Status, Storage
from trialstore.data import ExperimentData, QueueData
from trialstore_memory import MemoryBackend
from trialstore_sql import SqlBackend
from wire import watch

NOW = datetime.now(UTC)
PAST = NOW - timedelta(days=1)
LATER = NOW + timedelta(days=1)

Finish = Callable[..., None]


@pytest.fixture
def finish(plain: Experiment) -> Finish:
    """End new trials, as many minutes ago as is said for each."""

    def finish(*minutes_ago: float, status: Status = Status.FAILED) -> None:
        for minutes, trial in zip(minutes_ago, plain.new_trials([{}] * len(minutes_ago)), strict=True):
            trial.update(status, datetime.now(UTC) - timedelta(minutes=minutes))

    return finish


def running_ids(queue: QueueData) -> list[int]:
    return [trial.trial_id for trial in queue.running]


def test_without_trials_there_is_nothing_in_it(data: ExperimentData) -> None:
    queue = data.queue
    assert (queue.experiment_id, queue.max_attempts, queue.has_server_clock) == ("plain", None, False)
    assert (queue.pending.count, queue.pending.due, queue.pending.next_due) == (0, 0, None)
    assert (queue.running_count, queue.running, queue.finished, queue.others) == (0, [], {}, {})
    assert (queue.recent.count, queue.recent.per_minute, queue.recent.last_end) == (0, 0, None)


def test_what_waits_is_due_now_or_later(plain: Experiment, data: ExperimentData) -> None:
    plain.new_trials([{}] * 4, [PAST, LATER + timedelta(hours=1), LATER, PAST])
    pending = data.queue.pending
    assert (pending.count, pending.seen, pending.due, pending.next_due) == (4, 4, 2, LATER)


def test_what_waits_is_counted_by_the_runner_that_it_is_assigned_to(
    plain: Experiment, data: ExperimentData
) -> None:
    for trial, runner in zip(plain.new_trials([{}] * 4), [9, 7, 9], strict=False):
        trial.set_trial_runner(runner)
    assert list(data.queue.pending.assigned.items()) == [(7, 1), (9, 2)]


def test_what_runs_comes_with_its_attempt_and_its_lease(storage: Storage) -> None:
    with storage.experiment(experiment_id="e", max_attempts=3) as experiment:
        experiment.new_trial({}, PAST)
        experiment.claim_trials(7, lease=0.000001)
        [claimed] = experiment.claim_trials(8, lease=timedelta(hours=1))
    queue = storage.experiments["e"].queue
    [trial] = queue.running
    assert (trial.trial_id, trial.trial_runner_id, trial.attempt, trial.expirations) == (1, 8, 2, 1)
    assert (trial.ts_start, queue.max_attempts) == (claimed.ts_start, 3)
    assert trial.lease_expires == claimed.ts_start + timedelta(hours=1)
    assert not queue.is_over(trial)


def test_leases_that_are_over_come_first_the_oldest_before_the_others(
    plain: Experiment, data: ExperimentData
) -> None:
    plain.new_trials([{}] * 6, PAST)
    for runner, lease in [(4, 3600), (2, None), (3, None), (1, None)]:
        plain.claim_trials(runner, lease=lease)
    plain.new_trial({}).update(Status.RUNNING, datetime.now(UTC))  # without a runner
    first, second = plain.claim_trials(9, limit=2, lease=3600)
    second.heartbeat(0.000001)
    first.heartbeat(0.000002)
    queue = data.queue
    assert running_ids(queue) == [second.trial_id, first.trial_id, 4, 2, 3, 1, 7]
    assert [queue.is_over(trial) for trial in queue.running] == [True] * 2 + [False] * 5


def test_the_rest_is_counted_by_status(plain: Experiment, data: ExperimentData) -> None:
    statuses = [Status.FAILED, Status.READY, Status.CANCELED, Status.TIMED_OUT, Status.FAILED, Status.UNKNOWN]
    for trial, status in zip(plain.new_trials([{}] * 6), statuses, strict=True):
        trial.update(status, datetime.now(UTC))
    queue = data.queue
    assert queue.finished == {Status.CANCELED: 1, Status.FAILED: 2, Status.TIMED_OUT: 1}
    assert queue.others == {Status.UNKNOWN: 1, Status.READY: 1}


class TestOfLate:
    """What ended in the last minutes, and how much that is in one."""

    def test_is_what_ended_in_the_last_five_minutes(self, data: ExperimentData, finish: Finish) -> None:
        finish(60, 1, 2, 3, 6)
        recent = data.queue.recent
        assert (recent.count, recent.seconds, recent.per_minute) == (3, 300, 0.6)

    def test_leaves_out_what_was_canceled_and_what_is_to_end_in_the_future(
        self, data: ExperimentData, finish: Finish
    ) -> None:
        finish(2, 1, -10)
        finish(0, 0, status=Status.CANCELED)
        recent = data.queue.recent
        assert recent.count == 2
        assert recent.last_end is not None
        assert recent.last_end > NOW

    def test_knows_when_the_last_one_ended_also_if_that_is_long_ago(
        self, data: ExperimentData, finish: Finish
    ) -> None:
        finish(90, 60)
        recent = data.queue.recent
        assert (recent.count, recent.seconds) == (0, 300)
        assert recent.last_end is not None
        assert timedelta(minutes=59) < datetime.now(UTC) - recent.last_end < timedelta(minutes=61)

    def test_is_a_shorter_time_if_more_ended_than_are_looked_at(
        self, data: ExperimentData, finish: Finish, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("trialstore.data._queue.LAST", 4)
        finish(4, 3.5, 3, 2, 2, 1, 1)
        recent = data.queue.recent
        assert recent.count == 4
        assert recent.seconds == pytest.approx(120, abs=30)
        assert recent.per_minute == pytest.approx(2, abs=0.5)

    def test_is_the_whole_time_if_those_that_are_looked_at_cover_it(
        self, data: ExperimentData, finish: Finish, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("trialstore.data._queue.LAST", 3)
        finish(9, 8, 7, 1)
        assert (data.queue.recent.count, data.queue.recent.seconds) == (1, 300)

    def test_is_a_second_at_least_where_the_clock_of_a_runner_is_ahead(
        self, data: ExperimentData, finish: Finish, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("trialstore.data._queue.LAST", 2)
        finish(-5, -5, -5)
        assert (data.queue.recent.count, data.queue.recent.seconds) == (0, 1)


def test_of_too_many_it_looks_at_the_first_and_counts_the_rest(
    plain: Experiment, data: ExperimentData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trialstore.data._queue.MOST", 3)
    plain.new_trials([{}] * 10, PAST)
    plain.claim_trials(7, limit=4)
    queue = data.queue
    assert (queue.pending.count, queue.pending.seen, queue.pending.due) == (6, 3, 3)
    assert (queue.running_count, running_ids(queue)) == (4, [1, 2, 3])


def test_on_a_server_it_says_that_another_clock_counts() -> None:
    class OnServer(MemoryBackend):
        capabilities = MemoryBackend.capabilities | {trialstore.Capability.SERVER_CLOCK}

    with Storage(OnServer({})) as storage, storage.experiment(experiment_id="e"):
        assert storage.experiments["e"].queue.has_server_clock


def test_it_takes_four_statements_however_many_trials_there_are(tmp_path: Path) -> None:
    with (
        trialstore.open("memory://") as scratch,
        trialstore.open(f"sqlite:///{tmp_path / 'q.db'}") as storage,
    ):
        for trial in scratch.experiment(experiment_id="source").new_trials([{}] * 1_500, PAST):
            trial.update(Status.FAILED, datetime.now(UTC))
        experiment = storage.experiment(experiment_id="e")
        experiment.merge(["source"], scratch)
        experiment.new_trials([{}] * 1_500)
        experiment.claim_trials(7, limit=500)
        data = storage.experiments["e"]
        backend, seen = storage.session.backend, []
        assert isinstance(backend, SqlBackend)
        watch(backend._database.engine, lambda _, sent: seen.append(sent.sql))
        queue = data.queue
        assert (queue.pending.count, queue.running_count, queue.finished) == (
            1_000,
            500,
            {Status.FAILED: 1_500},
        )
        assert len(seen) == 4
