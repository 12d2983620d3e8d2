"""Expressions that take the codec's text of a flat mapping apart, on the server and without JavaScript.

JavaScript is switched off on many servers, and its numbers would round an int, and make 1.0 of 1.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

Expression: TypeAlias = Any

_STRING = r'(?:[^"\\]++|\\.)*+'
_ITEM = rf'"({_STRING})":("{_STRING}"|[^,}}]++)'
"""A name and a value; what a string has inside is never looked at twice."""
_SHORT = {'"': '"', "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPES = [
    *((f"\\{letter}", meant) for letter, meant in _SHORT.items()),
    *((f"\\u{code:04x}", chr(code)) for code in range(1, 0x20)),
]
"""All but the escaped backslash."""
_TAGS = {'"~nan"': math.nan, '"~inf"': math.inf, '"~-inf"': -math.inf}


def items(text: Expression) -> Expression:
    """Return the items of a mapping, as documents with ``name``, ``type`` and ``value``."""
    found = {"$regexFindAll": {"input": text, "regex": _ITEM}}
    name, raw = ({"$arrayElemAt": ["$$item.captures", i]} for i in range(2))
    unfolded = {
        "$let": {
            "vars": {"raw": raw},
            "in": {"name": _unescaped(name), "type": _type("$$raw"), "value": _value("$$raw")},
        }
    }
    return {"$map": {"input": found, "as": "item", "in": unfolded}}


def _type(raw: Expression) -> Expression:
    kinds = [
        ({"$in": [raw, list(_TAGS)]}, "float"),
        (_begins_with(raw, '"'), "str"),
        ({"$in": [raw, ["true", "false"]]}, "bool"),
        ({"$eq": [raw, "null"]}, "null"),
        (_is_float(raw), "float"),
    ]
    return _switch(kinds, "int")


def _value(raw: Expression) -> Expression:
    """Return the value; the server makes no double of a text that stands for one below 2.3e-308."""
    inside = {"$substrCP": [raw, 1, {"$subtract": [{"$strLenCP": raw}, 2]}]}
    values = [
        *(({"$eq": [raw, tag]}, number) for tag, number in _TAGS.items()),
        (_begins_with(raw, '"'), _untagged(_unescaped(inside))),
        ({"$in": [raw, ["true", "false"]]}, {"$eq": [raw, "true"]}),
        ({"$eq": [raw, "null"]}, None),
        (_is_float(raw), {"$convert": {"input": raw, "to": "double", "onError": {"$toDecimal": raw}}}),
    ]
    return _switch(values, {"$toLong": raw})


def _untagged(text: Expression) -> Expression:
    """Return a string without the mark that it has in front if it begins with one itself."""
    rest = {"$substrCP": ["$$text", 1, {"$strLenCP": "$$text"}]}
    chosen = {"$cond": [_begins_with("$$text", "~"), rest, "$$text"]}
    return {"$let": {"vars": {"text": text}, "in": chosen}}


def _unescaped(text: Expression) -> Expression:
    parts = {"$map": {"input": {"$split": [text, "\\\\"]}, "as": "part", "in": _without_escapes("$$part")}}
    joined = {
        "$reduce": {
            "input": {"$slice": ["$$parts", 1, {"$size": "$$parts"}]},
            "initialValue": {"$arrayElemAt": ["$$parts", 0]},
            "in": {"$concat": ["$$value", "\\", "$$this"]},
        }
    }
    has_escapes = {"$gte": [{"$indexOfBytes": [text, "\\"]}, 0]}
    return {"$cond": [has_escapes, {"$let": {"vars": {"parts": parts}, "in": joined}}, text]}


def _without_escapes(text: Expression) -> Expression:
    for escape, meant in _ESCAPES:
        text = {"$replaceAll": {"input": text, "find": escape, "replacement": meant}}
    return text


def _begins_with(text: Expression, character: str) -> Expression:
    return {"$eq": [{"$substrCP": [text, 0, 1]}, character]}


def _is_float(raw: Expression) -> Expression:
    return {"$regexMatch": {"input": raw, "regex": "[.eE]"}}


def _switch(branches: list[tuple[Expression, Expression]], default: Expression) -> Expression:
    return {"$switch": {"branches": [{"case": c, "then": t} for c, t in branches], "default": default}}
