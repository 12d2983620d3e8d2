"""Opening files: what is created, what is refused, and what reading leaves alone."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import trialstore
from trialstore.backend import Capability
from trialstore.errors import (
    ConfigError,
    CorruptStorageError,
    ReadOnlyError,
    StorageClosedError,
    StorageNotFoundError,
    StorageUnavailableError,
)
from trialstore.records import ExperimentQuery, ExperimentRecord, TrialQuery
from trialstore_sql import SqlBackend

OpenBackend = Callable[..., SqlBackend]
NOBODY = 65534


@pytest.fixture
def file() -> Iterator[Path]:
    """Return where the database goes: pytest's own folders are open to the user only who runs it."""
    with TemporaryDirectory() as folder:
        yield Path(folder) / "trials.db"


def test_the_label_shows_the_database_as_it_was_given() -> None:
    assert SqlBackend({"database": "trials.db"}).label == "sqlite:trials.db"
    assert SqlBackend({}).label == "sqlite::memory:"


def test_an_absent_file_is_created_only_if_asked(file: Path, open_backend: OpenBackend) -> None:
    for how in ({"create": False}, {"read_only": True}):
        with pytest.raises(StorageNotFoundError, match="there is no such file"):
            open_backend(**how)
    assert not file.exists()
    open_backend()
    assert file.exists()


def test_an_empty_file_and_a_file_of_somebody_else_hold_no_storage(
    file: Path, open_backend: OpenBackend
) -> None:
    file.touch()
    with pytest.raises(StorageNotFoundError, match="holds no tables of trialstore"):
        open_backend(create=False)
    assert file.read_bytes() == b""
    _execute(file, "CREATE TABLE theirs (a)")
    before = file.read_bytes()
    with pytest.raises(StorageNotFoundError, match="holds no tables of trialstore"):
        open_backend(create=False)
    assert file.read_bytes() == before


def test_a_folder_is_no_file(tmp_path: Path, open_backend: OpenBackend) -> None:
    with pytest.raises(StorageUnavailableError, match="is a folder"):
        open_backend(database=str(tmp_path))


def test_a_missing_folder_is_named(tmp_path: Path, open_backend: OpenBackend) -> None:
    with pytest.raises(StorageNotFoundError, match=r"there is no folder .*nowhere"):
        open_backend(database=str(tmp_path / "nowhere" / "trials.db"))


def test_a_name_that_no_file_system_takes_is_an_error_of_ours(
    tmp_path: Path, open_backend: OpenBackend
) -> None:
    with pytest.raises(StorageUnavailableError, match="cannot be reached"):
        open_backend(database=str(tmp_path / ("x" * 300) / "trials.db"))


def test_a_file_that_is_no_database_is_left_as_it_is(file: Path, open_backend: OpenBackend) -> None:
    file.write_text("dear diary" * 1000)
    for how in ({}, {"create": False}, {"read_only": True}):
        with pytest.raises(CorruptStorageError, match="no SQLite database"):
            open_backend(**how)
    assert file.read_text() == "dear diary" * 1000


def test_a_uri_is_refused() -> None:
    with pytest.raises(ConfigError, match="give a path"):
        SqlBackend({"database": "file:trials.db?mode=ro"})


