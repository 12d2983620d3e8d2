"""Makes storages from configs and from URLs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from trialstore.config import (
    ConfigLike,
    Folders,
    Given,
    PathsLike,
    Resolved,
    Source,
    config_from_url,
    resolve,
    scheme_of,
    working_directory,
)
from trialstore.errors import InvalidInputError
from trialstore.plugins import Observers, Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trialstore.storage import Storage


def from_config(
    config: ConfigLike,
    global_configs: ConfigLike | Iterable[ConfigLike] | None = None,
    *,
    plugins: Iterable[Any] = (),
    retry_for: float = 60.0,
    create: bool = True,
    read_only: bool = False,
    lazy_schema_create: bool | None = None,
    config_path: PathsLike = (),
    **kwargs: Any,
) -> Storage:
    """Make a storage from a config.

    The keys that the config's ``"config"`` object has are replaced by those of the same name in each global
    config in turn, and at last in `kwargs`. Then ``$name`` and ``${name}`` in the values of the config and of the
    global configs are replaced by what `kwargs`, the global configs or the environment say, in one pass, and
    ``$$`` by ``$``. Values of `kwargs` are taken as they are.

    Parameters
    ----------
    config
        A path, which is searched in the working directory, in `config_path` and among the configs shipped with
        the package (``"storage/sqlite.jsonc"``); JSON5 text, which is a string with ``{`` or ``[``; or a dict.
    global_configs
        More of these, whose values replace keys of the config and stand behind references.
    plugins
        Modules, or names of modules, registered as plugins for this storage, beside the installed ones.
    retry_for
        For how many seconds a call is repeated while the engine fails in passing.
    create
        Whether to create what does not exist yet.
    read_only
        Whether to refuse to write.
    lazy_schema_create
        Whether to connect at the first use instead of now; by default, what the config says.
    config_path
        Folders to search.
    **kwargs
        Values that replace keys of the config and stand behind references.

    Raises
    ------
    ConfigNotFoundError
        If a file stands in none of the folders.
    ConfigError
        If a config is not valid; the message names the file, the place in it and what was expected.
    UnknownBackendError, BackendNotInstalledError, PluginError
        If there is no such backend, or if it cannot be used.

    Examples
    --------
    >>> from_config('{"class": "memory", "config": {"database": "$name"}}', name="scratch")
    memory:scratch
    """
    given = Given.read(config, global_configs, Folders.of(config_path), kwargs)
    plugins = _as_tuple(plugins)
    recipe = _Recipe(given, _by_name(plugins), retry_for, create, read_only, lazy_schema_create)
    return recipe.storage(Registry(plugins))


def open(  # noqa: A001 - trialstore.open() reads like gzip.open()
    url: str,
    *,
    create: bool = True,
    read_only: bool = False,
    lazy_schema_create: bool = False,
    retry_for: float = 60.0,
    plugins: Iterable[Any] = (),
) -> Storage:
    """Make a storage from a URL such as ``sqlite:///trials.db``.

    Parameters
    ----------
    url
        ``scheme://username:password@host:port/database?option=value``, of which a backend may want only parts:
        ``memory://``. User name, password and options are percent-encoded.
    create
        Whether to create what does not exist yet.
    read_only
        Whether to refuse to write.
    lazy_schema_create
        Whether to connect at the first use instead of now.
    retry_for
        For how many seconds a call is repeated while the engine fails in passing.
    plugins
        Modules, or names of modules, registered as plugins for this storage, beside the installed ones.

    Raises
    ------
    ConfigError
        If it is no URL, or one that the backend cannot use.
    UnknownBackendError, BackendNotInstalledError, PluginError
        If no backend has that scheme, or if it cannot be used.

    Examples
    --------
    >>> open("memory://scratch")
    memory:scratch
    """
    plugins = _as_tuple(plugins)
    registry = Registry(plugins)
    backend = registry.find_scheme(scheme_of(url))
    read = backend.spec.config_from_url or config_from_url
    with backend.blamed():
        config = dict(read(url))
    source = Source("the URL", {"class": backend.spec.class_path, "config": config}, literal=True)
    given = Given(config=source, folders=Folders.of(()))
    recipe = _Recipe(given, _by_name(plugins), retry_for, create, read_only, lazy_schema_create)
    return recipe.storage(registry)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a storage was made: what its pickle holds, and calling it makes a copy of the storage.

    Nothing in it is expanded yet, so that a password that stands in the environment stays there.
    """

    given: Given
    plugins: tuple[Any, ...]
    retry_for: float
    create: bool
    read_only: bool
    lazy: bool | None
    directory: Path | None = field(default_factory=working_directory)

    def __call__(self) -> Storage:
        return self.storage(Registry(self.plugins), is_copy=True)

    def storage(self, registry: Registry, *, is_copy: bool = False) -> Storage:
        from trialstore.storage import Storage

        resolved = resolve(self.given, registry)
        lazy = resolved.lazy_schema_create if self.lazy is None else self.lazy
        config = self._anchored(resolved) if is_copy else resolved.config
        create = self.create and (lazy or not is_copy)  # what has gone since it was pickled stays away
        return Storage(
            resolved.backend.make(config),
            lazy_schema_create=lazy,
            create=create,
            read_only=self.read_only,
            retry_for=self.retry_for,
            observers=Observers(registry.manager),
            recipe=self,
        )

    def _anchored(self, resolved: Resolved) -> Mapping[str, Any]:
        """Return the config as it was meant in the directory in which the first storage was made."""
        anchored = resolved.backend.spec.anchored
        if anchored is None or self.directory is None:
            return resolved.config
        with resolved.backend.blamed():
            return anchored(resolved.config, self.directory)


def _as_tuple(plugins: Any) -> tuple[Any, ...]:
    if isinstance(plugins, str) or not isinstance(plugins, Iterable):
        raise InvalidInputError(
            f"plugins must be a list of modules or their names, not {type(plugins).__name__}"
        )
    return tuple(plugins)


def _by_name(plugins: Iterable[Any]) -> tuple[Any, ...]:
    """Return the plugins in a form that can be pickled."""
    return tuple(plugin.__name__ if isinstance(plugin, ModuleType) else plugin for plugin in plugins)
