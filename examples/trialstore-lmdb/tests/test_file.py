"""What is particular to LMDB: its file, and how little of it a claim looks at."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import lmdb
import pytest

from trialstore import open as open_storage
from trialstore.errors import (
    CorruptStorageError,
    SchemaVersionError,
    StorageNotFoundError,
    StorageUnavailableError,
)
from trialstore.records import ExperimentQuery, TrialRecord
from trialstore.times import now_micros
from trialstore_conformance.lab import HOUR, Lab, finished_trial, new_trial
from trialstore_lmdb import _tables as tables
from trialstore_lmdb.backend import LmdbBackend


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trials.lmdb"


@pytest.fixture
def backend(path: Path) -> Iterator[LmdbBackend]:
    with closing(opened(path)) as backend:
        yield backend


def opened(path: Path, **config: int) -> LmdbBackend:
    backend = LmdbBackend({"database": str(path), **config})
    backend.open(create=True, read_only=False)
    return backend


def put(path: Path, key: bytes, value: bytes) -> None:
    with lmdb.open(str(path), subdir=False) as environment, environment.begin(write=True) as txn:
        txn.put(key, value)


def test_a_url_leads_to_the_file(path: Path) -> None:
    with open_storage(f"lmdb:///{path}") as storage:
        storage.experiment(experiment_id="e").new_trial({"x": 1})
    with open_storage(f"lmdb:///{path}", create=False, read_only=True) as storage:
        assert list(storage.experiments["e"].trials) == [1]


def test_a_file_of_sqlite_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE of_another_program (x)")
    before = path.read_bytes()
    with pytest.raises(CorruptStorageError, match="choose another file"):
        opened(path)
    assert path.read_bytes() == before


def test_an_lmdb_file_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    put(path, b"of another program", b"1")
    before = path.read_bytes()
    with pytest.raises(CorruptStorageError, match="another program"):
        opened(path)
    assert path.read_bytes() == before


def test_an_empty_file_is_no_storage_until_one_may_be_created(path: Path) -> None:
    path.touch()
    with pytest.raises(StorageNotFoundError):
        LmdbBackend({"database": str(path)}).open(create=False, read_only=True)
    with closing(opened(path)) as backend:
        assert backend.find_experiments(ExperimentQuery()) == []


def test_a_newer_schema_is_neither_opened_nor_upgraded(path: Path) -> None:
    put(path, b"version\0", b"\x02")
    with pytest.raises(SchemaVersionError, match="newer"):
        opened(path)
    with pytest.raises(SchemaVersionError, match="newer"):
        LmdbBackend({"database": str(path)}).upgrade()


def test_a_value_that_cannot_be_read_is_an_error_of_trialstore(path: Path) -> None:
    put(path, b"version\0", b"no number")
    with pytest.raises(CorruptStorageError, match="never wrote"):
        opened(path)


def test_a_folder_that_is_missing_is_an_error_of_trialstore(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailableError, match="No such file or directory"):
        opened(tmp_path / "missing" / "trials.lmdb")


def test_a_full_file_says_so_loses_nothing_and_may_be_made_larger(path: Path) -> None:
    with closing(opened(path, map_size=2**20)) as small:
        lab = Lab(small)
        lab.add_one()
        with pytest.raises(StorageUnavailableError, match="map_size"):
            lab.add_one(metadata={"note": "x" * 2**20})
        assert lab.ids() == [1]
    with closing(opened(path)) as large:
        assert Lab(large).add_one(metadata={"note": "x" * 2**20}).trial_id == 2


def test_two_names_of_one_file_are_one_storage(backend: LmdbBackend, path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)
    Lab(backend).add_one()
    with closing(opened(link)) as other:
        assert Lab(other).ids() == [1]
    assert Lab(backend).ids() == [1]


def test_a_claim_reads_no_trial_that_it_does_not_take(
    backend: LmdbBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Lab(backend)
    lab.add(*(finished_trial() for _ in range(50)))
    lab.add_many(10)
    lab.claim(limit=5, lease=HOUR)
    lab.add(*(new_trial(due=now_micros() + HOUR) for _ in range(50)))
    lab.add(*(new_trial(trial_runner_id=7) for _ in range(50)))
    decode, read = tables.TRIALS.decode, list[bytes]()

    def decode_and_note(value: bytes) -> TrialRecord:
        read.append(value)
        return decode(value)

    monkeypatch.setattr(tables.TRIALS, "decode", decode_and_note)
    assert [trial.trial_id for trial in lab.claim(limit=2)] == [56, 57]
    assert len(read) == 2
