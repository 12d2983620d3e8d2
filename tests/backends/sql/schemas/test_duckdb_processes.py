"""DuckDB lets one process into a file: others are told so, and those who share that process work together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from trialstore import Capability, Storage
from trialstore.errors import ReadOnlyError, StorageUnavailableError

if TYPE_CHECKING:
    from tests.backends.sql.schemas.conftest import Database, Empty, Start

ADVICE = "DuckDB lets one process in at a time, readers included; close it there"


@pytest.fixture
def database(empty: Empty) -> Database:
    """Return a file that does not exist yet."""
    return empty("duckdb")


@pytest.fixture
def ours(database: Database) -> Iterator[Storage]:
    """Lend an open storage with an experiment."""
    with database.storage() as storage:
        storage.experiment(experiment_id="ours").new_trial({"x": 1})
        yield storage


def test_a_second_process_is_told_what_to_do_until_the_first_has_closed(
    database: Database, ours: Storage, start: Start
) -> None:
    writer, reader = start("use_file.py"), start("use_file.py")
    to_write, to_read = ({"url": _url(database), "read_only": read_only} for read_only in (False, True))
    writer.tell(to_write)
    reader.tell(to_read)
    for answer in (writer.hear(), reader.hear()):
        assert answer.startswith(f"StorageUnavailableError: duckdb:{database.config['database']}: ")
        assert ADVICE in answer
    assert ours.experiment(experiment_id="ours").new_trial({"x": 2}).trial_id == 2
    assert list(ours.experiments["ours"].trials) == [1, 2]
    ours.close()
    assert writer.ask(to_write) == ["ours", "theirs"]
    assert writer.ask("close") == "closed"
    assert reader.ask(to_read) == ["ours", "theirs"]


def test_this_process_is_told_what_to_do_while_another_one_has_the_file(
    database: Database, start: Start
) -> None:
    other = start("use_file.py")
    assert other.ask({"url": _url(database), "read_only": False}) == ["theirs"]
    with pytest.raises(StorageUnavailableError, match=ADVICE):
        database.storage(retry_for=0)
    other.kill()
    with database.storage() as storage:
        assert list(storage.experiments) == ["theirs"]


def test_readers_and_writers_of_one_process_work_together(database: Database, ours: Storage) -> None:
    with ExitStack() as stack:
        writer = stack.enter_context(database.storage())
        reader = stack.enter_context(database.storage(read_only=True))
        writer.experiment(experiment_id="ours").new_trial({"x": 2})
        ours.experiment(experiment_id="ours").new_trial({"x": 3})
        assert list(reader.experiments["ours"].trials) == [1, 2, 3]
        with pytest.raises(ReadOnlyError):
            reader.experiment(experiment_id="ours").new_trial({"x": 4})
        ours.close()
        writer.close()
        assert list(reader.experiments["ours"].trials) == [1, 2, 3]


def test_a_writer_waits_for_the_readers_that_came_before_it(database: Database, ours: Storage) -> None:
    ours.close()
    with database.storage(read_only=True) as reader:
        assert list(reader.experiments) == ["ours"]
        with pytest.raises(StorageUnavailableError, match=r"for reading only .*; close it there"):
            database.storage(retry_for=0)
    with database.storage() as writer:
        assert writer.experiment(experiment_id="ours").new_trial({"x": 2}).trial_id == 2


def test_what_one_process_can_do_is_all_that_is_declared(ours: Storage) -> None:
    assert ours.capabilities == {Capability.PERSISTENT, Capability.ATOMIC_CALLS}


def _url(database: Database) -> str:
    return f"duckdb:///{database.config['database']}"
