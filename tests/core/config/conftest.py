"""A backend that shows the config that it was made with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import trialstore

ECHO = """
import json

from trialstore import BackendSpec, Capability, hookimpl
from trialstore_memory import MemoryBackend


class Echo(MemoryBackend):
    capabilities = frozenset({Capability.MULTI_PROCESS})

    def __init__(self, config):
        super().__init__(config)
        self.label = json.dumps(config)

    def open(self, *, create, read_only):
        super().open(create=True, read_only=False)  # exists always, as a server does


@hookimpl
def trialstore_backends():
    return [
        BackendSpec(
            name="echo",
            class_path="echo_store.Echo",
            schemes=("echo",),
            ignores=("log_sql",),
            config_schema={
                "properties": {
                    "durability": {"enum": ["full", "normal"]},
                    "ratio": {"type": "number", "minimum": 0},
                    "pool": {"type": "integer"},
                    "level": {"enum": [1, 2]},
                    "token": {"type": "string", "pattern": "^[a-z]+$"},
                    "host": {"const": "localhost"},
                },
                "patternProperties": {"^x_": {}},
                "dependentRequired": {"token": ["username"]},
            },
        )
    ]
"""


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., dict[str, Any]]]:
    """Return a function that makes an echo storage from a config and returns what its backend was made with."""
    folder = tmp_path / "echo"
    folder.mkdir()
    (folder / "echo_store.py").write_text(ECHO)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.chdir(tmp_path)

    def resolved(config: Any = None, *args: Any, **kwargs: Any) -> dict[str, Any]:
        given = {"class": "echo", "config": config} if isinstance(config, dict) else config
        storage = trialstore.from_config(given, *args, plugins=["echo_store"], **kwargs)
        content: dict[str, Any] = json.loads(repr(storage))
        return content

    yield resolved
    sys.modules.pop("echo_store", None)
