"""Real distributions and modules on disk, found the way that installed plugins are found."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest


class Site:
    """A folder on `sys.path` to which distributions and modules are installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def distribution(
        self, name: str, entry_points: dict[str, str], *, version: str = "1.0", requires: tuple[str, ...] = ()
    ) -> None:
        info = self.folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        points = [f"{point} = {module}" for point, module in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[trialstore]", *points]) + "\n")

    def module(self, name: str, source: str) -> None:
        (self.folder / f"{name}.py").write_text(dedent(source))

    def backend(self, module: str, spec: str, *, class_name: str = "Store") -> None:
        """Write a plugin module that brings one working backend, in a module of its own."""
        self.module(
            module,
            f"""
            from trialstore import BackendSpec, hookimpl

            @hookimpl
            def trialstore_backends():
                return [BackendSpec(class_path="{module}_engine.{class_name}", {spec})]
            """,
        )
        self.module(
            f"{module}_engine",
            f"""
            from trialstore_memory import MemoryBackend

            class {class_name}(MemoryBackend):
                def __init__(self, config):
                    super().__init__(config)
                    self.config = config
                    self.label = "{module}:" + str(config.get("database"))
            """,
        )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield Site(folder)
    for name in set(sys.modules) - before:
        if (folder / f"{name}.py").exists():
            del sys.modules[name]
