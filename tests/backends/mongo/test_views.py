"""The views show, to whoever comes with mongosh or Compass, what the API returns, and the page says how."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, Int64
from pymongo.database import Database

from trialstore import Status, Storage
from trialstore.codec import decode, encode
from trialstore.data import TrialData
from trialstore.times import from_micros
from trialstore_conformance.strategies import LONGEST_NAMES, MOMENTS, NESTED, NUMBERS, TEXTS, TWINS
from trialstore_mongo import MongoBackend

Documents = Database[dict[str, Any]]

PAGE = (Path(__file__).parents[3] / "docs" / "mongo.md").read_text(encoding="utf-8")
BEST, MEANS, FAILED = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
VIEWS = ("trials", "trial_params", "trial_metrics")
SYNTAX = (
    r"""' " \ \" \\ \u0022 end\ ` { } {} {0} $ $.* $[0] [0] 0 * / ,": :y x, ~inf a.b \\n \\\n \" __proto__"""
)
NAMES = [
    *SYNTAX.split(),
    "".join(map(chr, range(1, 0x20))),
    *LONGEST_NAMES,
    *(text for text in TEXTS if text),
    *(name for pair in TWINS for name in pair),
]
"""Names that mean something in JSON, in a path, or in an expression."""
LONG = ["x" * 70_000, '"' * 70_000, "\\" * 70_001, "\u00e9\n" * 30_000]


@pytest.fixture
def storage(open_backend: Callable[..., MongoBackend]) -> Storage:
    return Storage(open_backend())


def store(storage: Storage, *trials: tuple[dict[str, Any], dict[str, Any]], experiment_id: str = "e") -> None:
    """Store succeeded trials with these parameters and metrics."""
    with storage.experiment(experiment_id=experiment_id) as experiment:
        for params, metrics in trials:
            experiment.new_trial(params).update(Status.SUCCEEDED, datetime.now(UTC), metrics)


