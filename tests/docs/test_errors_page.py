"""The page on errors names each of them, with the classes that a caller may catch instead."""

from __future__ import annotations

import builtins
import re
from pathlib import Path

import pytest

from trialstore import errors

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
ROWS = {
    name: re.findall(r"`(\w+)`", also)
    for name, also in re.findall(r"^\| `(\w+)` +\|([^|]*)\|", PAGE, re.MULTILINE)
}


def class_named(name: str) -> type[BaseException]:
    found = getattr(errors, name, None) or getattr(builtins, name)
    assert isinstance(found, type)
    return found


def test_the_table_has_a_row_for_each_error_but_the_root() -> None:
    assert ROWS.keys() == {name for name in errors.__all__ if name.endswith("Error")} - {"TrialstoreError"}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_error_is_what_its_row_says_it_is_too(name: str) -> None:
    assert ROWS[name] != []
    assert [also for also in ROWS[name] if not issubclass(class_named(name), class_named(also))] == []
