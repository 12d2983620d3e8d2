"""The JSON Schema of tunables, and the check against it."""

from __future__ import annotations

import functools
import json
import math
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from trialstore.errors import ConfigError
from trialstore.values import plain_metadata

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Part: TypeAlias = Literal["groups", "group", "params"]
"""A part of the schema that a definition can be checked against."""


def conforming(definition: Any, part: Part, what: str) -> dict[str, Any]:
    """Return a plain copy of a definition that fits its part of the schema.

    Parameters
    ----------
    definition
        A mapping of strings, numbers, booleans, None, lists and dicts.
    part
        What it is the definition of.
    what
        How an error should call it.

    Raises
    ------
    InvalidInputError
        If it holds something that cannot be stored.
    ConfigError
        If it does not fit the schema; the message says where, and what was expected there.
    """
    from jsonschema.exceptions import best_match

    plain = plain_metadata(definition, what)
    error = best_match(_validator(part).iter_errors(plain))
    if error is not None:
        raise ConfigError(f"{what}: at {error.json_path}: {_shortened(error.message)}")
    return plain


def _shortened(message: str) -> str:
    """Return the message without the middle of a long value, which comes first in it."""
    return message if len(message) <= 200 else f"{message[:60]} ... {message[-120:]}"


@functools.cache
def _validator(part: Part) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    schema = json.loads(resources.files("trialstore.tunables").joinpath("tunables.schema.json").read_bytes())
    types = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite_number)
    strict: type[Validator] = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    return strict({**schema, "$ref": f"#/$defs/{part}"})


def _is_finite_number(_checker: object, value: object) -> bool:
    """Tell whether `value` is what JSON calls a number; JSON5 also reads `NaN` and `Infinity`."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
