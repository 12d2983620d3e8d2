"""Makes storages from configs and from URLs."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from trialstore.config import (
    ConfigLike,
    Folders,
    Given,
    PathsLike,
    Source,
    config_from_url,
    resolve,
    scheme_of,
)
from trialstore.plugins import Observers, Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    plugins = tuple(plugins)
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
    plugins = tuple(plugins)
    registry = Registry(plugins)
    spec = registry.find_scheme(scheme_of(url)).spec
    read = spec.config_from_url or config_from_url
    source = Source("the URL", {"class": spec.class_path, "config": dict(read(url))}, literal=True)
    given = Given(config=source, folders=Folders.of(()))
    recipe = _Recipe(given, _by_name(plugins), retry_for, create, read_only, lazy_schema_create)
    return recipe.storage(registry)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a storage was made: what its pickle holds, and calling it makes the storage again.

    Nothing in it is expanded yet, so that a password that stands in the environment stays there.
    """

    given: Given
    plugins: tuple[Any, ...]
    retry_for: float
    create: bool
    read_only: bool
    lazy: bool | None

    def __call__(self) -> Storage:
        return self.storage(Registry(self.plugins))

    def storage(self, registry: Registry) -> Storage:
        from trialstore.storage import Storage

        resolved = resolve(self.given, registry)
        return Storage(
            resolved.backend.load()(resolved.config),
            lazy_schema_create=resolved.lazy_schema_create if self.lazy is None else self.lazy,
            create=self.create,
            read_only=self.read_only,
            retry_for=self.retry_for,
            observers=Observers(registry.manager),
            recipe=self,
        )


def _by_name(plugins: Iterable[Any]) -> tuple[Any, ...]:
    """Return the plugins in a form that can be pickled."""
    return tuple(plugin.__name__ if isinstance(plugin, ModuleType) else plugin for plugin in plugins)
