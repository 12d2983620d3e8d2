"""The feed of completions: each trial once, in the order in which they ended."""

from __future__ import annotations

import pickle
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

import trialstore
from trialstore import Experiment, Status, Storage
from trialstore.codec import Encoded
from trialstore.errors import StorageUnavailableError
from trialstore.feed import CompletionFeed
from trialstore.records import TrialQuery, TrialRecord
from trialstore_memory import MemoryBackend

T0 = datetime(2030, 1, 1, tzinfo=UTC)


def finish(experiment: Experiment, trial_id: int, status: Status = Status.SUCCEEDED) -> None:
    trial = experiment.get_trial_by_id(trial_id)
    assert trial is not None
    trial.update(status, T0, {"m": trial_id} if status.is_succeeded() else None)


@pytest.mark.contract(14)
def test_trials_that_end_out_of_order_are_all_handed_out_once(plain: Experiment) -> None:
    plain.new_trials([{"x": i} for i in range(1, 6)])
    finish(plain, 5)
    assert plain.poll() == ([5], [{"x": 5}], [{"m": 5}], [Status.SUCCEEDED])
    finish(plain, 2, Status.FAILED)
    finish(plain, 4, Status.CANCELED)
    finish(plain, 1, Status.TIMED_OUT)
    assert plain.poll() == ([2, 1], [{"x": 2}, {"x": 1}], [None, None], [Status.FAILED, Status.TIMED_OUT])
    assert plain.poll() == ([], [], [], [])
    finish(plain, 3)
    assert plain.poll()[0] == [3]


def test_a_new_object_begins_with_all_that_has_ended(storage: Storage, plain: Experiment) -> None:
    plain.new_trials([{}, {}])
    finish(plain, 2)
    finish(plain, 1)
    plain.poll()
    again = storage.get_experiment_by_id("plain")
    assert again is not None
    assert again.poll()[0] == [2, 1]


def test_many_are_read_in_pages(plain: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialstore.session.PAGE", 3)
    plain.new_trials([{}] * 7)
    for trial_id in (7, 3, 5, 1, 2, 6, 4):
        finish(plain, trial_id)
    assert plain.poll()[0] == [7, 3, 5, 1, 2, 6, 4]


def test_threads_that_share_an_object_share_what_it_hands_out(plain: Experiment) -> None:
    plain.new_trials([{}] * 20)
    polled: list[int] = []

    def poll() -> None:
        for _ in range(20):
            polled.extend(plain.poll()[0])

    threads = [Thread(target=poll) for _ in range(4)]
    for thread in threads:
        thread.start()
    for trial_id in range(1, 21):
        finish(plain, trial_id)
    for thread in threads:
        thread.join()
    polled.extend(plain.poll()[0])
    assert sorted(polled) == [*range(1, 21)]


def test_a_trial_whose_last_lease_is_lost_has_ended(storage: Storage) -> None:
    with storage.experiment(experiment_id="e", max_attempts=1) as experiment:
        experiment.new_trial({}, ts_start=T0 - timedelta(days=3650))
        experiment.claim_trials(1, lease=0.000001)
        assert experiment.poll()[0] == [1]


def test_a_reader_without_the_right_to_write_polls_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'trials.db'}"
    with trialstore.open(url) as storage:
        with storage.experiment(experiment_id="e", max_attempts=1) as experiment:
            experiment.new_trial({})
        finish(experiment, 1)
        with trialstore.open(url, read_only=True) as reader:
            handle = reader.get_experiment_by_id("e")
            assert handle is not None
            assert handle.poll()[0] == [1]


class TestNotSinceTheStart:
    """An object that is to learn only of what ends from now on."""

    def test_leaves_out_what_had_ended_before_and_nothing_else(self, plain: Experiment) -> None:
        plain.new_trials([{}] * 4)
        finish(plain, 3)
        finish(plain, 1)
        assert plain.poll(since_start=False) == ([], [], [], [])
        finish(plain, 2)
        assert plain.poll(since_start=False)[0] == [2]
        finish(plain, 4)
        assert plain.poll()[0] == [4]

    def test_counts_the_first_call_even_if_nothing_had_ended(self, plain: Experiment) -> None:
        plain.new_trials([{}])
        plain.poll(since_start=False)
        finish(plain, 1)
        assert plain.poll(since_start=False)[0] == [1]

    def test_says_nothing_any_more_once_the_object_has_begun(self, plain: Experiment) -> None:
        plain.new_trials([{}, {}])
        finish(plain, 1)
        assert plain.poll()[0] == [1]
        finish(plain, 2)
        assert plain.poll(since_start=False)[0] == [2]

    def test_hands_out_what_ends_by_the_very_call(self, storage: Storage) -> None:
        with storage.experiment(experiment_id="e", max_attempts=1) as experiment:
            experiment.new_trials([{}, {}], ts_start=T0 - timedelta(days=3650))
            experiment.claim_trials(1, lease=0.000001)
            finish(experiment, 2)
            assert experiment.poll(since_start=False)[0] == [1]

    def test_keeps_to_that_in_a_pickled_copy_and_not_in_a_new_object(self, tmp_path: Path) -> None:
        with trialstore.open(f"sqlite:///{tmp_path / 'trials.db'}") as storage:
            first = storage.experiment(experiment_id="e")
            first.new_trials([{}] * 3)
            finish(first, 1)
            first.poll(since_start=False)
            copy = pickle.loads(pickle.dumps(first))
            finish(first, 2)
            assert copy.poll(since_start=False)[0] == first.poll()[0] == [2]
            restarted = storage.experiment(experiment_id="e")
            assert restarted.poll()[0] == [1, 2]
            copy._context.session.close()


