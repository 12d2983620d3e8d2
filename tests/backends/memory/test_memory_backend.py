"""What is the memory backend's own, beside the contract."""

from __future__ import annotations

import pytest

import trialstore
from trialstore import Capability, StorageNotFoundError
from trialstore_memory import MemoryBackend


def test_storages_of_one_name_are_two_storages() -> None:
    with trialstore.open("memory://same") as one, trialstore.open("memory://same") as other:
        one.experiment(experiment_id="e").new_trial({"x": 1})
        assert list(one.experiments) == ["e"]
        assert list(other.experiments) == []


@pytest.mark.parametrize(("url", "shown"), [("memory://", "memory:"), ("memory://scratch", "memory:scratch")])
def test_the_name_only_shows(url: str, shown: str) -> None:
    assert repr(trialstore.open(url)) == shown


def test_it_holds_nothing_that_could_be_read_only() -> None:
    with pytest.raises(StorageNotFoundError, match="open it for writing"):
        trialstore.open("memory://scratch", read_only=True)


def test_closing_forgets_everything() -> None:
    backend = MemoryBackend({})
    backend.open(create=True, read_only=False)
    storage = trialstore.Storage(backend)
    storage.experiment(experiment_id="e").new_trial({"x": 1})
    storage.close()
    assert list(trialstore.Storage(backend).experiments) == []


def test_it_declares_what_one_process_without_a_disk_can_keep() -> None:
    assert MemoryBackend.capabilities == {Capability.ATOMIC_CALLS}
