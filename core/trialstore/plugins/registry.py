"""Finds plugins and the backends that they bring; one bad plugin never takes the others down."""

from __future__ import annotations

import difflib
import inspect
import re
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import pluggy

from trialstore import hookspecs
from trialstore.errors import PluginError, TrialstoreError, UnknownBackendError
from trialstore.plugins.installed import installed_plugins
from trialstore.plugins.origin import Origin
from trialstore.plugins.spec import BackendSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from importlib.metadata import EntryPoint

    from trialstore.backend import Backend

_NAME = re.compile(r"[\w.+-]+")


@dataclass(frozen=True, slots=True)
class RegisteredBackend:
    """A backend and the plugin that brings it."""

    spec: BackendSpec
    origin: Origin

    def __str__(self) -> str:
        return f"{self.spec.class_path} ({self.origin})"

    def load(self) -> type[Backend]:
        """Import the backend's class.

        Raises
        ------
        BackendNotInstalledError
            If a module that it needs is absent; the message holds the command that installs it.
        PluginError
            If importing it fails in another way, or if it is abstract.
        """
        with self.blamed():
            for module in self.spec.requires:
                if not _importable(module):
                    raise self.origin.lacks(module, self.spec.install)
            found = self.spec.load()
        if inspect.isabstract(found):
            raise PluginError(f"{self} does not implement {', '.join(sorted(found.__abstractmethods__))}")
        return found

    def make(self, config: Mapping[str, Any]) -> Backend:
        """Return the backend for a checked config; raises as `load` does."""
        kind = self.load()
        with self.blamed():
            backend = kind(config)
            if not isinstance(getattr(backend, "label", None), str):
                raise TypeError("its label must be a string")
        return backend

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Turn what the backend's own code raises, except for errors of trialstore, into a `PluginError`."""
        try:
            yield
        except TrialstoreError:
            raise
        except (Exception, SystemExit) as error:
            package = self.spec.class_path.partition(".")[0]
            raise self.origin.explained(error, package, self.spec.install, str(self)) from error


@dataclass(frozen=True, slots=True)
class FailedPlugin:
    """A plugin that could not be loaded, and why."""

    origin: Origin
    error: TrialstoreError

    def answers_to(self, name: str) -> bool:
        """Tell whether someone who asks for the backend `name` means this plugin."""
        return name == self.origin.plugin or name.partition(".")[0] == self.origin.package


class Registry:
    """The plugins of one call: the installed ones, and those that the caller gave.

    Parameters
    ----------
    plugins
        Modules, objects with hooks, or names of modules, registered beside the installed plugins.

    Raises
    ------
    PluginError, BackendNotInstalledError
        If one of `plugins` cannot be loaded. Installed ones that fail are kept in `failures` instead.
    """

    def __init__(self, plugins: Iterable[Any] = ()) -> None:
        self.manager = pluggy.PluginManager("trialstore")
        self.manager.add_hookspecs(hookspecs)
        self.backends: list[RegisteredBackend] = []
        self.failures: list[FailedPlugin] = []
        for entry_point in installed_plugins():
            self._add_installed(entry_point)
        for plugin in plugins:
            self._add_given(plugin)

    def find(self, name: str) -> RegisteredBackend:
        """Return the backend that a config names as its class.

        Raises
        ------
        UnknownBackendError
            If no plugin brings it.
        PluginError, BackendNotInstalledError
            If its plugin failed, or if several plugins bring one of that name.
        """
        found = [backend for backend in self.backends if name in backend.spec.names]
        return self._only(found, name, "backend", [n for b in self.backends for n in b.spec.names])

    def find_scheme(self, scheme: str) -> RegisteredBackend:
        """Return the backend that serves a URL scheme; raises as `find` does."""
        wanted = {scheme, scheme.partition("+")[0]}
        found = [backend for backend in self.backends if wanted & set(backend.spec.schemes)]
        return self._only(found, scheme, "URL scheme", [s for b in self.backends for s in b.spec.schemes])

    def clashes_of(self, backend: RegisteredBackend) -> list[RegisteredBackend]:
        """Return the other backends that share a name with this one."""
        names = set(backend.spec.names)
        return [other for other in self.backends if other is not backend and names & set(other.spec.names)]

    def _only(
        self, found: Sequence[RegisteredBackend], name: str, what: str, known: Sequence[str]
    ) -> RegisteredBackend:
        if len(found) == 1:
            return found[0]
        if found:
            both = " and ".join(str(backend) for backend in found)
            raise PluginError(
                f"the {what} {name!r} is claimed by {both}; name one by its class, or uninstall one"
            )
        for failure in self.failures:
            if failure.answers_to(name):
                raise failure.error
        # What is no name may be a URL that went astray, with a password in it.
        shown = repr(name) if _NAME.fullmatch(name) else "of that name (a URL goes to trialstore.open())"
        raise UnknownBackendError(f"there is no {what} {shown}{self._advice(name, known)}")

    def _advice(self, name: str, known: Sequence[str]) -> str:
        close = difflib.get_close_matches(name, known, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else "."
        failed = [f" Not loaded: {failure.error}." for failure in self.failures]
        return f"{meant} Known: {', '.join(dict.fromkeys(known))}.{''.join(failed)}"

    def _add_installed(self, entry_point: EntryPoint) -> None:
        origin = Origin.of_entry_point(entry_point)
        try:
            self._register(entry_point.load(), origin)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises is that plugin's alone
            self.failures.append(FailedPlugin(origin, origin.explained(error)))

    def _add_given(self, plugin: Any) -> None:
        origin = Origin.of_given(plugin)
        try:
            found = import_module(plugin) if isinstance(plugin, str) else plugin
            self._register(found, origin)
        except (Exception, SystemExit) as error:
            raise origin.explained(error) from error
        if not self.manager.get_hookcallers(found):
            raise PluginError(
                f"{origin} has no hooks: a plugin has functions marked with trialstore.hookimpl"
            )

    def _register(self, plugin: Any, origin: Origin) -> None:
        if self.manager.is_registered(plugin):
            return
        try:
            self.manager.register(plugin, self._unique_name(origin))
            self.manager.check_pending()
            specs = self._specs_of(plugin)
        except BaseException:
            if self.manager.is_registered(plugin):
                self.manager.unregister(plugin)
            raise
        self.backends.extend(RegisteredBackend(spec, origin) for spec in specs)

    def _unique_name(self, origin: Origin) -> str:
        taken = {name for name, _ in self.manager.list_name_plugin()}
        others = (f"{origin.plugin} ({number})" for number in count(2))
        return next(name for name in chain([origin.plugin], others) if name not in taken)

    def _specs_of(self, plugin: Any) -> list[BackendSpec]:
        others = [other for other in self.manager.get_plugins() if other is not plugin]
        hook = self.manager.subset_hook_caller("trialstore_backends", remove_plugins=others)
        specs = [spec for answer in hook() for spec in answer]
        for spec in specs:
            if not isinstance(spec, BackendSpec):
                raise TypeError(f"trialstore_backends() must return BackendSpecs, not {type(spec).__name__}")
        return specs


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
