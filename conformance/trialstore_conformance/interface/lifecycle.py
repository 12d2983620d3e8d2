"""From making a backend to closing it, and what its capabilities promise or refuse."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trialstore import Storage
from trialstore.backend import Backend, Capability
from trialstore.errors import InvalidInputError, ReadOnlyError, StorageClosedError, StorageNotFoundError
from trialstore.records import ExperimentQuery
from trialstore.status import Status
from trialstore_conformance.base import ConformanceBase
from trialstore_conformance.contract import sentence
from trialstore_conformance.door import Door
from trialstore_conformance.lab import Lab, new_token, new_trial
from trialstore_conformance.requirements import needs_absent_storage


class LifecycleConformance(ConformanceBase):
    """`open`, `close`, `upgrade`, `label`, `capabilities`."""

    @sentence("C-101", "C-102")
    @needs_absent_storage
    def test_an_absent_storage_is_not_found_and_not_created(self, door: Door) -> None:
        door.unopened()
        for _ in range(2):
            with pytest.raises(StorageNotFoundError):
                door.unopened().open(create=False, read_only=False)
            with pytest.raises(StorageNotFoundError):
                door.unopened().open(create=False, read_only=True)
        assert door.backend().find_experiments(ExperimentQuery()) == []

    @sentence("C-103")
    def test_closing_twice_does_nothing(self, backend: Backend) -> None:
        backend.close()
        backend.close()

    @sentence("C-103")
    def test_closing_what_was_never_opened_does_nothing(self, door: Door) -> None:
        door.unopened().close()

    @sentence("C-104", "C-111")
    def test_what_was_stored_is_there_if_the_storage_is_persistent(self, door: Door) -> None:
        backend = door.backend()
        lab = Lab(backend)
        lab.add(new_trial(), new_trial())
        lab.complete(lab.trial(1), score=1)
        before, history, record = lab.find(), lab.history(), backend.find_experiments(ExperimentQuery())
        backend.close()
        again = door.backend()
        if Capability.PERSISTENT not in backend.capabilities:
            assert again.find_experiments(ExperimentQuery()) == []
            return
        assert again.find_experiments(ExperimentQuery()) == record
        reopened = Lab(again)
        assert (reopened.find(), reopened.history()) == (before, history)
        assert reopened.add_one().trial_id == 3

    @sentence("C-106")
    def test_the_label_is_for_people_and_holds_no_secret(self, door: Door) -> None:
        backend = door.unopened()
        assert isinstance(backend.label, str)
        assert backend.label.strip()
        assert repr(door.storage()) == backend.label
        password = door.config.get("config", {}).get("password")
        assert not password or password not in backend.label

    @sentence("C-106")
    def test_the_label_holds_no_password(self, door: Door) -> None:
        secret = "hunter-2-and-3"  # noqa: S105 - that is what the test is about
        try:
            shown = door.storage(lazy_schema_create=True, password=secret).session.backend.label
        except InvalidInputError as error:  # the storage's config may have a place of its own for it
            shown = str(error)
        assert secret not in shown

    @sentence("C-107")
    def test_a_closed_storage_refuses_every_call(self, storage: Storage) -> None:
        experiment = storage.experiment(experiment_id="e")
        trial = experiment.new_trial({"x": 1})
        storage.close()
        storage.close()
        calls: list[Callable[[], object]] = [
            lambda: list(storage.experiments),
            lambda: experiment.new_trial({"x": 2}),
            lambda: trial.set_trial_runner(1),
            experiment.load,
            storage.experiment(experiment_id="other").__enter__,
        ]
        for call in calls:
            with pytest.raises(StorageClosedError):
                call()

    @sentence("C-108")
    def test_upgrade_changes_nothing_in_a_current_storage(self, lab: Lab) -> None:
        lab.add_many(2)
        before = lab.find()
        lab.backend.upgrade()
        lab.backend.upgrade()
        assert lab.find() == before

    @sentence("C-108")
    @needs_absent_storage
    def test_upgrade_creates_an_absent_storage_without_being_opened(self, door: Door) -> None:
        backend = door.unopened()
        backend.upgrade()
        backend.open(create=Capability.PERSISTENT not in backend.capabilities, read_only=False)
        assert Lab(backend).add_one().trial_id == 1

    @sentence("C-109")
    def test_a_read_only_storage_reads_and_does_not_write(self, door: Door) -> None:
        with door.storage() as storage, storage.experiment(experiment_id="e") as experiment:
            experiment.new_trial({"x": 1})
        reader = Storage(door.unopened(), read_only=True, lazy_schema_create=True)
        if not door.declares(Capability.PERSISTENT):
            with pytest.raises(StorageNotFoundError):
                list(reader.experiments)
            return
        with reader:
            assert list(reader.experiments["e"].trials) == [1]
            found = reader.get_experiment_by_id("e")
            assert found is not None
            with pytest.raises(ReadOnlyError):
                found.new_trial({"x": 2})
            with pytest.raises(ReadOnlyError):
                reader.delete_experiment("e")
            assert list(reader.experiments["e"].trials) == [1]

    @sentence("C-110")
    def test_an_instance_declares_no_more_than_its_class(self, door: Door) -> None:
        backend = door.unopened()
        assert isinstance(backend.capabilities, frozenset)
        assert all(isinstance(capability, Capability) for capability in backend.capabilities)
        assert backend.capabilities <= type(backend).capabilities

    @sentence("C-119")
    def test_a_second_handle_sees_what_the_first_one_wrote(self, door: Door) -> None:
        if not door.declares(Capability.MULTI_PROCESS):
            return self.test_what_was_stored_is_there_if_the_storage_is_persistent(door)
        one = Lab(door.backend())
        one.add_one()
        other = Lab(door.backend())
        assert other.ids() == [1]
        other.complete(other.trial(1))
        assert one.trial(1).status is Status.SUCCEEDED
        return None

    @sentence("C-801")
    def test_unknown_uids_find_nothing(self, backend: Backend) -> None:
        assert backend.find_experiments(ExperimentQuery(uids=[new_token()])) == []