def shown(values: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return named values with their types, such that 0.0 and -0.0 differ, and NaN equals itself."""
    return sorted((name, _type(value), repr(value)) for name, value in values.items())


def _type(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def read(documents: Any, name: str) -> list[tuple[str, str, str]]:
    """Return the same from the documents of a view."""
    return sorted((found[name], found["type"], repr(_plain(found["value"]))) for found in documents)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal128):
        return float(value.to_decimal())
    return int(value) if isinstance(value, Int64) else value


@pytest.mark.parametrize(
    "values",
    [
        {f"v{i}": value for i, value in enumerate([*NUMBERS, *TEXTS, *NAMES, "~~", 1e16, *LONG])},
        {name: i for i, name in enumerate(NAMES)},
        {name: str(i) for i, name in enumerate(NAMES)},
        {name: name for name in NAMES},
        {},
    ],
    ids=["values", "names of ints", "names of strings", "names as values", "none"],
)
def test_each_value_is_the_one_that_the_api_returns(
    storage: Storage, database: Documents, values: dict[str, Any]
) -> None:
    store(storage, (values, values))
    assert read(database["trialstore_trial_params"].find(), "param") == shown(values)
    assert read(database["trialstore_trial_metrics"].find(), "metric") == shown(values)


def test_trials_without_metrics_have_parameters_only(storage: Storage, database: Documents) -> None:
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trials([{"x": 1}, {"x": 2}])
    assert database["trialstore_trial_metrics"].find_one() is None
    assert [found["trial_id"] for found in database["trialstore_trial_params"].find()] == [1, 2]


def test_a_deleted_experiment_is_not_shown(storage: Storage, database: Documents) -> None:
    store(storage, ({"x": 1}, {"a": 1}))
    [left] = database["trialstore_trial"].find()
    storage.delete_experiment("e")
    database["trialstore_trial"].insert_one(left)  # not swept yet
    assert [database[f"trialstore_{view}"].find_one() for view in VIEWS] == [None] * 3


def test_each_trial_is_as_the_api_returns_it(storage: Storage, database: Documents) -> None:
    with storage.experiment(experiment_id="e") as experiment:
        for status in Status:
            metrics = {"y": math.inf} if status.is_completed() else None
            experiment.new_trial({"x": status.value}).update(status, datetime.now(UTC), metrics)
        experiment.new_trial({"x": 1}).set_trial_runner(8)
        experiment.claim_trials(trial_runner_id=8, limit=1)
    found = [_as_shown(document) for document in database["trialstore_trials"].find(sort={"trial_id": 1})]
    assert found == [_as_returned(trial) for trial in storage.experiments["e"].trials.values()]
    running = database["trialstore_trials"].find({"status": "RUNNING"}, sort={"trial_id": 1})
    assert [document["attempt"] for document in running] == [1, 0]


def _as_shown(document: dict[str, Any]) -> tuple[Any, ...]:
    fields = ("trial_id", "tunable_config_id", "status", "ts_start", "ts_end", "trial_runner_id")
    return tuple(document[field] for field in fields)


def _as_returned(trial: TrialData) -> tuple[Any, ...]:
    times = (_date(trial.ts_start), _date(trial.ts_end))
    return (trial.trial_id, trial.tunable_config_id, trial.status.name, *times, trial.trial_runner_id)


def _date(when: datetime | None) -> datetime | None:
    """Return a time as the driver returns a date: of milliseconds, and without a zone."""
    if when is None:
        return None
    return when.replace(microsecond=when.microsecond // 1000 * 1000, tzinfo=None)


def test_the_json_of_a_trial_is_what_the_codec_made(storage: Storage, database: Documents) -> None:
    values = {f"v{i}": value for i, value in enumerate([*NUMBERS, *TEXTS])}
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial(values, config=NESTED).update(Status.FAILED, datetime.now(UTC), values)
    [found] = database["trialstore_trials"].find()
    parts = [encode(decode(found[part])) for part in ("params", "metadata", "metrics")]
    assert parts == [encode(values), encode(NESTED), encode(values)]


def test_a_time_keeps_its_milliseconds_in_all_years(storage: Storage, database: Documents) -> None:
    moments = [from_micros(micros) for micros in MOMENTS]
    with storage.experiment(experiment_id="e") as experiment:
        for when, trial in zip(moments, experiment.new_trials([{}] * len(moments), moments), strict=True):
            trial.update(Status.RUNNING, when)
            trial.update(Status.CANCELED, when)
    found = database["trialstore_trials"].find(sort={"trial_id": 1})
    times = [[document[name] for name in ("ts_due", "ts_start", "ts_end")] for document in found]
    assert times == [[_date(when)] * 3 for when in moments]


def test_a_trial_shows_its_due_time_until_it_starts(storage: Storage, database: Documents) -> None:
    due, start = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    with storage.experiment(experiment_id="e") as experiment:
        started, _ = experiment.new_trials([{}, {}], due)
        started.update(Status.RUNNING, start)
    found = database["trialstore_trials"].find(sort={"trial_id": 1})
    assert [[t["ts_due"], t["ts_start"], t["ts_end"]] for t in found] == [
        [_date(due), _date(start), None],
        [_date(due), _date(due), None],
    ]


def test_the_views_have_the_prefix_of_the_collections(
    open_backend: Callable[..., MongoBackend], database: Documents
) -> None:
    open_backend()
    store(Storage(open_backend(collection_prefix="Other_")), ({"x": 1}, {"y": 2}))
    for view in VIEWS:
        assert len(list(database[f"Other_{view}"].find())) == 1
        assert database[f"trialstore_{view}"].find_one() is None


def test_a_query_for_one_experiment_reads_the_trials_of_that_one_only(
    storage: Storage, database: Documents
) -> None:
    for experiment_id in "abc":
        store(storage, *[({"x": i}, {"y": i}) for i in range(10)], experiment_id=experiment_id)
    for view in VIEWS:
        asked = [{"$match": {"experiment_id": "b"}}]
        plan = database.command(
            "explain",
            {"aggregate": f"trialstore_{view}", "pipeline": asked, "cursor": {}},
            verbosity="executionStats",
        )
        assert plan["stages"][0]["$cursor"]["executionStats"]["totalDocsExamined"] == 1


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_names_the_fields(storage: Storage, database: Documents, view: str) -> None:
    store(storage, ({"x": 1}, {"y": 2}))
    section = "trials" if view == "trials" else "trial_params"
    [table] = re.findall(rf"^`trialstore_{section}` has .*?\n\n(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines())
    other = {"trial_params": "metric", "trial_metrics": "param"}.get(view)
    fields = [name for name in re.findall(r"`(\w+)`", first_cells) if name != other]
    assert fields == list(database[f"trialstore_{view}"].find_one() or ())


def test_the_page_names_the_collections(storage: Storage, database: Documents) -> None:
    found = database.list_collection_names(filter={"type": "collection"})
    assert sorted(re.findall(r"^\| `(trialstore_\w+)`", PAGE, re.MULTILINE)) == sorted(
        set(found) - {"system.views"}
    )


def test_the_query_for_the_best_trials_finds_them(storage: Storage, database: Documents) -> None:
    latencies = [4.25, math.nan, 3, 7.5, "none", 3.5]
    store(storage, *[({}, {"latency": value, "errors": 0}) for value in latencies], experiment_id="nightly")
    store(storage, ({}, {"latency": 1}), experiment_id="other")
    best = database["trialstore_trial_metrics"].aggregate(BEST)
    assert [(found["trial_id"], found["value"]) for found in best] == [(3, 3), (6, 3.5), (1, 4.25)]


def test_the_query_for_means_groups_by_the_parameter(storage: Storage, database: Documents) -> None:
    for experiment_id, cache_mb, latency in [
        ("nightly", 64, 4.25),
        ("nightly", 16, 9.5),
        ("nightly", 64, 5.75),
        ("other", 64, 100),
    ]:
        params = {"cache_mb": cache_mb, "threads": 2}
        store(storage, (params, {"latency": latency, "errors": 0}), experiment_id=experiment_id)
    means = database["trialstore_trial_params"].aggregate(MEANS)
    assert [(found["_id"], found["latency"], found["trials"]) for found in means] == [
        (16, 9.5, 1),
        (64, 5.0, 2),
    ]


def test_the_query_for_failures_finds_those_of_the_last_day(storage: Storage, database: Documents) -> None:
    now = datetime.now(UTC)
    with storage.experiment(experiment_id="nightly") as experiment:
        long_ago, lately, well, _ = experiment.new_trials([{}] * 4)
        for runner, trial in enumerate((long_ago, lately, well), start=5):
            trial.set_trial_runner(runner)
        long_ago.update(Status.FAILED, now - timedelta(hours=25))
        lately.update(Status.FAILED, now - timedelta(hours=23))
        well.update(Status.SUCCEEDED, now, {})
    found = list(database["trialstore_trials"].aggregate(FAILED))
    assert found == [{"experiment_id": "nightly", "trial_id": 2, "trial_runner_id": 6}]
