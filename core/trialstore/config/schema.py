"""The JSON Schema of a storage config, composed of the core's and the plugins' parts."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from trialstore.errors import PluginError
from trialstore.plugins.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from trialstore.plugins.registry import RegisteredBackend

_REFERENCE = {"type": "string", "pattern": r"\$"}


def core_schema() -> dict[str, Any]:
    """Return the part of the schema that all backends share."""
    text = files("trialstore.config").joinpath("storage-schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def outline_schema() -> dict[str, Any]:
    """Return the schema of what stands around the ``"config"`` object."""
    schema = core_schema()
    schema["properties"]["config"] = {"type": "object"}
    return schema


def common_keys() -> frozenset[str]:
    """Return the keys of the ``"config"`` object that mean the same for every backend."""
    return frozenset(core_schema()["properties"]["config"]["properties"])


def backend_schema(backend: RegisteredBackend) -> dict[str, Any]:
    """Return the schema of the whole config of one backend.

    Raises
    ------
    PluginError
        If the plugin's part is not a JSON Schema.
    """
    from jsonschema import SchemaError

    schema = core_schema()
    with backend.blamed():
        own = dict(backend.spec.config_schema)
        try:
            _check(json.dumps(own))
        except SchemaError as error:
            raise PluginError(f"the config schema of {backend} is not valid: {error.message}") from error
        schema["properties"]["config"] = _merged(schema["properties"]["config"], own)
    return schema


def composed_schema(plugins: Iterable[Any] = ()) -> dict[str, Any]:
    """Return the JSON Schema of every config that can be written here, for an editor.

    It allows ``$name`` wherever a value is expected, and leaves out backends whose own schema is not valid.

    Parameters
    ----------
    plugins
        Plugins beside the installed ones, as `from_config` takes them.
    """
    schema = outline_schema()
    names: list[str] = []
    rules: list[dict[str, Any]] = []
    for backend, config in _configs(Registry(plugins)):
        names += backend.spec.names
        rules.append(_rule(backend.spec.names, config))
    schema["properties"]["class"] |= {"enum": list(dict.fromkeys(names))}
    return schema | {"allOf": rules}


@lru_cache
def _check(schema: str) -> None:
    """Raise SchemaError if a text is no JSON Schema."""
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(json.loads(schema))


def _configs(registry: Registry) -> Iterator[tuple[RegisteredBackend, dict[str, Any]]]:
    for backend in registry.backends:
        try:
            yield backend, backend_schema(backend)["properties"]["config"]
        except PluginError:
            continue


def _rule(names: tuple[str, ...], config: dict[str, Any]) -> dict[str, Any]:
    loose = {key: _or_reference(schema) for key, schema in config["properties"].items()}
    return {
        "if": {"properties": {"class": {"enum": list(names)}}, "required": ["class"]},
        "then": {"properties": {"config": config | {"properties": loose}}},
    }


def _or_reference(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": schema.get("description", ""), "anyOf": [schema, _REFERENCE]}


def _merged(common: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    properties = dict(common["properties"])
    for key, schema in own.get("properties", {}).items():
        properties[key] = properties.get(key, {}) | schema
    return common | own | {"properties": properties, "additionalProperties": False}
