"""What a test, or a sentence of the contract, needs of a storage beyond being empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from trialstore.backend import Capability

__all__ = ["CAPABILITY_OF", "needs_absent_storage", "needs_an_absent_one"]

CAPABILITY_OF: Mapping[str, Capability] = MappingProxyType(
    {
        "C-105": Capability.MULTI_PROCESS,
        "C-109": Capability.PERSISTENT,
        "C-118": Capability.SERVER_CLOCK,
        "C-119": Capability.MULTI_PROCESS,
        "C-315": Capability.ATOMIC_CALLS,
        "C-902": Capability.MULTI_PROCESS,
        "C-903": Capability.PERSISTENT,
        "C-904": Capability.PERSISTENT,
        "C-910": Capability.MULTI_PROCESS,
        "C-911": Capability.MULTI_PROCESS,
    }
)
"""The sentences that promise nothing where a capability is not declared; their tests then check what is refused."""

_Test = TypeVar("_Test", bound=Callable[..., object])


def needs_absent_storage(test: _Test) -> _Test:
    """Mark a test for which it is not enough that the storage is empty: nothing may have been created yet."""
    test.needs_absent_storage = True  # type: ignore[attr-defined] # as a test carries its sentences
    return test


def needs_an_absent_one(test: Callable[..., object]) -> bool:
    """Tell whether a test is marked with `needs_absent_storage`."""
    return bool(getattr(test, "needs_absent_storage", False))
