"""The one encoding of values: canonical, exact, and pinned."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trialstore.codec import (
    EMPTY,
    MAX_ENCODED_BYTES,
    MAX_METRICS_BYTES,
    decode,
    decode_scalar,
    encode,
    encode_scalar,
    encode_scalars,
    hash_of,
)
from trialstore.errors import CorruptStorageError, InvalidInputError
from trialstore_conformance.strategies import NUMBERS, TEXTS, exact, metadata, names, scalars

# Another text or hash for one of these would give every stored tunable config a second id.
GOLDEN = {
    "nothing": (
        {},
        "{}",
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    ),
    "types": (
        {"b": 1, "a": 1.0, "c": True, "d": "1", "e": None, "f": False},
        '{"a":1.0,"b":1,"c":true,"d":"1","e":null,"f":false}',
        "6736e0f2ea8358b7fc5712579c09588a51cff33b0df0fb4061e24d0de5d315c2",
    ),
    "tags": (
        {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "text": "~nan", "tilde": "~"},
        '{"-inf":"~-inf","inf":"~inf","nan":"~nan","text":"~~nan","tilde":"~~"}',
        "d5cfc82cc40aff599dc54f001c20f53c95f35252f98fbd825534c288ebf85c5d",
    ),
    "floats": (
        {
            "max": 1.7976931348623157e308,
            "-0": -0.0,
            "0": 0.0,
            "least": 5e-324,
            "tiny": 1e-308,
            "sum": 0.1 + 0.2,
        },
        '{"-0":-0.0,"0":0.0,"least":5e-324,"max":1.7976931348623157e308,"sum":0.30000000000000004,"tiny":1e-308}',
        "1d1c6f739ba31c710326450056c6deeaff0189752bfcda532927e20e8f5c99d8",
    ),
    "powers": (
        {"a": 1e15, "b": 1e16, "c": 1e22, "d": 123456789012345680.0, "e": 0.0001, "f": 1e-5, "g": 1e-7},
        '{"a":1000000000000000.0,"b":1e16,"c":1e22,"d":1.2345678901234568e17,"e":0.0001,"f":0.00001,"g":1e-7}',
        "ac5f0cec2f8a76b312c1184ffc79a4e300ff3f31a325f5c07f21a8032e26813b",
    ),
    "integers": (
        {"max": 2**63 - 1, "min": -(2**63), "over 2**53": 2**53 + 1, "0": 0},
        '{"0":0,"max":9223372036854775807,"min":-9223372036854775808,"over 2**53":9007199254740993}',
        "c6f13ecfcc28cd8de48337dac903ae512728554ae07226078263c20a5f5d3b6a",
    ),
    "texts": (
        {"\u00e9": "e\u0301", "\U0001f9ea": "\u2028\x7f/", "Z": '"\\\n\t\x01', "\uffff": ""},
        '{"Z":"\\"\\\\\\n\\t\\u0001","\u00e9":"e\u0301","\uffff":"","\U0001f9ea":"\u2028\x7f/"}',
        "e6cd270c4b958d089b6fac93e6b6138b1a5a63ef88c626d75fb00ad75dd66ec3",
    ),
    "nested": (
        {"v": {"b": [1, 1.0, True, "~", None, [math.inf]], "a": {}, "~nan": []}},
        '{"v":{"a":{},"b":[1,1.0,true,"~~",null,["~inf"]],"~nan":[]}}',
        "95467d3d35db8661b76fec3715aa3200a95608e0d427498ddf2de76c9d28c448",
    ),
}

few_values = st.dictionaries(
    st.sampled_from("ab"),
    st.sampled_from(
        [1, 1.0, True, "1", 0, 0.0, -0.0, False, None, "null", math.nan, "nan", "~nan", math.inf]
    ),
    max_size=2,
)


def backwards(value: Any) -> Any:
    """Return an equal value whose dicts were filled in the opposite order."""
    if isinstance(value, dict):
        return {key: backwards(item) for key, item in reversed(value.items())}
    return [backwards(item) for item in value] if isinstance(value, list) else value


def keys_as_written(text: str) -> list[list[str]]:
    """Return the keys of each object in a JSON text, in the order in which they stand there."""
    found: list[list[str]] = []
    json.loads(text, object_pairs_hook=lambda pairs: found.append([key for key, _ in pairs]))
    return found


@pytest.mark.parametrize(("values", "text", "digest"), GOLDEN.values(), ids=GOLDEN)
def test_the_texts_and_hashes_are_pinned(values: dict[str, Any], text: str, digest: str) -> None:
    assert encode(values) == text
    assert hash_of(text) == digest
    assert exact(decode(text)) == exact(values)


def test_the_empty_text_is_that_of_no_values() -> None:
    assert encode({}) == EMPTY


@given(metadata())
def test_what_went_in_comes_out_with_the_same_types(values: dict[str, Any]) -> None:
    assert exact(decode(encode(values))) == exact(values)


@given(scalars())
def test_a_scalar_comes_out_as_it_went_in(value: Any) -> None:
    assert exact(decode_scalar(encode_scalar(value))) == exact(value)


@given(st.lists(st.one_of(st.floats(), st.integers(-(2**63), 2**63 - 1), scalars())))
@example([1, 2.5, True, False, -0.0, 1e300])
@example([1, math.nan])
@example([1, None])
def test_scalars_are_encoded_together_as_they_are_alone(values: list[Any]) -> None:
    assert encode_scalars(values) == [encode_scalar(value) for value in values]


@pytest.mark.parametrize("value", [*NUMBERS, *TEXTS], ids=ascii)
def test_a_value_that_is_easily_lost_survives(value: Any) -> None:
    assert exact(decode_scalar(encode_scalar(value))) == exact(value)
    assert exact(decode(encode({"v": [{"w": value}]}))) == exact({"v": [{"w": value}]})


@given(metadata())
def test_the_order_of_the_keys_does_not_matter(values: dict[str, Any]) -> None:
    assert encode(backwards(values)) == encode(values)


@given(st.dictionaries(names(), st.dictionaries(names(), st.none(), max_size=4), max_size=4))
def test_keys_stand_in_the_order_of_their_code_points(values: dict[str, Any]) -> None:
    assert all(keys == sorted(keys) for keys in keys_as_written(encode(values)))


@given(few_values, few_values)
def test_hashes_are_equal_if_and_only_if_values_and_types_are(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert (hash_of(encode(one)) == hash_of(encode(other))) is (exact(one) == exact(other))


def test_look_alikes_have_different_hashes_and_all_nans_have_one() -> None:
    alike: list[Any] = [
        1,
        1.0,
        True,
        "1",
        "true",
        None,
        "null",
        0.0,
        -0.0,
        math.inf,
        "inf",
        "~inf",
        [],
        {},
        "",
        [1],
    ]
    assert len({hash_of(encode({"v": value})) for value in alike}) == len(alike)
    assert encode_scalar(math.nan) == encode_scalar(-math.nan) == encode_scalar(math.inf - math.inf)


@given(metadata())
def test_the_text_is_json_that_any_reader_takes(values: dict[str, Any]) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert json.loads(encode(values), parse_constant=refuse).keys() == values.keys()


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a":}', "NaN", '{"a":NaN}', "1e400", "{}{}", '"~"', '"~x"', "\ud800", "[" * 100_000],
    ids=lambda text: ascii(text[:9]),
)
def test_a_text_that_was_never_written_is_corrupt(text: str) -> None:
    for read in (decode, decode_scalar):
        with pytest.raises(CorruptStorageError, match="stored values cannot be decoded"):
            read(text)


@pytest.mark.parametrize("text", ["null", "1", '"text"', '"~nan"', "[]"])
def test_values_are_a_mapping_or_corrupt(text: str) -> None:
    with pytest.raises(CorruptStorageError, match="Expected `object`"):
        decode(text)


@pytest.mark.parametrize("text", ["[]", "{}", '["~nan"]', '{"a":1}'])
def test_a_scalar_is_scalar_or_corrupt(text: str) -> None:
    with pytest.raises(CorruptStorageError, match="no scalar but"):
        decode_scalar(text)


def test_the_message_about_a_corrupt_text_stays_short() -> None:
    with pytest.raises(CorruptStorageError) as caught:
        decode("x" * 10_000)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("limit", "mebibytes"), [(MAX_ENCODED_BYTES, 8), (MAX_METRICS_BYTES, 4)], ids=["metadata", "metrics"]
)
def test_a_text_may_have_as_many_bytes_as_the_limit_says_and_no_more(limit: int, mebibytes: int) -> None:
    assert limit == mebibytes * 1024 * 1024
    fitting = "\u00e9" * ((limit - len('{"v":""}')) // 2)
    assert len(encode({"v": fitting}, limit=limit).encode()) == limit
    with pytest.raises(
        InvalidInputError, match=f"it take {limit + 1:,} bytes when encoded, more than {limit:,}"
    ):
        encode({"v": fitting + "x"}, "it", limit)


def test_the_limit_is_eight_mebibytes_unless_told_otherwise() -> None:
    encode({"v": "x" * (8 * 2**20 - 8)})
    with pytest.raises(InvalidInputError, match="values take"):
        encode({"v": "x" * (8 * 2**20 - 7)})
