"""What every class of the suite has: the fixtures, and the check that no test is dropped in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from trialstore.backend import Backend
from trialstore.storage import Storage
from trialstore_conformance.door import Door
from trialstore_conformance.lab import Lab

_HOME = "trialstore_conformance."


class ConformanceBase:
    """The fixtures of the suite; only `storage_config` is for its user to override."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in _overridden_tests(cls):
            if not _is_strict_xfail(getattr(cls, name)):
                raise TypeError(
                    f"{cls.__name__} overrides {name} of the conformance suite. A test may be overridden only "
                    f'to mark it as @pytest.mark.xfail(strict=True, reason="why this backend cannot") '
                    f"and call super().{name}(...)."
                )

    @pytest.fixture
    def storage_config(self) -> Mapping[str, Any]:
        """Return the config of an empty storage, another one for each test.

        ``{"class": "my_package.MyBackend", "config": {...}}``, and for a backend that is not installed
        as a plugin yet ``"plugins": ["my_module"]``, the names of importable plugin modules.
        """
        pytest.fail(
            f"{type(self).__name__} must define the fixture `storage_config`:\n\n"
            "    @pytest.fixture\n"
            "    def storage_config(self, tmp_path):\n"
            '        return {"class": "my_package.MyBackend", "config": {"database": str(tmp_path / "db")}}\n',
            pytrace=False,
        )

    @pytest.fixture
    def door(self, storage_config: Mapping[str, Any]) -> Iterator[Door]:
        """Return the way to the storage under test: raw backends and storages, as many as a test wants."""
        with Door(storage_config) as door:
            yield door

    @pytest.fixture
    def backend(self, door: Door) -> Backend:
        """Return the raw backend, opened."""
        return door.backend()

    @pytest.fixture
    def lab(self, backend: Backend) -> Lab:
        """Return a new experiment on the raw backend."""
        return Lab(backend)

    @pytest.fixture
    def patient_backend(self, door: Door) -> Backend:
        """Return the raw backend, opened, which repeats what fails in passing, as the core does."""
        return door.patient_backend()

    @pytest.fixture
    def patient_lab(self, patient_backend: Backend) -> Lab:
        """Return a new experiment for many threads on the raw backend."""
        return Lab(patient_backend)

    @pytest.fixture
    def storage(self, door: Door) -> Storage:
        """Return the storage, as `trialstore.from_config` makes it."""
        return door.storage()


def _overridden_tests(cls: type) -> list[str]:
    return [name for name in dir(cls) if name.startswith("test") and _is_overridden(cls, name)]


def _is_overridden(cls: type, name: str) -> bool:
    owners = [base for base in cls.__mro__ if name in vars(base)]
    suites = [base for base in owners if base.__module__.startswith(_HOME)]
    return bool(suites) and owners[0] is not suites[0]


def _is_strict_xfail(test: Callable[..., object]) -> bool:
    marks = getattr(test, "pytestmark", [])
    return any(
        mark.name == "xfail" and mark.kwargs.get("strict") and mark.kwargs.get("reason") for mark in marks
    )
