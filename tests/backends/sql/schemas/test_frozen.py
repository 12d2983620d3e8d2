"""Databases that were frozen by this and by earlier versions of the schema are read, upgraded and written on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from trialstore import Status, Storage
from trialstore.errors import SchemaVersionError
from trialstore.records import TrialQuery
from trialstore.times import from_micros
from trialstore_sql._schema import VERSION

if TYPE_CHECKING:
    from types import SimpleNamespace

    from tests.backends.sql.schemas.conftest import Crew, Database, Empty

FROZEN = Path(__file__).parents[1] / "frozen"
OLD = "0001"
ENGINES = ("sqlite", "postgresql", "mariadb", "duckdb")
CASES = [(version, engine) for version in (VERSION, "0002") for engine in ENGINES] + [(OLD, "sqlite")]


@pytest.fixture(params=CASES, ids="-".join)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return a version and an engine."""
    return request.param  # type: ignore[no-any-return]  # the type of params is unknown


@pytest.fixture
def thawed(case: tuple[str, str], empty: Empty) -> Database:
    """Return a database that was frozen, and upgraded now if it was of an older version."""
    version, engine = case
    database = empty(engine)
    database.thaw(version)
    if version < VERSION:
        database.backend().upgrade()
    return database


@pytest.fixture
def expected(case: tuple[str, str]) -> dict[str, Any]:
    """Return what was read from it when it was frozen, and what repeated writes were answered."""
    return _expected(*case)


@pytest.fixture
def old(empty: Empty) -> Database:
    """Return a database of an older version."""
    database = empty("sqlite")
    database.thaw(OLD)
    return database


def test_it_reads_as_when_it_was_frozen(
    thawed: Database, expected: dict[str, Any], story: SimpleNamespace
) -> None:
    with thawed.storage(read_only=True) as storage:
        assert _read(storage, story) == story.text_of(expected["experiments"])


def test_repeated_writes_are_recognised_by_their_tokens(
    thawed: Database, expected: dict[str, Any], story: SimpleNamespace
) -> None:
    with thawed.storage() as storage:
        assert story.text_of(story.plain(story.repeat(storage))) == story.text_of(expected["answers"])
        assert _read(storage, story) == story.text_of(expected["experiments"])


def test_its_schema_is_that_of_a_fresh_one(thawed: Database) -> None:
    fresh = thawed.with_prefix("fresh_")
    fresh.backend().upgrade()
    assert thawed.schema() == fresh.schema()
    assert thawed.version() == fresh.version() == [(VERSION,)]


def test_trials_are_added_claimed_and_completed_in_it(
    thawed: Database, expected: dict[str, Any], story: SimpleNamespace
) -> None:
    before = {trial["trial_id"]: trial for trial in expected["experiments"]["tune-db"]["trials"]}
    with thawed.storage() as storage:
        experiment = storage.get_experiment_by_id("tune-db")
        assert experiment is not None
        at = from_micros(story.NOON + story.HOUR)  # when only two trials are due, and no lease is over
        assert [trial.trial_id for trial in experiment.claim_trials(3, limit=9, timestamp=at)] == [3, 10]
        trial = experiment.new_trial({"cache_mb": 3})
        assert trial.trial_id == 13
        trial.update(Status.RUNNING, at)
        trial.update_telemetry(Status.RUNNING, at, [(at, "cpu", 0.5)])
        trial.update(Status.SUCCEEDED, at, {"latency": 1})
        *_, stored = storage.session.find_trials(TrialQuery(uid=story.TUNE))
        assert stored.completion == 1 + max(trial["completion"] or 0 for trial in before.values())
        assert stored.tunable_config_id > max(trial["tunable_config_id"] for trial in before.values())
        history = storage.session.find_status_changes(story.TUNE, [13])
        assert [change.status.name for change in history] == ["PENDING", "RUNNING", "RUNNING", "SUCCEEDED"]


def test_an_experiment_that_was_deleted_begins_anew_in_it(thawed: Database, story: SimpleNamespace) -> None:
    with thawed.storage() as storage, storage.experiment(experiment_id="deleted") as experiment:
        assert experiment.new_trial({"gone": True}).trial_id == 1
        assert storage.session.find_status_changes(experiment._context.uid, [1])[0].status is Status.PENDING
    keys = f"SELECT experiment_key FROM {thawed.prefix}experiment ORDER BY experiment_key"
    assert thawed.run(keys) == [[(1,), (2,), (4,)]]


def test_deleting_an_experiment_leaves_the_other_one_alone(
    thawed: Database, expected: dict[str, Any], story: SimpleNamespace
) -> None:
    with thawed.storage() as storage:
        storage.delete_experiment("tune-db")
        del expected["experiments"]["tune-db"]
        assert _read(storage, story) == story.text_of(expected["experiments"])


@pytest.mark.parametrize("options", [{}, {"create": False}, {"read_only": True}])
def test_an_older_version_is_refused_with_the_command_and_left_alone(
    old: Database, options: dict[str, bool]
) -> None:
    file = Path(old.config["database"])
    before = file.read_bytes()
    with pytest.raises(SchemaVersionError, match="run `trialstore upgrade --storage CONFIG_OR_URL`"):
        old.storage(**options)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_the_program_upgrades_an_older_version_once(old: Database, story: SimpleNamespace) -> None:
    url = f"sqlite:///{old.config['database']}"
    command = [sys.executable, "-m", "trialstore", "upgrade", "--storage", url]
    first, second = (
        subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(2)
    )
    assert "has been brought up to date" in first
    assert "is up to date already" in second
    with old.storage() as storage:
        assert _read(storage, story) == story.text_of(_expected(OLD, "sqlite")["experiments"])


def test_eight_processes_upgrade_an_older_version_at_once(
    old: Database, crew: Crew, story: SimpleNamespace
) -> None:
    assert crew.do("upgrade", old.config) == [None] * 8
    with old.storage() as storage:
        assert _read(storage, story) == story.text_of(_expected(OLD, "sqlite")["experiments"])


def _read(storage: Storage, story: SimpleNamespace) -> Any:
    return story.text_of(story.reading(storage)["experiments"])


def _expected(version: str, engine: str) -> dict[str, Any]:
    text = (FROZEN / version / f"{engine}.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]