def test_a_pickled_copy_goes_on_where_the_object_was(tmp_path: Path) -> None:
    with trialstore.open(f"sqlite:///{tmp_path / 'trials.db'}") as storage:
        first = storage.experiment(experiment_id="e")
        first.new_trials([{}] * 3)
        finish(first, 2)
        assert first.poll()[0] == [2]
        copy = pickle.loads(pickle.dumps(first))
        finish(first, 3)
        finish(first, 1)
        assert copy.poll()[0] == first.poll()[0] == [3, 1]
        copy._context.session.close()


@pytest.mark.parametrize("since_start", [True, False])
def test_a_completion_that_becomes_visible_after_later_ones_is_handed_out_once(*, since_start: bool) -> None:
    class ShowsLate(MemoryBackend):
        """Hides completions, as an engine does whose numbers are drawn before they are committed."""

        def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
            return [trial for trial in super().find_trials(query) if trial.trial_id not in hidden]

    hidden: set[int] = set()
    experiment = Storage(ShowsLate({})).experiment(experiment_id="e")
    experiment.new_trials([{}] * 5)
    for trial_id in (1, 2, 3, 4):
        finish(experiment, trial_id)
    hidden.update({1, 3})
    assert experiment.poll(since_start=since_start)[0] == ([2, 4] if since_start else [])
    hidden.remove(3)
    assert experiment.poll(since_start=since_start)[0] == [3]
    hidden.clear()
    finish(experiment, 5)
    assert experiment.poll(since_start=since_start)[0] == [1, 5]
    assert experiment.poll(since_start=since_start)[0] == []


class TestTheFeed:
    """What it lets through when numbers have gaps, or become visible out of order."""

    @staticmethod
    def trials(*numbers: int | None) -> list[TrialRecord]:
        return [
            TrialRecord(
                trial_id=number or 0, tunable_config_id=1, status=Status.FAILED, due=0, completion=number
            )
            for number in numbers
        ]

    @staticmethod
    def numbers(trials: list[TrialRecord]) -> list[int | None]:
        return [trial.completion for trial in trials]

    def test_asks_for_gaps_until_they_are_filled(self) -> None:
        feed = CompletionFeed()
        assert self.numbers(feed.accept(self.trials(6, 2, None))) == [2, 6]
        assert feed.conditions() == {"completed_after": 6, "completions": {1, 3, 4, 5}}
        assert self.numbers(feed.accept(self.trials(2, 4, 8))) == [4, 8]
        assert self.numbers(feed.accept(self.trials(1, 3, 4, 5, 7))) == [1, 3, 5, 7]
        assert feed.conditions() == {"completed_after": 8, "completions": set()}

    def test_remembers_when_it_is_pickled(self) -> None:
        feed = CompletionFeed()
        feed.accept(self.trials(3))
        assert feed.has_begun
        again = pickle.loads(pickle.dumps(feed))
        assert again.has_begun
        assert self.numbers(again.accept(self.trials(2, 3, 4))) == [2, 4]

    def test_passes_nothing_over_once_it_has_begun(self) -> None:
        feed = CompletionFeed()
        feed.pass_over(self.trials(1, 3))
        feed.pass_over(self.trials(1, 2, 3, 4))  # what a second thread read, a moment later
        assert self.numbers(feed.accept(self.trials(1, 2, 3, 4))) == [2, 4]


def test_the_storage_finds_what_fills_a_gap(storage: Storage, plain: Experiment) -> None:
    plain.new_trials([{}] * 5)
    for trial_id in (3, 1, 5, 2, 4):
        finish(plain, trial_id)
    plain._feed._mark, plain._feed._gaps = 3, frozenset({2})
    assert plain.poll()[0] == [1, 2, 4]


def test_gaps_and_pages_go_together(plain: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trialstore.session.PAGE", 2)
    plain.new_trials([{}] * 8)
    for trial_id in range(1, 9):
        finish(plain, trial_id)
    plain._feed._mark, plain._feed._gaps = 6, frozenset({1, 3, 5})
    assert plain.poll()[0] == [1, 3, 5, 7, 8]


def test_a_poll_that_fails_half_way_loses_nothing() -> None:
    class LosesItsConnection(MemoryBackend):
        def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
            if failures:
                raise failures.pop()
            return super().find_tunable_configs(ids)

    failures: list[BaseException] = []
    with Storage(LosesItsConnection({})).experiment(experiment_id="e") as experiment:
        experiment.new_trials([{}, {}])
        finish(experiment, 1)
        for failure in (StorageUnavailableError("the net is down"), KeyboardInterrupt()):
            failures.append(failure)
            with pytest.raises(type(failure)):
                experiment.poll()
        assert experiment.poll()[0] == [1]
