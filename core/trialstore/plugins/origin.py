"""Where a plugin comes from, and what to install when something that it needs is absent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trialstore.errors import BackendNotInstalledError, PluginError, TrialstoreError

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)""")
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who brought a plugin: an entry point of an installed distribution, or the caller."""

    plugin: str
    """The entry point's name, or the name of what the caller gave."""
    package: str
    """The top-level package of the plugin's module."""
    distribution: Distribution | None = None

    @classmethod
    def of_entry_point(cls, entry_point: EntryPoint) -> Origin:
        """Return the origin of a plugin that is installed."""
        return cls(entry_point.name, _top(entry_point.module), entry_point.dist)

    @classmethod
    def of_given(cls, plugin: Any) -> Origin:
        """Return the origin of a plugin that the caller gave."""
        name = plugin if isinstance(plugin, str) else getattr(plugin, "__name__", type(plugin).__name__)
        return cls(name, _top(name))

    def __str__(self) -> str:
        return f"plugin {self.plugin!r} of {self._giver}"

    @property
    def distribution_name(self) -> str:
        """The distribution's name; empty for a plugin that the caller gave."""
        return self.distribution.name if self.distribution else ""

    @property
    def version(self) -> str:
        """The distribution's version; empty for a plugin that the caller gave."""
        return self.distribution.version if self.distribution else ""

    @property
    def _giver(self) -> str:
        return f"{self.distribution_name} {self.version}" if self.distribution else "the caller"

    def pip_line(self, module: str, install: str = "") -> str:
        """Return the command that installs `module`; `install` is what the plugin itself names for it."""
        return f"pip install '{install or self._requirement_for(module)}'"

    def explained(
        self, error: BaseException, package: str = "", install: str = "", subject: str = ""
    ) -> TrialstoreError:
        """Return what went wrong in the plugin, or in the `subject` of it whose code stands in `package`."""
        if isinstance(error, ModuleNotFoundError) and error.name:
            missing = _top(error.name)
            if missing not in {package, self.package}:
                return self.lacks(missing, install)
        return PluginError(f"{subject or self} is broken: {type(error).__name__}: {error}")

    def lacks(self, module: str, install: str = "") -> BackendNotInstalledError:
        """Return the error for a plugin that needs a module that is not installed."""
        command = self.pip_line(module, install)
        return BackendNotInstalledError(
            f"{self} needs the module {module!r}, which is not installed; run: {command}", name=module
        )

    def _requirement_for(self, module: str) -> str:
        """Return the extra that brings `module`, or else the distribution: pip adds what it lacks."""
        if self.distribution is None:
            return module
        for requirement in self.distribution.requires or ():
            extra = _EXTRA.search(requirement)
            if extra and _normalised(re.split(r"[^\w.-]", requirement)[0]) == _normalised(module):
                return f"{self.distribution_name}[{extra[1]}]"
        return self.distribution_name


def _top(module: str) -> str:
    return module.partition(".")[0]


def _normalised(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
