"""The storage configs of mlos_bench work as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

import trialstore
from trialstore import ConfigError

MLOS = """
// Local SQLite3 database.
{
    "class": "mlos_bench.storage.sql.storage.SqlStorage",
    "resolve_config_property_paths": ["database"],
    "config": {
        "log_sql": false,  // Write all SQL statements to the log.
        "lazy_schema_create": true,
        "drivername": "sqlite",
        "database": "mlos_bench.sqlite",
    }
}
"""


@pytest.mark.contract(33, 35)
def test_the_class_name_of_mlos_bench_is_the_sql_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with trialstore.from_config(MLOS) as storage:
        assert repr(storage) == "sqlite:mlos_bench.sqlite"
        assert not list(tmp_path.iterdir())
    with trialstore.from_config(MLOS, database=":memory:") as storage:
        assert repr(storage) == "sqlite::memory:"


@pytest.mark.contract(1)
@pytest.mark.parametrize("lazy", [True, False])
def test_the_schema_is_created_at_the_first_use_if_the_config_says_so_and_otherwise_at_once(
    tmp_path: Path, lazy: bool
) -> None:
    database = tmp_path / "trials.db"
    with trialstore.from_config(MLOS, database=database, lazy_schema_create=lazy) as storage:
        assert database.exists() is not lazy
        assert list(storage.experiments) == []
        assert database.exists()


@pytest.mark.contract(35)
def test_a_config_survives_the_change_of_its_class_name() -> None:
    with trialstore.from_config(
        MLOS.replace("mlos_bench.storage.sql.storage.SqlStorage", "memory")
    ) as storage:
        assert repr(storage) == "memory:mlos_bench.sqlite"
    with pytest.raises(ConfigError, match='unknown key "durability"'):
        trialstore.from_config({"class": "memory", "config": {"durability": "full"}})
