"""The views show, to whoever comes with the engine's own tools, what the API returns."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

import trialstore
from trialstore import Status, Storage
from trialstore.codec import decode, encode
from trialstore.data import TrialData
from trialstore.times import from_micros
from trialstore_conformance.strategies import LONGEST_NAMES, MOMENTS, NESTED, NUMBERS, TEXTS, TWINS

Select: TypeAlias = Callable[..., list[Any]]

PAGE = (Path(__file__).parents[3] / "docs" / "sql.md").read_text(encoding="utf-8")
BEST, MEANS, FAILED = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
A_DAY_AGO = dict(re.findall(r"^\| (\w+)[^|]*\| `([^`|]+)` +\|$", PAGE, re.MULTILINE))

ENGINES = ["SQLite", "PostgreSQL", "MariaDB", "DuckDB"]
NOT_HELD = {"SQLite": {"nan"}, "MariaDB": {"nan", "inf", "-inf"}}
"""The floats that an engine's doubles lack."""
SYNTAX = r"""' " \ \" \\ \u0022 end\ ` { } {} {0} $ $.* $[0] [0] #-1 0 * / ,": :y x, :1, ~inf key value"""
NAMES = [
    *SYNTAX.split(),
    "\x1f",
    *LONGEST_NAMES,
    *(text for text in TEXTS if text),
    *(name for pair in TWINS for name in pair),
]
"""Names that mean something in JSON, in a path of JSON, or in SQL."""
TYPES: Mapping[str, Callable[[str], Any]] = {"int": int, "float": float, "bool": "true".__eq__, "str": str}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def config(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the config of an empty database on the engine."""
    if engine in {"SQLite", "DuckDB"}:
        return {"drivername": engine.lower(), "database": str(tmp_path / "trials.db")}
    database: dict[str, Any] = request.getfixturevalue(f"{engine.lower().replace('sql', 's')}_database")
    return database


@pytest.fixture
def storage(config: dict[str, Any]) -> Iterator[Storage]:
    with trialstore.from_config({"class": "sql", "config": config}) as opened:
        yield opened


@pytest.fixture
def select(config: dict[str, Any], storage: Storage) -> Select:
    """Return what closes the storage and sends statements to the engine; it returns the rows of the last one."""

    def rows_of(*statements: str) -> list[Any]:
        storage.close()
        with create_engine(URL.create(**config), poolclass=NullPool).connect() as connection:
            *_, last = [connection.exec_driver_sql(statement) for statement in statements]
            return list(last)

    return rows_of


def store(storage: Storage, *trials: tuple[dict[str, Any], dict[str, Any]]) -> list[TrialData]:
    """Store succeeded trials with these parameters and metrics; return what the API says of them."""
    with storage.experiment(experiment_id="e") as experiment:
        for params, metrics in trials:
            experiment.new_trial(params).update(Status.SUCCEEDED, datetime.now(UTC), metrics)
    return list(storage.experiments["e"].trials.values())


def shown(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return named values such that 1, 1.0 and True differ, and so do 0.0 and -0.0, and NaN equals itself."""
    return sorted((name, repr(value)) for name, value in values.items())


def read(rows: list[Any]) -> list[tuple[str, str]]:
    """Return the same from rows of name, type and text."""
    return sorted((name, repr(None if kind == "null" else TYPES[kind](text))) for name, kind, text in rows)


def double(number: float | None) -> str | None:
    """Return a double such that NaN equals itself; MariaDB has no -0.0."""
    return None if number is None else repr(number + 0.0)


def moment(value: Any) -> datetime | None:
    """Return the time that a driver returned, in UTC."""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return when if when is None or when.tzinfo else when.replace(tzinfo=UTC)


def values_in(json_object: Any) -> dict[str, Any]:
    """Return the values that a driver returned as JSON, decoded or not."""
    return decode(json_object if isinstance(json_object, str) else json.dumps(json_object))


def test_each_value_is_the_one_that_the_api_returns(storage: Storage, select: Select) -> None:
    values = {f"v{i}": value for i, value in enumerate([*NUMBERS, *TEXTS, *NAMES, "~~", "x" * 70_000, 1e16])}
    [trial] = store(storage, (values, values))
    params = select("SELECT param, type, text FROM trialstore_trial_params")
    metrics = select("SELECT metric, type, text FROM trialstore_trial_metrics")
    assert read(params) == shown(trial.tunable_config.config_dict)
    assert read(metrics) == shown(trial.results_dict)


@pytest.mark.parametrize("kind", [int, float, str])
def test_each_name_is_the_one_that_the_api_returns(
    storage: Storage, select: Select, kind: Callable[[Any], Any]
) -> None:
    values = {name: kind(i) for i, name in enumerate(NAMES)}
    [trial] = store(storage, (values, values))
    params = select("SELECT param, type, text FROM trialstore_trial_params")
    metrics = select("SELECT metric, type, text FROM trialstore_trial_metrics")
    assert read(params) == shown(trial.tunable_config.config_dict)
    assert read(metrics) == shown(trial.results_dict)


@pytest.mark.parametrize("column", ["param", "metric"])
def test_a_number_is_the_nearest_double_that_the_engine_has(
    storage: Storage, select: Select, engine: str, column: str
) -> None:
    numbers = {f"v{i}": number for i, number in enumerate(NUMBERS)}
    store(storage, (numbers | {"text": "1"}, numbers | {"text": "1"}))
    held = {
        name: None if number is None or str(number) in NOT_HELD.get(engine, ()) else float(number)
        for name, number in numbers.items()
    }
    rows = select(f"SELECT {column}, number FROM trialstore_trial_{column}s")
    assert {name: double(number) for name, number in rows} == {
        name: double(number) for name, number in (held | {"text": None}).items()
    }


def test_conditions_on_names_and_texts_compare_by_code_point(storage: Storage, select: Select) -> None:
    store(storage, *(({first: 1, second: 1}, {"a": first, "b": second}) for first, second in TWINS))
    for i, (first, second) in enumerate(TWINS, start=1):
        params = f"SELECT param FROM trialstore_trial_params WHERE trial_id = {i} AND param = '{first}'"
        metrics = f"SELECT metric FROM trialstore_trial_metrics WHERE trial_id = {i} AND text = '{second}'"
        assert (select(params), select(metrics)) == ([(first,)], [("b",)])


def test_a_trial_has_a_row_for_each_param_and_metric(storage: Storage, select: Select) -> None:
    data = store(storage, ({"x": 1}, {"a": 1, "b": 2}), ({"x": 1}, {}), ({}, {"a": None}))
    first, second, third = [("e", trial.trial_id, trial.tunable_config_id) for trial in data]
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial({"x": 1})
    columns = "experiment_id, trial_id, tunable_config_id"
    metrics = select(f"SELECT {columns}, metric FROM trialstore_trial_metrics ORDER BY trial_id, metric")
    assert metrics == [(*first, "a"), (*first, "b"), (*third, "a")]
    params = select(f"SELECT {columns}, param FROM trialstore_trial_params ORDER BY trial_id")
    assert params == [(*first, "x"), (*second, "x"), ("e", 4, first[2], "x")]


def test_a_deleted_experiment_is_not_shown(storage: Storage, select: Select) -> None:
    store(storage, ({"x": 1}, {"a": 1}))
    storage.delete_experiment("e")
    for view in ("trials", "trial_params", "trial_metrics"):
        assert select(f"SELECT * FROM trialstore_{view}") == []


def test_each_trial_is_as_the_api_returns_it(storage: Storage, select: Select) -> None:
    with storage.experiment(experiment_id="e") as experiment:
        for status in Status:
            metrics = {"y": math.inf} if status.is_completed() else None
            experiment.new_trial({"x": status.value}).update(status, datetime.now(UTC), metrics)
        experiment.new_trial({"x": 1}).set_trial_runner(8)
    data = storage.experiments["e"].trials.values()
    rows = select(
        "SELECT trial_id, tunable_config_id, status, ts_start, ts_end, trial_runner_id FROM trialstore_trials ORDER BY trial_id"
    )
    assert [(*row[:3], moment(row[3]), moment(row[4]), row[5]) for row in rows] == [
        (t.trial_id, t.tunable_config_id, t.status.name, t.ts_start, t.ts_end, t.trial_runner_id)
        for t in data
    ]


def test_a_claimed_trial_has_a_runner_and_an_attempt(storage: Storage, select: Select) -> None:
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trials([{}, {}])
        experiment.claim_trials(trial_runner_id=7, limit=1)
    rows = select("SELECT status, trial_runner_id, attempt FROM trialstore_trials ORDER BY trial_id")
    assert rows == [("RUNNING", 7, 1), ("PENDING", None, 0)]


def test_the_json_of_a_trial_is_what_the_codec_made(storage: Storage, select: Select) -> None:
    values = {f"v{i}": value for i, value in enumerate([*NUMBERS, *TEXTS])}
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial(values, config=NESTED).update(Status.FAILED, datetime.now(UTC), values)
        experiment.new_trial({})
    [all_of_them, none] = select("SELECT params, metadata, metrics FROM trialstore_trials ORDER BY trial_id")
    assert [encode(values_in(found)) for found in all_of_them] == [
        encode(stored) for stored in (values, NESTED, values)
    ]
    assert [values_in(none[0]), values_in(none[1]), none[2]] == [{}, {}, None]


def test_a_time_keeps_its_microseconds_in_all_years(storage: Storage, select: Select, engine: str) -> None:
    moments = [from_micros(micros) for micros in MOMENTS]
    with storage.experiment(experiment_id="e") as experiment:
        for when, trial in zip(moments, experiment.new_trials([{}] * len(moments), moments), strict=True):
            trial.update(Status.RUNNING, when)
            trial.update(Status.CANCELED, when)
    # PostgreSQL's driver refuses a time that is in the year 0 or 10000 where the session is.
    in_utc = ["SET timezone TO 'UTC'"] if engine == "PostgreSQL" else []
    rows = select(*in_utc, "SELECT ts_due, ts_start, ts_end FROM trialstore_trials ORDER BY trial_id")
    assert [[moment(value) for value in row] for row in rows] == [[when] * 3 for when in moments]


@pytest.mark.parametrize(
    ("engine", "statement"),
    [("PostgreSQL", "SET timezone TO 'America/New_York'"), ("MariaDB", "SET time_zone = '-05:00'")],
)
def test_the_time_zone_of_a_session_does_not_move_times(
    storage: Storage, select: Select, statement: str
) -> None:
    in_summer = datetime(2026, 7, 1, 12, 30, 15, 123456, tzinfo=UTC)
    with storage.experiment(experiment_id="e") as experiment:
        experiment.new_trial({}, ts_start=in_summer)
    [(ts_due,)] = select(statement, "SELECT ts_due FROM trialstore_trials")
    assert moment(ts_due) == in_summer


def test_a_trial_shows_its_due_time_until_it_starts(storage: Storage, select: Select) -> None:
    due, start = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    with storage.experiment(experiment_id="e") as experiment:
        started, _ = experiment.new_trials([{}, {}], due)
        started.update(Status.RUNNING, start)
    rows = select("SELECT ts_due, ts_start, ts_end FROM trialstore_trials ORDER BY trial_id")
    assert [[moment(value) for value in row] for row in rows] == [[due, start, None], [due, due, None]]


def test_the_views_have_the_prefix_of_the_tables(
    storage: Storage, select: Select, config: dict[str, Any], engine: str
) -> None:
    storage.close()
    with trialstore.from_config({"class": "sql", "config": config | {"table_prefix": "Other_"}}) as other:
        store(other, ({"x": 1}, {"y": 2}))
    quoted = "`Other_{}`" if engine == "MariaDB" else '"Other_{}"'
    for view in ("trials", "trial_params", "trial_metrics"):
        assert len(select(f"SELECT * FROM {quoted.format(view)}")) == 1
        assert select(f"SELECT * FROM trialstore_{view}") == []


@pytest.mark.parametrize("view", ["trials", "trial_params", "trial_metrics"])
def test_the_page_names_the_columns(storage: Storage, select: Select, view: str) -> None:
    store(storage, ({"x": 1}, {"y": 2}))
    [row] = select(f"SELECT * FROM trialstore_{view}")
    section = "trials" if view == "trials" else "trial_params"
    [table] = re.findall(rf"^`trialstore_{section}` has .*?\n\n(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines())
    other = {"trial_params": "metric", "trial_metrics": "param"}.get(view)
    assert [name for name in re.findall(r"`(\w+)`", first_cells) if name != other] == list(row._fields)


def test_the_query_for_the_best_trials_finds_them(storage: Storage, select: Select) -> None:
    trials = [
        ("b", Status.SUCCEEDED, 4.25),
        ("b", Status.SUCCEEDED, math.nan),
        ("b", Status.SUCCEEDED, 3.5),
        ("b", Status.FAILED, 0.5),
        ("a", Status.SUCCEEDED, 7),
        ("a", Status.SUCCEEDED, 7),
    ]
    for experiment_id, status, latency in trials:
        with storage.experiment(experiment_id=experiment_id) as experiment:
            experiment.new_trial({}).update(status, datetime.now(UTC), {"latency": latency, "errors": 0})
    assert select(BEST) == [("a", 1, 7.0), ("b", 3, 3.5)]


def test_the_query_for_means_groups_by_the_parameter(storage: Storage, select: Select) -> None:
    trials = [("nightly", 64, 4.25), ("nightly", 16, 9.5), ("nightly", 64, 5.75), ("other", 64, 100)]
    for experiment_id, cache_mb, latency in trials:
        with storage.experiment(experiment_id=experiment_id) as experiment:
            trial = experiment.new_trial({"cache_mb": cache_mb, "threads": 2})
            trial.update(Status.SUCCEEDED, datetime.now(UTC), {"latency": latency, "errors": 0})
    assert select(MEANS) == [(16.0, 9.5, 1), (64.0, 5.0, 2)]


def test_the_query_for_failures_finds_those_of_the_last_day(
    storage: Storage, select: Select, engine: str
) -> None:
    now = datetime.now(UTC)
    with storage.experiment(experiment_id="nightly") as experiment:
        long_ago, lately, well, _ = experiment.new_trials([{}] * 4)
        for runner, trial in enumerate((long_ago, lately, well), start=5):
            trial.set_trial_runner(runner)
        long_ago.update(Status.FAILED, now - timedelta(hours=25))
        lately.update(Status.FAILED, now - timedelta(hours=23))
        well.update(Status.SUCCEEDED, now, {})
    query = FAILED.replace(A_DAY_AGO["PostgreSQL"], A_DAY_AGO[engine])
    assert select(query) == [("nightly", 2, 6)]
