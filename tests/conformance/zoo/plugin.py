"""The plugin that brings the animals."""

from __future__ import annotations

from trialstore import BackendSpec, hookimpl
from zoo import claiming, keeping, values, writing


@hookimpl
def trialstore_backends() -> list[BackendSpec]:
    """Return every wrong backend."""
    return [
        BackendSpec(name=animal, class_path=f"{house.__name__}.{animal}")
        for house in (claiming, keeping, values, writing)
        for animal in house.__all__
    ]
