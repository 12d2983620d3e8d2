"""Plugins: what they declare, how they are found, and what they observe."""

from __future__ import annotations

import pluggy

from trialstore.plugins.listing import BackendInfo, list_backends
from trialstore.plugins.observers import Observers
from trialstore.plugins.registry import RegisteredBackend, Registry
from trialstore.plugins.spec import BackendSpec

__all__ = [
    "BackendInfo",
    "BackendSpec",
    "Observers",
    "RegisteredBackend",
    "Registry",
    "hookimpl",
    "list_backends",
]

hookimpl = pluggy.HookimplMarker("trialstore")
"""Marks a function as the implementation of the hook of that name."""
