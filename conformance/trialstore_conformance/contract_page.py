"""Writes the page of the contract: ``python -m trialstore_conformance.contract_page > docs/contract.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from trialstore_conformance.contract import CONCERNS, SENTENCES, numbers_of
from trialstore_conformance.requirements import CAPABILITY_OF
from trialstore_conformance.suite import StorageConformance

__all__ = ["contract_page", "tests_by_sentence"]

_HEAD = """\
# The contract of a backend

What every backend keeps, sentence by sentence, and the tests of the conformance suite that fail when one is broken. The numbers are for
good: a sentence may be refined, its number never means another one. A failure of the suite says the sentences that are broken;
`pytest -k NAME` runs one test. [The design](design.md#the-backend-interface) says why the rules are so, and the docstrings of
`trialstore.backend` and `trialstore.records` how each method keeps them. A sentence that names a capability asks for it: where a backend
does not declare it, the tests check that what it stands for is refused, or nothing.

This page is written by `python -m trialstore_conformance.contract_page`.
"""

_FOOT = """
## What the suite cannot see

These rules show only inside an engine, so a backend's own tests must hold them; ours do, in `tests/backends`.

* `find_trials` takes at most two round trips, and every other read a number that does not grow with what it finds.
* Metadata and metrics that a query does not ask for are not even fetched from the engine.
* No trial's record grows with its telemetry, its heartbeats or its history.
* A sweep of deleted children that a crash interrupted is resumed when a storage is opened or an experiment deleted.
* The creation of a schema, and its upgrade, can be killed at any moment and taken up again.
"""


def contract_page() -> str:
    """Return the page: the sentences by concern, each with its tests."""
    tests = tests_by_sentence()
    sections = (_section(concern, sentences, tests) for concern, sentences in CONCERNS.items())
    return _HEAD + "".join(sections) + _FOOT


def tests_by_sentence() -> dict[str, list[str]]:
    """Return the names of the tests that check each sentence."""
    found: dict[str, list[str]] = {number: [] for number in SENTENCES}
    for name in dir(StorageConformance):
        if name.startswith("test"):
            for number in numbers_of(getattr(StorageConformance, name)):
                found[number].append(name)
    return found


def _section(concern: str, sentences: Mapping[str, str], tests: Mapping[str, list[str]]) -> str:
    items = (_item(number, text, tests[number]) for number, text in sentences.items())
    return f"\n## {concern}\n\n{''.join(items)}"


def _item(number: str, text: str, tests: list[str]) -> str:
    return f"* **{number}** {text}{_need(number, text)}\n{''.join(_indented(tests))}"


def _need(number: str, text: str) -> str:
    """Return the capability that a sentence needs, if it does not say so itself."""
    capability = CAPABILITY_OF.get(number)
    return f" Needs {capability.name}." if capability and capability.name not in text else ""


def _indented(tests: list[str]) -> Iterator[str]:
    for test in tests:
        yield f"    * `{test}`\n"


if __name__ == "__main__":
    sys.stdout.write(contract_page())
