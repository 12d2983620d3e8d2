"""The contract of a backend as numbered sentences, and the decorator by which a test names those that it checks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, TypeVar

import pytest

from trialstore_conformance._sentences import CONCERNS as _CONCERNS

__all__ = ["CONCERNS", "SENTENCES", "numbers_of", "sentence"]

CONCERNS = MappingProxyType(_CONCERNS)
"""The sentences by what they are about, and by their numbers."""
SENTENCES = MappingProxyType(
    {number: text for sentences in CONCERNS.values() for number, text in sentences.items()}
)
"""Every sentence by its number. Numbers are for good: a sentence may be refined, a number is never used again."""

_Test = TypeVar("_Test", bound=Callable[..., None])


def sentence(*numbers: str) -> Callable[[_Test], _Test]:
    """Name the sentences of the contract that a test checks; its failure then says them.

    Raises
    ------
    KeyError
        If the contract has no sentence with such a number.
    """
    broken = "\n".join(f"Broken contract sentence {number}: {SENTENCES[number]}" for number in numbers)

    def mark(test: _Test) -> _Test:
        @functools.wraps(test)
        def checked(*args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            try:
                test(*args, **kwargs)
            except (Exception, pytest.fail.Exception) as error:
                error.add_note(broken)
                raise

        checked.contract_sentences = numbers  # type: ignore[attr-defined] # how a test carries its numbers
        return checked  # type: ignore[return-value] # same signature, by functools.wraps

    return mark


def numbers_of(test: Callable[..., object]) -> tuple[str, ...]:
    """Return the numbers of the sentences that a test checks."""
    numbers: tuple[str, ...] = getattr(test, "contract_sentences", ())
    return numbers
