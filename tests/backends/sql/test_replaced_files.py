"""What happens to a file while it is open: it is deleted, replaced, or cannot grow."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trialstore.errors import StorageUnavailableError
from trialstore.records import ExperimentQuery, ExperimentRecord
from trialstore_sql import SqlBackend

OpenBackend = Callable[..., SqlBackend]
NEW = ExperimentRecord(experiment_id="f", uid="v")


def test_nothing_is_written_to_a_deleted_file(file: Path, backend: SqlBackend) -> None:
    file.unlink()
    with pytest.raises(StorageUnavailableError, match="deleted or replaced since it was opened"):
        backend.put_experiment(NEW)
    assert not file.exists()


def test_nothing_is_written_to_a_replaced_file_or_to_its_successor(
    file: Path, backend: SqlBackend, open_backend: OpenBackend
) -> None:
    backend.close()
    old = open_backend()
    successor = file.with_suffix(".copy")
    shutil.copy(file, successor)
    successor.replace(file)
    with pytest.raises(StorageUnavailableError, match="deleted or replaced since it was opened"):
        old.put_experiment(NEW)
    found = open_backend().find_experiments(ExperimentQuery())
    assert [experiment.experiment_id for experiment in found] == ["e"]


def test_a_new_connection_finds_that_the_file_was_deleted_and_does_not_create_it(
    file: Path, backend: SqlBackend
) -> None:
    with backend._database.read():
        file.unlink()
        with pytest.raises(StorageUnavailableError, match="deleted or replaced since it was opened"):
            backend.find_experiments(ExperimentQuery())
    assert not file.exists()


def test_a_file_that_must_not_grow_names_a_full_disk_or_a_quota(file: Path, backend: SqlBackend) -> None:
    new = ExperimentRecord(experiment_id="f", uid="v", description="x" * 2**21)
    with _file_size_limit(2**20), pytest.raises(StorageUnavailableError, match="disk is full or a quota"):
        backend.put_experiment(new)
    assert backend.put_experiment(new) == new


@contextmanager
def _file_size_limit(size: int) -> Iterator[None]:
    _, hard = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
