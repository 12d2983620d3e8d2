"""The way from a storage config to what the tests work on, always through `trialstore.from_config`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from typing import Any, Self

from trialstore import from_config
from trialstore.backend import Backend, Capability
from trialstore.storage import Storage
from trialstore_conformance.passing import PatientBackend


class Door:
    """Makes storages of one config, and closes them at the end.

    Parameters
    ----------
    storage_config
        What the fixture `storage_config` returned.
    """

    def __init__(self, storage_config: Mapping[str, Any]) -> None:
        self.plugins: list[str] = list(storage_config.get("plugins", ()))
        self.config = {key: value for key, value in storage_config.items() if key != "plugins"}
        self._made = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._made.close()

    def storage(self, **settings: Any) -> Storage:
        """Return a new storage object on the storage under test."""
        config = self.config | {"config": {**self.config.get("config", {}), **settings}}
        storage = from_config(config, plugins=self.plugins)
        self._made.callback(storage.close)
        return storage

    @cached_property
    def backend_class(self) -> type[Backend]:
        """The class of the backend."""
        return type(self.unopened())

    def unopened(self) -> Backend:
        """Return a new raw backend that has not been opened."""
        backend = self.storage(lazy_schema_create=True).session.backend
        self._made.callback(backend.close)  # a storage that was not opened would leave it open
        return backend

    def backend(self) -> Backend:
        """Return a new raw backend, opened."""
        session = self.storage().session
        session.ensure_open()
        return session.backend

    def patient_backend(self) -> Backend:
        """Return a new raw backend, opened, that repeats what fails in passing, as the core does."""
        return PatientBackend(self.backend())

    def declares(self, *capabilities: Capability) -> bool:
        """Tell whether the backend of this config declares capabilities."""
        return self.unopened().capabilities >= frozenset(capabilities)
