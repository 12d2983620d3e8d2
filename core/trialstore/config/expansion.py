"""Replaces ``$name`` and ``${name}`` in the values of a config, in one pass: what is put in is not expanded again."""

from __future__ import annotations

import re
from string import Template
from typing import TYPE_CHECKING, Any

from trialstore.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRET = re.compile("pass|pwd|secret|token|credential|key|uri|url|dsn", re.IGNORECASE)
_WHOLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})", re.ASCII)
_HELP = "give it as a keyword argument, in a global config or in the environment; a plain dollar sign is $$"


def expanded(value: Any, names: Mapping[str, Any], where: str) -> Any:
    """Return a copy of `value` in which every reference is replaced.

    A string that is one reference and nothing else becomes the value itself, whatever its type.

    Raises
    ------
    ConfigError
        If a name is defined nowhere.
    """
    if isinstance(value, dict):
        return {key: expanded(item, names, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [expanded(item, names, f"{where}[{i}]") for i, item in enumerate(value)]
    return _expanded_text(value, names, where) if isinstance(value, str) and "$" in value else value


def is_reference(value: Any) -> bool:
    """Tell whether a value is one reference and nothing else."""
    return isinstance(value, str) and _WHOLE.fullmatch(value) is not None


def fitted(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return an expanded value as the type that its schema asks for, if its text says it: the environment has only text."""
    types = _types(schema)
    if isinstance(value, str) and "string" not in types:
        return _from_text(value, types)
    if type(value) in {int, float} and "string" in types and not types & {"integer", "number"}:
        return str(value)
    return value


def _expanded_text(text: str, names: Mapping[str, Any], where: str) -> Any:
    template = Template(text)
    if not template.is_valid():
        raise ConfigError(f"{where}: a $ must be followed by a name, as in $name or ${{name}}; {_HELP}")
    for name in template.get_identifiers():
        if name not in names:
            raise ConfigError(f"{where}: {_shown(name, text, where)} is not defined; {_HELP}")
    whole = _WHOLE.fullmatch(text)
    if whole:
        return names[whole[1] or whole[2]]
    _require_scalars(template, names, where)
    return template.substitute(names)


def _require_scalars(template: Template, names: Mapping[str, Any], where: str) -> None:
    for name in template.get_identifiers():
        if type(names[name]) not in {str, int, float}:
            raise ConfigError(f"{where}: ${name} is put into text, so it must be a string or a number")


def _shown(name: str, text: str, where: str) -> str:
    """Return the name as a reference, unless it may be a part of a password with a dollar sign in it."""
    if is_reference(text) or not _SECRET.search(where):
        return f"${name}"
    return "a name in it"


def _types(schema: Mapping[str, Any]) -> set[str]:
    types = schema.get("type", ())
    return {types} if isinstance(types, str) else set(types)


def _from_text(text: str, types: set[str]) -> Any:
    if "boolean" in types and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for kind, convert in (("integer", int), ("number", float)):
        if kind in types:
            try:
                return convert(text)
            except ValueError:
                continue
    return text
