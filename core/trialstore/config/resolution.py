"""Turns what was given (a config, global configs, keyword arguments) into what a backend is made with."""

from __future__ import annotations

import logging
import os
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trialstore.config.expansion import expanded, fitted, is_reference
from trialstore.config.misfits import misfits
from trialstore.config.schema import backend_schema, common_keys, outline_schema
from trialstore.config.sources import ConfigLike, Folders, Source, plain
from trialstore.errors import ConfigError

if TYPE_CHECKING:
    from trialstore.plugins.registry import RegisteredBackend, Registry

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the caller gave, with files already read and nothing expanded, so that it may be pickled."""

    config: Source
    global_configs: tuple[Source, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    folders: Folders

    @classmethod
    def read(
        cls,
        config: ConfigLike,
        global_configs: ConfigLike | Iterable[ConfigLike] | None,
        folders: Folders,
        arguments: Mapping[str, Any],
    ) -> Given:
        """Read a config and its global configs, whose own ``config_path`` counts for what is read after them."""
        sources: list[Source] = []
        for one in _as_many(global_configs):
            sources.append(folders.read(one, "global config"))
            folders = folders.with_more(sources[-1].values.get("config_path", ()))
        return cls(
            config=folders.read(config),
            global_configs=tuple(sources),
            arguments=plain(arguments),
            folders=folders,
        )

    def names(self) -> Mapping[str, Any]:
        """Return what references are looked up in: arguments, global configs from last to first, the environment."""
        layers = [dict(source.values) for source in reversed(self.global_configs)]
        return ChainMap(dict(self.arguments), *layers, dict(os.environ))


@dataclass(frozen=True, slots=True)
class Resolved:
    """A backend, and the checked and expanded config to make it with."""

    backend: RegisteredBackend
    config: dict[str, Any] = field(repr=False)
    lazy_schema_create: bool


def resolve(given: Given, registry: Registry) -> Resolved:
    """Merge, expand and check what was given.

    Raises
    ------
    ConfigError
        If something does not fit; the message names the file, the place in it and what was expected.
    """
    document, where = given.config.values, given.config.where
    _check(outline_schema(), document, where, {})
    names = given.names()
    backend = registry.find(_class_name(given.config, names))
    schema = backend_schema(backend)
    layers = {key: _last_layer(key, given) for key in document.get("config", {})}
    properties = schema["properties"]["config"]["properties"]
    merged = {key: layer.value(key, names, properties.get(key, {})) for key, layer in layers.items()}
    common = common_keys()
    config = {key: value for key, value in merged.items() if value is not None or key not in common}
    _resolve_paths(config, document.get("resolve_config_property_paths", ()), given.folders)
    places = {key: layer.place(key) for key, layer in layers.items()}
    with backend.blamed():  # a schema may be wrong in a way that only shows when it is used
        _check(schema, document | {"config": config}, where, places)
    lazy = bool(config.pop("lazy_schema_create", False))
    return Resolved(backend, _without_ignored(config, backend), lazy)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One of the places that a key of the ``"config"`` object may get its value from."""

    prefix: str
    values: Mapping[str, Any]
    literal: bool

    def place(self, key: str) -> str:
        return f"{self.prefix}{key}"

    def value(self, key: str, names: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
        raw = self.values[key]
        if self.literal:
            return plain(raw)
        value = expanded(raw, names, self.place(key))
        return fitted(value, schema) if is_reference(raw) else value


def _last_layer(key: str, given: Given) -> _Layer:
    if key in given.arguments:
        return _Layer("keyword argument ", given.arguments, literal=True)
    for source in reversed(given.global_configs):
        if key in source.values:
            return _Layer(f"{source.where}: $.", source.values, literal=False)
    own = given.config
    return _Layer(f"{own.where}: $.config.", own.values["config"], own.literal)


def _class_name(config: Source, names: Mapping[str, Any]) -> str:
    name = config.values["class"]
    return name if config.literal else str(expanded(name, names, f"{config.where}: $.class"))


def _resolve_paths(config: dict[str, Any], keys: str | Iterable[str], folders: Folders) -> None:
    for key in [keys] if isinstance(keys, str) else keys:
        value = config.get(key)
        if isinstance(value, str):
            config[key] = folders.resolve(value)
        elif isinstance(value, list):
            config[key] = [folders.resolve(item) if isinstance(item, str) else item for item in value]


def _check(schema: Mapping[str, Any], document: Any, where: str, places: Mapping[str, str]) -> None:
    found = [f"{_place(path, where, places)}: {what}" for path, what in misfits(schema, document)]
    if found:
        raise ConfigError("\n".join(dict.fromkeys(found)))


def _place(path: tuple[str | int, ...], where: str, places: Mapping[str, str]) -> str:
    root, rest = f"{where}: $", path
    if len(path) > 1 and path[0] == "config":
        root, rest = places[str(path[1])], path[2:]
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)


def _without_ignored(config: dict[str, Any], backend: RegisteredBackend) -> dict[str, Any]:
    ignored = [key for key in config if key in backend.spec.ignores]
    if ignored:
        _LOG.debug("the %s backend ignores %s", backend.spec.name, ", ".join(ignored))
    return {key: value for key, value in config.items() if key not in ignored}


def _as_many(configs: Any) -> Iterable[ConfigLike]:
    if configs is None:
        return ()
    if isinstance(configs, Iterable) and not isinstance(configs, (str, os.PathLike, Mapping)):
        return configs
    return [configs]
