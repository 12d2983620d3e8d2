"""The plugin that brings the animals."""

from __future__ import annotations

from trialstore import BackendSpec, hookimpl
from zoo import claiming, filing, keeping, living, sequences, values, writing


@hookimpl
def trialstore_backends() -> list[BackendSpec]:
    """Return every wrong backend, and the right one that some of them come from."""
    return [
        BackendSpec(name=animal, class_path=f"{house.__name__}.{animal}")
        for house in (claiming, filing, keeping, living, sequences, values, writing)
        for animal in house.__all__
    ]
