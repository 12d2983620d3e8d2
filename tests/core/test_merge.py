"""Copying completed trials between experiments and storages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import trialstore
from trialstore import Experiment, Status, Storage, Trial, TunableGroups
from trialstore.errors import ExperimentNotFoundError, InvalidInputError, TunablesMismatchError

T0 = datetime(2030, 1, 1, tzinfo=UTC)
T1 = T0 + timedelta(hours=1)


def restored(experiment: Experiment, trial_id: int) -> Trial:
    trial = experiment.get_trial_by_id(trial_id)
    assert trial is not None
    return trial


@pytest.fixture
def source(plain: Experiment) -> Experiment:
    """An experiment with one trial of each kind of completion, and two that have not ended."""
    trials = plain.new_trials([{"size": i} for i in range(6)], T0, [{"repeat_i": i} for i in range(6)])
    for trial, status in zip(
        trials, sorted(Status.completed_statuses(), key=lambda s: s.value), strict=False
    ):
        trial.set_trial_runner(3)
        trial.update(Status.RUNNING, T0)
        trial.update(status, T1, {"m": trial.trial_id} if status.is_succeeded() else None)
    return plain


def rows(experiment: Experiment, storage: Storage) -> list[tuple[Any, ...]]:
    return [
        (
            t.trial_id,
            t.status,
            t.ts_start,
            t.ts_end,
            t.trial_runner_id,
            t.results_dict,
            t.metadata_dict.get("repeat_i"),
        )
        for t in storage.experiments[experiment.experiment_id].trials.values()
    ]


@pytest.mark.contract(18)
def test_copies_completed_trials_as_they_are(storage: Storage, source: Experiment) -> None:
    with storage.experiment(experiment_id="target") as target:
        own = target.new_trial({"size": 0})
        merged = target.merge(["plain"])
    assert [trial.trial_id for trial in merged] == [2, 3, 4, 5]
    assert merged[0].tunable_config_id == own.tunable_config_id
    expected = [(row[0] + 1, *row[1:]) for row in rows(source, storage)[:4]]
    assert rows(target, storage)[1:] == expected
    assert storage.experiments["target"].trials[2].metadata_dict["merged_from"] == {
        "experiment_id": "plain",
        "experiment_uid": storage.experiments["plain"]._record.uid,
        "trial_id": 1,
    }
    assert target.load()[0] == [2, 4, 5]


@pytest.mark.contract(18)
def test_repeating_it_adds_only_what_is_new(storage: Storage, source: Experiment) -> None:
    with storage.experiment(experiment_id="target") as target:
        first = target.merge(["plain"])
        late = restored(source, 5)
        late.update(Status.FAILED, T1)
        again = target.merge(["plain", "plain"])
    assert [trial.trial_id for trial in again] == [*(trial.trial_id for trial in first), 5]
    assert len(storage.experiments["target"].trials) == 5


@pytest.mark.contract(18)
def test_missing_tunables_get_their_default(
    storage: Storage, source: Experiment, tunables: TunableGroups
) -> None:
    tunables.assign({"policy": "fifo"})
    with storage.experiment(experiment_id="target", tunables=tunables) as target:
        merged = target.merge(["plain"])
    assert merged[2].tunable_values == {"size": 2, "policy": "lru", "share": 0.5}


@pytest.mark.contract(18)
def test_an_unknown_experiment_is_an_error_before_anything_changes(
    storage: Storage, source: Experiment
) -> None:
    target = storage.experiment(experiment_id="target")
    with pytest.raises(ExperimentNotFoundError, match="'nope'"):
        target.merge(["plain", "nope"])
    assert list(storage.experiments) == ["plain"]


@pytest.mark.contract(18)
@pytest.mark.parametrize("values", [{"unknown": 1}, {"size": 5000}, {"policy": "x"}])
def test_an_incompatible_one_is_an_error_before_anything_changes(
    storage: Storage, source: Experiment, tunables: TunableGroups, values: dict[str, Any]
) -> None:
    with storage.experiment(experiment_id="odd") as odd:
        odd.new_trial(values).update(Status.FAILED, T0)
    target = storage.experiment(experiment_id="target", tunables=tunables)
    with pytest.raises(
        TunablesMismatchError, match=f"'odd' cannot be merged into 'target'.*{next(iter(values))}"
    ):
        target.merge(["plain", "odd"])
    assert "target" not in storage.experiments


def test_the_stored_tunables_are_used_if_none_are_given(
    storage: Storage, source: Experiment, tunables: TunableGroups
) -> None:
    with storage.experiment(experiment_id="target", tunables=tunables):
        pass
    merged = storage.experiment(experiment_id="target").merge(["plain"])
    assert merged[0].tunable_values["policy"] == "lru"


def test_a_copy_does_not_come_back(storage: Storage, source: Experiment) -> None:
    with storage.experiment(experiment_id="target") as target:
        target.merge(["plain"])
        assert source.merge(["target"]) == []
        assert target.merge(["target"]) != []
    assert len(storage.experiments["plain"].trials) == 6


def test_a_copy_of_a_copy_is_a_copy_of_the_original(storage: Storage, source: Experiment) -> None:
    with storage.experiment(experiment_id="one") as one, storage.experiment(experiment_id="two") as two:
        one.merge(["plain"])
        two.merge(["one"])
        two.merge(["plain", "one"])
    assert len(storage.experiments["two"].trials) == 4


def test_the_handles_show_what_is_stored_here(storage: Storage, source: Experiment) -> None:
    with storage.experiment(experiment_id="target") as target:
        (first, *_) = target.merge(["plain"])
        first.add_new_config_data({"note": "mine"})
        assert target.merge(["plain"])[0].config()["note"] == "mine"


@pytest.mark.parametrize("bad", [None, 5])
def test_what_is_no_list_is_refused(plain: Experiment, bad: Any) -> None:
    with pytest.raises(InvalidInputError, match="list of experiment ids"):
        plain.merge(bad)


@pytest.mark.parametrize("bad", [5, "sqlite:///trials.db"])
def test_what_is_no_storage_is_refused(plain: Experiment, bad: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"must be a trialstore\.Storage"):
        plain.merge(["plain"], bad)


def test_it_works_between_storages(storage: Storage, source: Experiment) -> None:
    with trialstore.open("memory://") as other, other.experiment(experiment_id="plain") as target:
        assert len(target.merge(["plain"], storage)) == 4
        assert len(target.merge(["plain"], storage=storage)) == 4
        assert len(other.experiments["plain"].trials) == 4
    assert len(storage.experiments["plain"].trials) == 6


def test_a_lone_string_is_not_a_list(plain: Experiment) -> None:
    with pytest.raises(InvalidInputError, match="list of experiment ids"):
        plain.merge("plain")
