"""Backends that open, close or say what they are wrongly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from trialstore.backend import Capability
from trialstore.errors import ExperimentNotFoundError
from trialstore.records import StatusChange
from trialstore_memory import MemoryBackend

__all__ = [
    "ClosesOnce",
    "DeclaresMoreThanItsClass",
    "ForgetsWhenUpgraded",
    "LeaksKeyErrors",
    "TellsThePassword",
]


class ClosesOnce(MemoryBackend):
    """Lets go of its connection, which it has no longer the second time."""

    def open(self, *, create: bool, read_only: bool) -> None:
        super().open(create=create, read_only=read_only)
        self._connections = ["the only one"]

    def close(self) -> None:
        self._connections.pop()
        super().close()


class DeclaresMoreThanItsClass(MemoryBackend):
    """Finds out what its engine can do when it is made, and finds more than its class has said."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.capabilities = frozenset({*MemoryBackend.capabilities, Capability.SERVER_CLOCK})


class ForgetsWhenUpgraded(MemoryBackend):
    """Brings the schema up to date by making it anew."""

    def upgrade(self) -> None:
        self._clear()


class LeaksKeyErrors(MemoryBackend):
    """Lets the error of its engine through where an experiment is gone."""

    def find_status_changes(self, uid: str, trial_ids: Collection[int] | None) -> list[StatusChange]:
        try:
            return super().find_status_changes(uid, trial_ids)
        except ExperimentNotFoundError as error:
            raise KeyError(uid) from error


class TellsThePassword(MemoryBackend):
    """Shows people the URL that it connects to, whole."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.label = f"memory://me:{config.get('password')}@here"
