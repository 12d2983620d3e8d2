"""What ``trialstore backends`` shows: every backend and plugin, and whether it can be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from trialstore.errors import BackendNotInstalledError, TrialstoreError
from trialstore.plugins.registry import FailedPlugin, RegisteredBackend, Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

BackendStatus: TypeAlias = Literal["ok", "not installed", "broken", "clash"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendInfo:
    """A backend, or a plugin that could not be loaded, for people and programs to look at."""

    name: str
    """The backend's short name, or the plugin's name if it could not be loaded."""
    class_name: str = ""
    schemes: tuple[str, ...] = ()
    distribution: str
    """Empty for a plugin that the caller gave."""
    version: str
    capabilities: tuple[str, ...] = ()
    """What the class declares; empty if it cannot be loaded."""
    status: BackendStatus = "ok"
    why: str = ""
    """What is wrong, if something is."""
    install: str = ""
    """The command that helps, if something is not installed."""


def list_backends(plugins: Iterable[Any] = ()) -> list[BackendInfo]:
    """Return every backend and every plugin that could not be loaded, ordered by name.

    It imports each backend to see whether that works.

    Parameters
    ----------
    plugins
        Plugins beside the installed ones, as `from_config` takes them.
    """
    registry = Registry(plugins)
    infos = [_of_backend(backend, registry) for backend in registry.backends]
    infos += [_of_failure(failure) for failure in registry.failures]
    return sorted(infos, key=lambda info: (info.name, info.distribution))


def _of_backend(backend: RegisteredBackend, registry: Registry) -> BackendInfo:
    capabilities, status, why, install = _examined(backend)
    clashes = registry.clashes_of(backend)
    if clashes:
        status, why = "clash", f"it shares a name with {', '.join(str(other) for other in clashes)}"
    return BackendInfo(
        name=backend.spec.name,
        class_name=backend.spec.class_path,
        schemes=backend.spec.schemes,
        distribution=backend.origin.distribution_name,
        version=backend.origin.version,
        capabilities=capabilities,
        status=status,
        why=why,
        install=install,
    )


def _examined(backend: RegisteredBackend) -> tuple[tuple[str, ...], BackendStatus, str, str]:
    try:
        with backend.blamed():
            capabilities = sorted(capability.value for capability in backend.load().capabilities)
    except TrialstoreError as error:
        return (), *_trouble(error, backend, backend.spec.install)
    return tuple(capabilities), "ok", "", ""


def _of_failure(failure: FailedPlugin) -> BackendInfo:
    status, why, install = _trouble(failure.error, failure)
    return BackendInfo(
        name=failure.origin.plugin,
        distribution=failure.origin.distribution_name,
        version=failure.origin.version,
        status=status,
        why=why,
        install=install,
    )


def _trouble(
    error: TrialstoreError, subject: RegisteredBackend | FailedPlugin, install: str = ""
) -> tuple[BackendStatus, str, str]:
    if isinstance(error, BackendNotInstalledError):
        return "not installed", str(error), subject.origin.pip_line(error.name or "", install)
    return "broken", str(error), ""
