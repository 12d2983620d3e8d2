"""Each numbered point of docs/mlos-bench.md is shown to hold by a test that names its number."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_point_has_a_test_and_every_test_names_a_point_that_exists() -> None:
    assert {
        number for path in (ROOT / "tests").rglob("test_*.py") for number in numbers_named_in(path)
    } == points()


def points() -> set[int]:
    page = (ROOT / "docs" / "mlos-bench.md").read_text(encoding="utf-8")
    return {int(number) for number in re.findall(r"^(\d+)\. ", page, re.MULTILINE)}


def numbers_named_in(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr="contract"), args=numbers):
                yield from (ast.literal_eval(number) for number in numbers)
