"""What is tested: the config, the backend that it names, and whether the tests may use its storage."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from trialstore.backend import Capability
from trialstore.config import Folders, Given, Source, resolve
from trialstore.errors import ConfigError, UsageError
from trialstore.plugins import Registry
from trialstore_conformance.command.scratch import (
    NAME,
    NAMES,
    count_experiments,
    new_prefix,
    references,
    scratch_names,
)
from trialstore_conformance.door import Door

__all__ = ["Subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """The storage under test, as its config describes it."""

    path: str
    """The config, as it was given."""
    config: Mapping[str, Any]
    """What the fixture `storage_config` returns."""
    prefix: str
    """What the names that ``$SCRATCH`` stands for begin with."""
    class_name: str = ""
    plugin: str = ""
    """The distribution that brings the backend, and its version."""
    capabilities: frozenset[Capability] = frozenset()

    @classmethod
    def of(cls, path: str, folder: Path) -> Subject:
        """Read a config and look at its backend; a scratch storage that it needs for that goes into `folder`.

        Raises
        ------
        TrialstoreError
            If the config is not valid, if there is no such backend, or if its storage cannot be opened.
        UsageError
            If the storage holds experiments.
        """
        source = _read(path)
        unknown = cls(path, source.values, new_prefix())
        with unknown.storage("0", folder):
            subject = _identified(unknown, source.where)
            _require_empty(subject)
        return subject

    @property
    def has_own_storages(self) -> bool:
        """Whether each test gets a storage of its own."""
        return bool(NAMES & references(self.config))

    @property
    def can_be_absent(self) -> bool:
        """Whether each test finds its storage absent, not only empty."""
        return self.has_own_storages or Capability.PERSISTENT not in self.capabilities

    @property
    def warning(self) -> str:
        """What is done to the storage, for somebody who may still want to prevent it."""
        if self.can_be_absent:
            return f"Each test makes a storage of its own from {self.path}."
        return f"{self.path} is a scratch storage: before each test, all experiments in it are deleted."

    @property
    def leftovers(self) -> str:
        """What stays behind, if something does."""
        if NAME not in references(self.config):
            return ""
        return f"What the tests made under names that begin with {self.prefix} is left behind; drop it when you like."

    @property
    def facts(self) -> dict[str, str]:
        """What a reader of the report wants to know of the subject."""
        return {
            "backend": self.class_name,
            "plugin": self.plugin,
            "capabilities": ", ".join(sorted(each.value for each in self.capabilities)) or "none",
            "config": self.path,
            "trialstore": version("trialstore"),
            "Python": f"{platform.python_implementation()} {platform.python_version()}",
            "platform": platform.platform(),
        }

    @contextmanager
    def storage(self, name: str, folder: Path) -> Iterator[Mapping[str, Any]]:
        """Lend the config, with the names that it refers to set for a storage of that name."""
        with scratch_names(f"{self.prefix}{name}", folder):
            yield self.config


def _identified(subject: Subject, where: str) -> Subject:
    """Return the subject with what is known of its backend."""
    values = {key: value for key, value in subject.config.items() if key != "plugins"}
    given = Given(config=Source(where, values), folders=Folders.of(()))
    registered = resolve(given, Registry(subject.config.get("plugins", ()))).backend
    origin = registered.origin
    with Door(subject.config) as door:
        declared = door.unopened().capabilities
    return replace(
        subject,
        class_name=registered.spec.class_path,
        plugin=f"{origin.distribution_name} {origin.version}".strip()
        or f"{origin.plugin}, named by the config",
        capabilities=frozenset(each for each in Capability if each in declared),
    )


def _require_empty(subject: Subject) -> None:
    if held := count_experiments(subject.config):
        raise UsageError(
            f"the storage of {subject.path} holds experiments already ({held}), and the tests would delete them; "
            "nothing was changed. Give the tests a storage of their own: another database, or one whose name "
            'holds $SCRATCH_DIR (a new folder for each test) or $SCRATCH, as in "$SCRATCH_DIR/trials.db"'
        )


def _read(path: str) -> Source:
    """Return the content of a config, and make modules beside it importable if it names plugins."""
    source = Folders.of(()).read(path)
    plugins = source.values.get("plugins", [])
    if not isinstance(plugins, list) or not all(isinstance(each, str) for each in plugins):
        raise ConfigError(
            f'{path}: $.plugins: must be a list of names of modules, such as ["my_package.plugin"]'
        )
    if plugins:
        sys.path.append(str(Path.cwd()))  # last, so that nothing there hides what is installed
    return source
