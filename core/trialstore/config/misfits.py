"""Says in words where and how a config does not fit its schema, without ever repeating one of its values."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

_ARTICLES = {"integer": "an integer", "object": "an object", "array": "a list", "null": "null"}


def misfits(schema: Mapping[str, Any], document: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the place and the description of everything in which a document does not fit."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    errors = sorted(Draft202012Validator(schema).iter_errors(document), key=lambda error: error.json_path)
    for error in errors:
        deepest = best_match([error]) or error
        yield tuple(deepest.absolute_path), _in_words(deepest)


def _in_words(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "type":
            return f"expected {_kinds(wanted)}, not {_kind(instance)}"
        case "enum":
            return f"expected one of {_listed(wanted)}{_meant(instance, wanted)}"
        case "const":
            return f"expected {json.dumps(wanted)}"
        case "required":
            missing = [key for key in wanted if key not in instance]
            return f"expected the missing {_listed(missing)}"
        case "additionalProperties":
            return _unknown_keys(instance, error.schema)
        case validator:
            return f"expected what fits {json.dumps({validator: wanted})}"


def _unknown_keys(instance: Mapping[str, Any], schema: Any) -> str:
    known, patterns = list(schema.get("properties", ())), schema.get("patternProperties", ())
    unknown = [key for key in instance if key not in known and not any(re.search(p, key) for p in patterns)]
    said = "; ".join(f"unknown key {json.dumps(key)}{_meant(key, known)}" for key in unknown)
    return f"{said}; known are {_listed(known)}" if known else said


def _meant(word: Any, known: Iterable[Any]) -> str:
    words = [item for item in known if isinstance(item, str)]
    close = difflib.get_close_matches(word, words, n=1) if isinstance(word, str) else []
    return f", did you mean {json.dumps(close[0])}?" if close else ""


def _listed(items: Iterable[Any]) -> str:
    return ", ".join(json.dumps(item) for item in items)


def _kinds(types: str | list[str]) -> str:
    names = [types] if isinstance(types, str) else types
    return " or ".join(_ARTICLES.get(name, f"a {name}") for name in names)


def _kind(value: Any) -> str:
    """Return the type of a value in the words of JSON; the value itself may be a secret."""
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
    name = "null" if value is None else kinds.get(type(value), type(value).__name__)
    return _ARTICLES.get(name, f"a {name}")
