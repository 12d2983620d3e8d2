"""Whatever a user says is data: never an operator, a path, an expression or a field of a document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database

from trialstore import Status, Storage
from trialstore.codec import encode
from trialstore.records import Claim, ExperimentQuery, ExperimentRecord, Expiry, Objective
from trialstore_conformance.lab import FAR, SECOND, Lab, new_trial
from trialstore_mongo import MongoBackend

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
SEEN = '{"seen":true}'
HOSTILE = [
    '{"$gt": ""}',
    "$gt",
    "$where",
    "$$NOW",
    "$$ROOT",
    "$metadata",
    "$literal",
    "a.b",
    "$a.$b",
    "a.$[].b",
    "log.0.status",
    "__proto__",
    "constructor",
    "_id",
    "uid",
    " ",
    "function() { while (true) {} }",
    "'; return true; //",
    "/.*/",
    "$" * 10_240,
]


@pytest.fixture
def storage(open_backend: Callable[..., MongoBackend], config: dict[str, Any]) -> Storage:
    return Storage(open_backend())


def test_hostile_names_and_values_come_back_as_they_were_given(storage: Storage) -> None:
    names = [text for text in HOSTILE if len(text) <= 512]
    values = {name: text for name in names for text in HOSTILE[-1:]} | dict(zip(names, HOSTILE, strict=False))
    with storage.experiment(experiment_id="e", description="$metadata") as experiment:
        trial = experiment.new_trial(values, config=values)
        trial.add_new_config_data({"$set": "$unset"})
        trial.update_telemetry(Status.RUNNING, WHEN, [(WHEN, name, text) for name, text in values.items()])
        trial.update(Status.SUCCEEDED, WHEN, values)
        assert experiment.load()[1] == [values]
    data = storage.experiments["e"]
    [found] = data.trials.values()
    assert data.description == "$metadata"
    assert found.results_dict == values
    assert found.metadata_dict == values | {"$set": "$unset"}
    assert dict(zip(found.telemetry_df["metric"], found.telemetry_df["value"], strict=True)) == values


@pytest.mark.parametrize("text", [text for text in HOSTILE if len(text) <= 512])
def test_an_experiment_may_be_called_like_an_operator(backend: MongoBackend, text: str) -> None:
    new = ExperimentRecord(
        experiment_id=text,
        uid=text,
        description=text,
        root_env_config=text,
        git_repo=text,
        objectives=(Objective(text, "max"),),
        tunables=encode({text: text}),
    )
    assert backend.put_experiment(new) == new
    assert backend.find_experiments(ExperimentQuery(experiment_ids=[text])) == [new]
    assert backend.find_experiments(ExperimentQuery(uids=[text])) == [new]
    backend.add_trials(text, [new_trial()], 1)
    backend.delete_experiment(text)
    assert [found.uid for found in backend.find_experiments(ExperimentQuery())] == ["u"]


@pytest.mark.parametrize("text", [text[:64] for text in HOSTILE])
def test_tokens_reasons_and_texts_are_stored_to_the_letter(
    open_backend: Callable[..., MongoBackend], text: str
) -> None:
    lab = Lab(open_backend())
    new = new_trial(token=text, metadata={text: text})
    lab.add(new, new_trial(metadata={"other": "trial"}))
    assert [trial.trial_id for trial in lab.add(new)] == [1]
    claim = Claim(uid=lab.uid, token=text, trial_runner_id=1, limit=1, lease=SECOND)
    [claimed] = lab.backend.claim_trials(claim)
    assert lab.backend.claim_trials(claim) == [claimed]
    old = encode({text: text})
    assert lab.change(claimed, expected_metadata=old, metadata=SEEN, reason=text).applied
    assert not lab.change(claimed, expected_metadata=old, metadata="{}").applied
    failed = lab.backend.expire_leases(Expiry(uid=lab.uid, max_attempts=1, reason=text, due_by=FAR))
    assert [trial.metadata for trial in failed] == [SEEN]
    assert lab.history(1)[-1].reason == text
    assert lab.trial(2).metadata == '{"other":"trial"}'


def test_no_text_of_a_user_is_the_name_of_a_field(storage: Storage, database: Database[Any]) -> None:
    values = {"marker": 1}
    with storage.experiment(experiment_id="marker") as experiment:
        trial = experiment.new_trial(values, config=values)
        trial.update_telemetry(Status.RUNNING, WHEN, [(WHEN, "marker", 1)])
        trial.update(Status.SUCCEEDED, WHEN, values)
    documents = [
        document
        for name in database.list_collection_names(filter={"type": "collection"})
        for document in database[name].find()
    ]
    assert "marker" not in set(_fields(documents))


def _fields(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for item in value.values() for name in _fields(item))]
    return [name for item in value for name in _fields(item)] if isinstance(value, list) else []


def test_a_comparison_with_a_text_that_looks_like_another_field_fails(
    open_backend: Callable[..., MongoBackend],
) -> None:
    lab = Lab(open_backend())
    trial = lab.add_one(metadata="{}")
    assert not lab.change(trial, expected_metadata="$metadata", metadata="$metrics").applied
    assert lab.change(trial, expected_metadata="{}", metadata='{"a":"$metadata"}').applied
    assert lab.trial(1).metadata == '{"a":"$metadata"}'
