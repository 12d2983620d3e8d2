"""The tree of errors is what its picture shows, and each error reads well."""

from __future__ import annotations

import builtins
import copy
import inspect
import pickle
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from trialstore import errors
from trialstore.errors import (
    ExperimentNotFoundError,
    NotFoundError,
    ReadOnlyError,
    SchemaVersionError,
    StaleTrialError,
    TrialNotFoundError,
    TrialstoreError,
)

LINE = re.compile(r"^    (?P<branch>[│├└─ ]*)(?P<name>\w+(?:Error|Warning))(?: \((?P<builtin>\w+)\))?(?: |$)")


class Drawn(NamedTuple):
    """A class as the picture shows it."""

    name: str
    parent: str | None
    builtin: str | None


def drawn_classes() -> Iterator[Drawn]:
    """Read the picture in the docstring of the module; each level is four characters deep."""
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := LINE.match(line):
            del path[len(found["branch"]) // 4 :]
            yield Drawn(found["name"], path[-1] if path else None, found["builtin"])
            path.append(found["name"])


DRAWN = list(drawn_classes())
ERRORS = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]


def test_the_public_names_are_sorted_and_complete() -> None:
    defined = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    assert list(errors.__all__) == sorted(defined)


def test_the_picture_shows_each_class_once() -> None:
    assert sorted(drawn.name for drawn in DRAWN) == errors.__all__


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda drawn: drawn.name)
def test_a_class_stands_where_the_picture_shows_it(drawn: Drawn) -> None:
    kind = getattr(errors, drawn.name)
    own = {name for name in errors.__all__ if getattr(errors, name) in kind.__bases__}
    assert own == ({drawn.parent} if drawn.parent else set())
    if drawn.builtin is not None:
        assert getattr(builtins, drawn.builtin) in kind.__bases__


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_shows_its_message_plainly_and_survives_copying(kind: type[TrialstoreError]) -> None:
    error = kind("trial 'a' isn't there")
    assert str(error) == "trial 'a' isn't there"
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(same), str(same)) == (kind, str(error))


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_caught_as_one_of_ours(kind: type[TrialstoreError]) -> None:
    with pytest.raises(TrialstoreError, match="it failed"):
        raise kind("it failed")


def test_without_one_message_an_error_shows_as_its_builtin_does() -> None:
    assert str(NotFoundError()) == ""
    assert str(NotFoundError("a", "b")) == "('a', 'b')"
    assert str(ReadOnlyError(13, "denied")) == "[Errno 13] denied"


def test_what_backends_raise_names_what_it_is_about() -> None:
    assert "uid 12ab" in str(ExperimentNotFoundError.of("12ab"))
    assert "no trial 7" in str(TrialNotFoundError.of(7))
    assert str(StaleTrialError.of(7, 1, 2)).startswith(
        "trial 7 is at attempt 2, this write belongs to attempt 1"
    )
    assert isinstance(ExperimentNotFoundError.of("12ab"), KeyError)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (1, "1, older than this trialstore's 2: .*trialstore upgrade"),
        (3, "3, newer than this .* 2: .*pip install"),
    ],
)
def test_a_schema_of_another_version_is_refused_with_what_helps(version: int, said: str) -> None:
    error = SchemaVersionError.of("sqlite:trials.db", version, 2, is_older=version < 2)
    assert re.search(f"in sqlite:trials.db is of version {said}", str(error))
