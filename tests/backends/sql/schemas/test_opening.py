"""Many processes that open an empty database at the same moment, and add to one experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from trialstore_sql._schema import VERSION

if TYPE_CHECKING:
    from tests.backends.sql.schemas.conftest import Crew, Database

PATIENT = {"busy_timeout": 60}
"""A call waits for locks instead of failing, so that a deadlock alone makes it fail: nobody repeats it here."""

pytestmark = pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)


def test_eight_processes_open_an_empty_database_at_once(database: Database, crew: Crew, rounds: int) -> None:
    for number in range(rounds):
        opened = database.with_prefix(f"round_{number}_")
        assert crew.do("open", opened.config) == [0] * 8
        assert opened.version() == [(VERSION,)]
    first, last = (database.with_prefix(f"round_{number}_") for number in (0, rounds - 1))
    assert first.schema() == last.schema() != []


def test_eight_processes_that_store_a_new_config_at_once_get_one_id_for_it(
    database: Database, crew: Crew, rounds: int
) -> None:
    _create(database)
    seen: set[int] = set()
    for number in range(rounds):
        added = [ids for [ids] in crew.do("add", {**database.config, **PATIENT}, values=[number], batch=1)]
        assert sorted(trial_id for trial_id, *_ in added) == list(range(8 * number + 1, 8 * number + 9))
        [config_id] = {config_id for _, config_id, _ in added}
        assert config_id not in seen
        seen.add(config_id)


def test_unsorted_batches_of_the_same_new_configs_do_not_lock_each_other_out(
    database: Database, crew: Crew, rounds: int
) -> None:
    _create(database)
    for number in range(rounds):
        values = list(range(200 * number, 200 * number + 200))
        added = crew.do("add", {**database.config, **PATIENT}, values=values, batch=100)
        together = [ids for own in added for ids in own]
        first = 1600 * number + 1
        assert sorted(trial_id for trial_id, *_ in together) == list(range(first, first + 1600))
        assert len({(config_id, value) for _, config_id, value in together}) == 200


def _create(database: Database) -> None:
    with database.storage():
        pass
