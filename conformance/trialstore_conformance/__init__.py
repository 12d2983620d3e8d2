"""The suite that every backend of trialstore must pass, ours and yours.

::

    import pytest
    from trialstore_conformance import *

    class TestMyBackend(StorageConformance):
        @pytest.fixture
        def storage_config(self, tmp_path):
            return {"class": "my_package.MyBackend", "config": {"database": str(tmp_path / "db")}}

Each test gets an empty storage of its own through that one fixture. ``"plugins": ["my_module"]`` in the config
tries a backend before it is packaged. A failing test says which sentence of the contract is broken.

`FaultInjectingBackend` wraps any backend and makes its calls fail where a real engine's would.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialstore_conformance.contract import SENTENCES, numbers_of, sentence
    from trialstore_conformance.faults import (
        Fault,
        FaultInjectingBackend,
        every,
        fail_each_write_once,
        lose_each_answer_once,
        no_faults,
    )
    from trialstore_conformance.suite import StorageConformance

__all__ = [
    "SENTENCES",
    "Fault",
    "FaultInjectingBackend",
    "StorageConformance",
    "every",
    "fail_each_write_once",
    "lose_each_answer_once",
    "no_faults",
    "numbers_of",
    "sentence",
]

_HOMES = {
    "SENTENCES": "contract",
    "Fault": "faults",
    "FaultInjectingBackend": "faults",
    "StorageConformance": "suite",
    "every": "faults",
    "fail_each_write_once": "faults",
    "lose_each_answer_once": "faults",
    "no_faults": "faults",
    "numbers_of": "contract",
    "sentence": "contract",
}


def rewrite_asserts() -> None:
    """Let pytest explain the assertions of the suite; it must run before the tests are imported."""
    sys.modules["pytest"].register_assert_rewrite(
        *(
            f"{__name__}.{module}"
            for module in ("api", "comparison", "history", "interface", "processes", "stateful", "together")
        )
    )


if "pytest" in sys.modules:
    rewrite_asserts()  # or outsiders would see bare AssertionErrors


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
