"""The copy of a pickled storage stands where the first one stood, and is never a new, empty storage."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import trialstore
from trialstore import Storage, StorageNotFoundError

MAKERS: list[Callable[..., Storage]] = [
    lambda **kwargs: trialstore.open("sqlite:///trials.db", **kwargs),
    lambda **kwargs: trialstore.from_config({"class": "sql", "config": {"database": "trials.db"}}, **kwargs),
    lambda **kwargs: trialstore.from_config(
        {"class": "sql", "config": {"drivername": "sqlite+pysqlite", "database": "$db"}},
        db="trials.db",
        **kwargs,
    ),
]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder, and return another one to go to."""
    for name in ("work", "elsewhere"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "elsewhere"


@pytest.mark.contract(6)
@pytest.mark.parametrize("make", MAKERS)
def test_a_relative_path_stays_where_it_was(
    make: Callable[..., Storage], elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make() as storage:
        with storage.experiment(experiment_id="e"):
            pass
        pickled = pickle.dumps(storage)
    monkeypatch.chdir(elsewhere)
    with pickle.loads(pickled) as copy, pickle.loads(pickle.dumps(copy)) as copy_of_the_copy:
        assert list(copy.experiments) == list(copy_of_the_copy.experiments) == ["e"]
    assert list(elsewhere.iterdir()) == []


def test_a_storage_that_has_gone_is_not_created_by_its_copy() -> None:
    with trialstore.open("sqlite:///trials.db") as storage:
        pickled = pickle.dumps(storage)
    Path("trials.db").unlink()
    with pytest.raises(StorageNotFoundError):
        pickle.loads(pickled)
    assert list(Path().iterdir()) == []


def test_the_copy_of_a_lazy_storage_creates_it_at_its_first_use(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Path.cwd()
    pickled = pickle.dumps(trialstore.open("sqlite:///trials.db", lazy_schema_create=True))
    monkeypatch.chdir(elsewhere)
    with pickle.loads(pickled) as copy:
        assert not (work / "trials.db").exists()
        assert list(copy.experiments) == []
    assert (work / "trials.db").exists()


@pytest.mark.parametrize(
    "config",
    [{}, {"database": ""}, {"database": ":memory:"}, {"drivername": "mysql", "database": "trials"}],
)
def test_what_is_no_path_is_not_made_one(config: dict[str, str], elsewhere: Path) -> None:
    from trialstore_sql.plugin import trialstore_backends

    (spec,) = trialstore_backends()
    assert spec.anchored is not None
    assert spec.anchored(config, elsewhere) == config


@pytest.mark.skipif(sys.platform == "win32", reason="a working directory cannot be deleted there")
def test_a_working_directory_that_was_gone_anchors_nothing(tmp_path: Path) -> None:
    Path.cwd().rmdir()
    with (
        trialstore.open(f"sqlite:///{tmp_path / 'trials.db'}") as storage,
        pickle.loads(pickle.dumps(storage)) as copy,
    ):
        assert repr(copy) == repr(storage)