@pytest.mark.parametrize("name", ["trials\0.db", "trials\ud800.db"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of a file"):
        SqlBackend({"database": name})


@pytest.mark.parametrize("name", ["a b.db", "100%.db", "what?.db", "a#b.db", "é.db"])
def test_any_file_name_will_do(tmp_path: Path, open_backend: OpenBackend, name: str) -> None:
    open_backend(database=str(tmp_path / name))
    assert (tmp_path / name).exists()


def test_a_relative_path_means_the_folder_where_the_backend_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    backend = SqlBackend({"database": "trials.db"})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    backend.open(create=True, read_only=False)
    backend.close()
    assert (tmp_path / "trials.db").exists()


def test_a_relative_path_in_a_deleted_working_directory_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(StorageUnavailableError, match="relative to a working directory that was deleted"):
        SqlBackend({"database": "trials.db"})


def test_a_file_is_opened_in_wal_mode_with_durable_commits(file: Path, open_backend: OpenBackend) -> None:
    pragmas = {}
    for durability in ("full", "normal", "off"):
        with open_backend(durability=durability)._database.read() as tx:
            [(pragmas[durability],)] = tx.rows_of("PRAGMA synchronous")
    assert pragmas == {"full": 2, "normal": 1, "off": 0}
    assert _execute(file, "PRAGMA journal_mode") == [("wal",)]


def test_a_file_that_left_wal_mode_is_brought_back(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    _execute(file, "PRAGMA journal_mode = DELETE")
    open_backend()
    assert _execute(file, "PRAGMA journal_mode") == [("wal",)]


def test_a_reader_reads_and_every_write_is_refused(backend: SqlBackend, open_backend: OpenBackend) -> None:
    reader = open_backend(read_only=True)
    assert [found.uid for found in reader.find_experiments(ExperimentQuery())] == ["u"]
    with pytest.raises(ReadOnlyError, match="cannot be written to"):
        reader.put_experiment(ExperimentRecord(experiment_id="other", uid="v"))
    assert len(backend.find_experiments(ExperimentQuery())) == 1


def test_a_read_only_file_is_read_and_refused_for_writing(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    file.chmod(0o444)
    with _without_privileges(file.parent):
        assert open_backend(read_only=True).find_trials(TrialQuery(uid="u")) == []
        with pytest.raises(
            ReadOnlyError, match=r"trials.db cannot be written to: open it with read_only=True"
        ):
            open_backend()


def test_a_read_only_folder_is_read_and_refused_for_writing(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    file.chmod(0o666)
    with _without_privileges(file.parent, mode=0o555):
        assert open_backend(read_only=True).find_trials(TrialQuery(uid="u")) == []
        with pytest.raises(ReadOnlyError, match="cannot be written to: open it with read_only=True"):
            open_backend()
        assert [found.name for found in file.parent.iterdir()] == ["trials.db"]


def test_a_reader_in_a_read_only_folder_sees_what_a_writer_adds_later(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    file.chmod(0o666)
    folder = file.parent
    with _without_privileges(folder, mode=0o555):
        reader = open_backend(read_only=True)
        assert len(reader.find_experiments(ExperimentQuery())) == 1
        with _user(0):
            folder.chmod(0o777)
            writer = open_backend()
            writer.put_experiment(ExperimentRecord(experiment_id="later", uid="v"))
            for side_file in file.parent.glob("trials.db-*"):
                side_file.chmod(0o666)
            folder.chmod(0o555)
        assert len(reader.find_experiments(ExperimentQuery())) == 2
        with _user(0):
            folder.chmod(0o777)
            writer.close()
            folder.chmod(0o555)
        assert len(reader.find_experiments(ExperimentQuery())) == 2


def test_a_closed_backend_refuses_calls_and_may_be_opened_again(backend: SqlBackend) -> None:
    backend.close()
    backend.close()
    with pytest.raises(StorageClosedError):
        backend.find_trials(TrialQuery(uid="u"))
    backend.open(create=False, read_only=False)
    assert backend.find_trials(TrialQuery(uid="u")) == []


def test_a_file_is_shared_and_memory_is_not() -> None:
    assert SqlBackend({"database": "trials.db"}).capabilities == SqlBackend.capabilities - {
        Capability.SERVER_CLOCK
    }
    assert SqlBackend({"database": ":memory:"}).capabilities == {Capability.ATOMIC_CALLS}


def _execute(file: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


@contextmanager
def _without_privileges(folder: Path, mode: int = 0o777) -> Iterator[None]:
    """Give a folder other rights, and give up those of root, to whom they mean nothing."""
    before = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(mode)
    try:
        with _user(NOBODY):
            yield
    finally:
        folder.chmod(before)


@contextmanager
def _user(uid: int) -> Iterator[None]:
    """Be another user for a moment, if this is run by root, who may also come back."""
    real, effective, saved = os.getresuid()
    if 0 in {real, saved}:
        os.setresuid(uid, uid, 0)
    try:
        yield
    finally:
        os.setresuid(real, effective, saved)


def test_a_file_name_in_the_place_of_the_host_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"three slashes, as in 'sqlite:///trials\.db'"):
        trialstore.open("sqlite://trials.db")
    assert list(tmp_path.iterdir()) == []
