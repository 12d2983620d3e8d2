"""Opening what is not as it should be, and closing while others are at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from typing import Any, NoReturn

import psutil
import pytest

from trialstore import Storage
from trialstore.backend import Backend
from trialstore.errors import (
    ReadOnlyError,
    SchemaVersionError,
    StorageUnavailableError,
    TrialstoreError,
)
from trialstore.records import ExperimentQuery
from trialstore_conformance import history
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.lab import Lab

THREADS = 3
PATIENCE_SECONDS = 10
"""As long as a driver's own threads may take to end."""


class OpeningConformance(ConformanceBase):
    """`open` and `upgrade` on storages in special states, and `close`."""

    @pytest.fixture
    def special_configs(self) -> Mapping[str, Mapping[str, Any]]:
        """Return configs of storages in special states by the state; override it with those that can be made.

        They look like what `storage_config` returns. ``older`` and ``newer`` hold a schema of another version,
        ``older`` with an experiment in it; ``unwritable`` can be read and not written; ``unreachable`` is out of reach.
        The tests of a state that is left out are skipped.
        """
        return {}

    @pytest.fixture
    def special_door(
        self, special_configs: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[Callable[[str], Door]]:
        """Return the way to a storage in a special state."""
        with ExitStack() as doors:

            def door_to(state: str) -> Door:
                if state not in special_configs:
                    pytest.skip(f"the fixture special_configs has no storage that is {state}")
                return doors.enter_context(Door(special_configs[state]))

            yield door_to

    @sentence("C-111", "C-112")
    @pytest.mark.parametrize("state", ["older", "newer"])
    def test_a_schema_of_another_version_is_refused_and_left_alone(
        self, special_door: Callable[[str], Door], state: str
    ) -> None:
        door = special_door(state)
        for mode in ({"create": True, "read_only": False}, {"create": False, "read_only": True}) * 2:
            with pytest.raises(SchemaVersionError):
                door.unopened().open(**mode)

    @sentence("C-113")
    def test_an_older_schema_is_upgraded_with_all_that_it_holds(
        self, special_door: Callable[[str], Door]
    ) -> None:
        door = special_door("older")
        door.unopened().upgrade()
        backend = door.backend()
        kept = backend.find_experiments(ExperimentQuery())
        assert kept, "the older storage lost its experiments"
        for record in kept:
            lab = Lab(backend, record.experiment_id)
            history.check_all(lab)
            assert lab.add_one().trial_id == (record.next_trial_id or 1)

    @sentence("C-113")
    def test_a_newer_schema_is_not_upgraded(self, special_door: Callable[[str], Door]) -> None:
        with pytest.raises(SchemaVersionError):
            special_door("newer").unopened().upgrade()

    @sentence("C-114")
    def test_what_cannot_be_written_opens_for_reading_only(self, special_door: Callable[[str], Door]) -> None:
        door = special_door("unwritable")
        writer, reader = door.unopened(), door.unopened()
        with pytest.raises(ReadOnlyError):
            _write_to(writer)
        reader.open(create=False, read_only=True)
        assert isinstance(reader.find_experiments(ExperimentQuery()), list)

    @sentence("C-115")
    def test_an_engine_out_of_reach_is_an_error_of_its_own(self, special_door: Callable[[str], Door]) -> None:
        with pytest.raises(StorageUnavailableError):
            special_door("unreachable").unopened().open(create=True, read_only=False)

    @sentence("C-116")
    def test_closing_lets_go_of_every_connection_and_file(self, door: Door) -> None:
        backend = door.unopened()
        before = _held()
        backend.open(create=True, read_only=False)
        _use_at_once(backend)
        backend.close()
        until = time.monotonic() + PATIENCE_SECONDS
        while (left := _held() - before) and time.monotonic() < until:
            time.sleep(0.01)  # between the looks
        assert left == set()

    @sentence("C-107", "C-117")
    def test_calls_of_other_threads_end_well_when_a_storage_is_closed(self, door: Door) -> None:
        storage = Storage(door.unopened(), retry_for=1)
        experiment = storage.experiment(experiment_id="e")
        begun = Barrier(THREADS + 1)

        def call_on() -> NoReturn:
            experiment.new_trial({"x": 1})
            begun.wait()
            while True:
                experiment.new_trial({"x": 2})
                experiment.load()

        with ThreadPoolExecutor(THREADS) as pool:
            calls = [pool.submit(call_on) for _ in range(THREADS)]
            begun.wait()
            storage.close()
            for call in calls:
                with pytest.raises(TrialstoreError):
                    call.result()


def _write_to(backend: Backend) -> None:
    backend.open(create=False, read_only=False)
    Lab(backend).add_one()


def _held() -> set[object]:
    """Return the files that this process has open, and its connections to others."""
    process = psutil.Process()
    links = [(link.laddr, link.raddr) for link in process.net_connections()]
    return {*(file.path for file in process.open_files()), *links}


def _use_at_once(backend: Backend) -> None:
    """Let several threads use a backend, so that it has as many connections as it wants."""
    begun = Barrier(THREADS)

    def use(number: int) -> None:
        begun.wait()
        Lab(backend, f"experiment {number}").add_many(3)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(use, range(THREADS)))
