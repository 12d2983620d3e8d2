"""What a plugin says about a backend, before anything of the backend is imported."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from trialstore.errors import PluginError

if TYPE_CHECKING:
    from trialstore.backend import Backend

ConfigFromUrl: TypeAlias = Callable[[str], Mapping[str, Any]]
Anchored: TypeAlias = Callable[[Mapping[str, Any], Path], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendSpec:
    """A backend, as its plugin declares it.

    Examples
    --------
    >>> BackendSpec(name="sql", class_path="trialstore_sql.SqlBackend", schemes=("sqlite",)).names
    ('sql', 'trialstore_sql.SqlBackend')
    """

    name: str
    """The short name, which a config may give as its ``"class"``."""
    class_path: str
    """The dotted path of the `Backend` subclass, imported by `load` only."""
    schemes: tuple[str, ...] = ()
    """The URL schemes that `trialstore.open` gives to this backend; ``x`` also stands for every ``x+driver``."""
    aliases: tuple[str, ...] = ()
    """Further dotted names that a config may give as its ``"class"``."""
    config_schema: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """JSON Schema (2020-12, without ``$ref``) of the backend's own part of a config's ``"config"`` object.

    Its ``properties`` are added to the common ones; what it says of a common one refines it. Other keywords, such
    as ``required`` or ``if``, hold for the whole object.
    """
    ignores: tuple[str, ...] = ()
    """The common keys that mean nothing to this backend: the core drops them, with a debug message."""
    requires: tuple[str, ...] = ()
    """The modules that the backend imports and that may be absent."""
    install: str = ""
    """What to install for them, as pip takes it: ``"trialstore[mongo]"``."""
    config_from_url: ConfigFromUrl | None = field(default=None, hash=False)
    """Turns a URL into a ``"config"`` object, where the common reading of URLs does not do."""
    anchored: Anchored | None = field(default=None, hash=False)
    """Makes what depends on the working directory absolute, given a checked config and that directory.

    It is called for the copy of a pickled storage, with the directory in which the first one was made.
    """

    def __post_init__(self) -> None:
        if not self.name or not all(self.class_path.rpartition(".")):
            raise PluginError(
                f"a backend has a name and its class a dotted path, not {self.name!r}, {self.class_path!r}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a config may give as its ``"class"``."""
        return (self.name, self.class_path, *self.aliases)

    def load(self) -> type[Backend]:
        """Import the backend's class.

        Raises
        ------
        PluginError
            If there is no such class, or it is no `Backend`.
        ImportError
            If an import fails; the registry turns it into a `BackendNotInstalledError` or a `PluginError`.
        """
        from trialstore.backend import Backend

        module, _, attribute = self.class_path.rpartition(".")
        found = getattr(importlib.import_module(module), attribute, None)
        if not (isinstance(found, type) and issubclass(found, Backend)):
            raise PluginError(f"{self.class_path} is not a subclass of trialstore.Backend")
        return found
