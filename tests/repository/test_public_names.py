"""The public API is what `trialstore.__all__` says: sorted, there, and documented."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest

import trialstore
from trialstore import errors


def documented_parts(name: str) -> Iterator[tuple[str, object]]:
    """Yield a public name and, of a class, its public members, with the objects."""
    thing = getattr(trialstore, name)
    yield name, thing
    if inspect.isclass(thing):
        for member in (member for member in vars(thing) if not member.startswith("_")):
            value = inspect.getattr_static(thing, member)
            if isinstance(value, (staticmethod, classmethod, property)) or inspect.isfunction(value):
                yield f"{name}.{member}", getattr(thing, member)


def test_the_public_names_are_sorted_and_listed_once() -> None:
    assert list(trialstore.__all__) == sorted(set(trialstore.__all__))


def test_dir_shows_the_public_names_before_they_are_loaded() -> None:
    assert set(trialstore.__all__) <= set(dir(trialstore))


def test_an_unknown_name_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        trialstore.no_such_name  # noqa: B018 - the access is what is tested


def test_every_error_of_the_tree_is_public() -> None:
    assert set(errors.__all__) <= set(trialstore.__all__)


@pytest.mark.parametrize("name", trialstore.__all__)
def test_the_name_is_there_and_it_and_its_members_are_documented(name: str) -> None:
    undocumented = [part for part, thing in documented_parts(name) if not inspect.getdoc(thing)]
    assert undocumented == []
