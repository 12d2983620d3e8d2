"""The one encoding of values: canonical text, the same on every backend.

The text is JSON with sorted keys. Integers, floats and booleans keep their type by the way they are
written (`1`, `1.0`, `true`). JSON has no NaN and no infinities, so these are strings with a leading
``~`` (``"~nan"``, ``"~inf"``, ``"~-inf"``), and a string that begins with ``~`` gets one more in front.

The hash of a tunable config is the hash of its text, so all NaNs are equal, and 0.0 and -0.0 differ.
Encoders write the same double differently: golden hashes in the tests pin the one that is used here.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from trialstore.errors import CorruptStorageError, InvalidInputError
from trialstore.values import Scalar, Value

__all__ = [
    "EMPTY",
    "MAX_ENCODED_BYTES",
    "MAX_METRICS_BYTES",
    "Encoded",
    "decode",
    "decode_definition",
    "decode_scalar",
    "encode",
    "encode_definition",
    "encode_scalar",
    "encode_scalars",
    "hash_of",
]

Encoded: TypeAlias = str
"""Canonical text of a value or of a dict of values; opaque to a backend."""

MAX_ENCODED_BYTES = 8 * 2**20
"""Of one trial's metadata, and of one tunable config. With `MAX_METRICS_BYTES` it keeps a trial within 16 MiB."""
MAX_METRICS_BYTES = 4 * 2**20
"""Of one trial's metrics."""

EMPTY: Encoded = "{}"

_encoder = msgspec.json.Encoder(order="sorted")
_definition_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_dict_decoder = msgspec.json.Decoder(dict[str, Any])
_UNDECODABLE = (msgspec.DecodeError, KeyError, RecursionError, TypeError, UnicodeEncodeError)
_TAGS = {"~nan": math.nan, "~inf": math.inf, "~-inf": -math.inf}


def encode(values: Mapping[str, Value], what: str = "values", limit: int = MAX_ENCODED_BYTES) -> Encoded:
    """Return the canonical text of a dict of plain values.

    Raises
    ------
    InvalidInputError
        If the text would have more than `limit` bytes.
    """
    encoded = _encoded(dict(values))
    if len(encoded) > limit:
        raise InvalidInputError(f"{what} take {len(encoded):,} bytes when encoded, more than {limit:,}")
    return encoded.decode()


def encode_scalar(value: Scalar) -> Encoded:
    """Return the canonical text of one plain scalar."""
    return _encoded(value).decode()


def encode_scalars(values: Sequence[Scalar]) -> list[Encoded]:
    """Return the canonical text of each of some plain scalars."""
    encoded = _encoder.encode(values)
    # Numbers, which most are, have no commas; floats that JSON lacks are null here.
    if values and b'"' not in encoded and b"null" not in encoded:
        return encoded[1:-1].decode().split(",")
    return [encode_scalar(value) for value in values]


def encode_definition(definition: Mapping[str, Any]) -> Encoded:
    """Return the text of a definition of tunables, in the order in which they are defined."""
    return _definition_encoder.encode(definition).decode()


def decode_definition(text: Encoded) -> dict[str, Any]:
    """Return the definition of tunables that `encode_definition` made a text of."""
    return _load(text, _dict_decoder.decode)  # type: ignore[no-any-return]


def decode(text: Encoded) -> dict[str, Any]:
    """Return the dict of values that `text` is the canonical text of."""
    try:
        values = _dict_decoder.decode(text)
        return _untagged(values) if '"~' in text else values
    except _UNDECODABLE as error:
        raise _undecodable(text, error) from error


def decode_scalar(text: Encoded) -> Scalar:
    """Return the scalar that `text` is the canonical text of."""
    value = _load(text, _decoded)
    if isinstance(value, (list, dict)):
        raise CorruptStorageError(f"a stored value is no scalar but {text[:60]!r}")
    return value  # type: ignore[no-any-return]


def hash_of(text: Encoded) -> str:
    """Return the hash under which a tunable config with this canonical text is known, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _decoded(text: Encoded) -> Any:
    value = _decoder.decode(text)
    return _untagged(value) if '"~' in text else value


def _load(text: Encoded, decoder: Callable[[Encoded], Any]) -> Any:
    try:
        return decoder(text)
    except _UNDECODABLE as error:
        raise _undecodable(text, error) from error


def _undecodable(text: Encoded, error: Exception) -> CorruptStorageError:
    return CorruptStorageError(f"stored values cannot be decoded ({error}): {text[:60]!r}")


def _encoded(value: Any) -> bytes:
    encoded = _encoder.encode(value)
    # The encoder takes the floats that JSON lacks for null, and tags begin with ~; few texts have either.
    may_need_tags = b"null" in encoded or b'"~' in encoded
    return _encoder.encode(_tagged(value)) if may_need_tags else encoded


def _tagged(value: Any) -> Any:
    if type(value) is float:
        return value if math.isfinite(value) else f"~{value}"
    if type(value) is str:
        return f"~{value}" if value.startswith("~") else value
    if type(value) is list:
        return [_tagged(item) for item in value]
    if type(value) is dict:
        return {key: _tagged(item) for key, item in value.items()}
    return value


def _untagged(value: Any) -> Any:
    if type(value) is str and value.startswith("~"):
        return value[1:] if value.startswith("~~") else _TAGS[value]
    if type(value) is list:
        return [_untagged(item) for item in value]
    if type(value) is dict:
        return {key: _untagged(item) for key, item in value.items()}
    return value
