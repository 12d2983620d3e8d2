"""What a run has shown: of each test, of each sentence, and of the backend."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from functools import cached_property

from trialstore_conformance.command.outcomes import Outcome, State
from trialstore_conformance.command.subject import Subject
from trialstore_conformance.command.watching import Order
from trialstore_conformance.contract import CONCERNS, SENTENCES
from trialstore_conformance.requirements import CAPABILITY_OF

__all__ = ["Report", "SentenceResult"]


@dataclass(frozen=True, slots=True)
class SentenceResult:
    """What became of a sentence of the contract."""

    number: str
    text: str
    state: State
    why: str = ""
    """Why it was not checked, or the tests that found it broken."""


@dataclass(frozen=True)
class Report:
    """The result of a run.

    Attributes
    ----------
    outcomes
        What became of the tests, in their order.
    unfinished
        Why the tests that are missing did not run; empty if all ran.
    """

    order: Order
    outcomes: list[Outcome] = field(default_factory=list)
    unfinished: str = ""

    @property
    def subject(self) -> Subject:
        """What was tested."""
        return self.order.subject

    @cached_property
    def failed(self) -> list[Outcome]:
        """The tests that failed."""
        return [outcome for outcome in self.outcomes if outcome.state is State.FAILED]

    @cached_property
    def sentences(self) -> dict[str, SentenceResult]:
        """What became of every sentence of the contract, or of those that the chosen tests check, by its number."""
        chosen = {number for outcome in self.outcomes for number in outcome.sentences}
        return {
            number: self._result(number) for number in SENTENCES if number in chosen or not self.order.only
        }

    @property
    def by_concern(self) -> dict[str, list[SentenceResult]]:
        """The same, by what the sentences are about."""
        concerns = {
            concern: [self.sentences[number] for number in numbers if number in self.sentences]
            for concern, numbers in CONCERNS.items()
        }
        return {concern: results for concern, results in concerns.items() if results}

    @property
    def unchecked(self) -> dict[str, list[str]]:
        """The numbers of the sentences that were not checked, by the reason."""
        reasons: dict[str, list[str]] = {}
        for result in self.sentences.values():
            if result.state is State.NOT_CHECKED:
                reasons.setdefault(result.why, []).append(result.number)
        return reasons

    def count(self, state: State) -> int:
        """Return how many sentences are in a state."""
        return sum(result.state is state for result in self.sentences.values())

    @property
    def passes(self) -> bool:
        """Whether the contract was found kept, as far as it was checked."""
        return not self.failed and not self.unfinished

    @property
    def verdict(self) -> str:
        """The result in one line."""
        name, broken, unchecked = self.subject.class_name, *map(self.count, (State.FAILED, State.NOT_CHECKED))
        if self.failed:
            return f"{name} does not pass the contract: {broken} of {len(SENTENCES)} sentences are broken"
        if self.unfinished:
            return f"There is no verdict on {name}: {self.unfinished}"
        if self.order.only:
            return f"{name} passes what was chosen: {self.tests_in_words}"
        left = f", and {unchecked} were not checked" if unchecked else ""
        return (
            f"{name} passes the contract: {self.count(State.PASSED)} of {len(SENTENCES)} sentences hold{left}"
        )

    @property
    def facts(self) -> dict[str, str]:
        """What was tested, and how much of it."""
        return {
            **self.subject.facts,
            "sentences": f"{len(self.sentences)}: "
            + ", ".join(f"{self.count(each)} {each.value}" for each in State),
            "tests": self.tests_in_words,
            "run": self.unfinished or ("thorough" if self.order.thorough else "quick"),
        }

    @property
    def tests_in_words(self) -> str:
        """How many tests ended in which way."""
        passed = sum(outcome.state is State.PASSED for outcome in self.outcomes)
        left_out = len(self.outcomes) - passed - len(self.failed)
        return f"{passed} passed, {len(self.failed)} failed, {left_out} left out"

    def command_for(self, name: str) -> str:
        """Return the command that repeats one test."""
        options = ["--thorough"] if self.order.thorough else []
        return shlex.join(["trialstore", "conformance", self.subject.path, *options, "--only", name])

    def _result(self, number: str) -> SentenceResult:
        tests = [outcome for outcome in self.outcomes if number in outcome.sentences]
        states = {outcome.state for outcome in tests}
        text, capability = SENTENCES[number], CAPABILITY_OF.get(number)
        if State.FAILED in states:
            names = [outcome.name for outcome in tests if outcome.state is State.FAILED]
            return SentenceResult(number, text, State.FAILED, ", ".join(names))
        if capability is not None and capability not in self.subject.capabilities:
            why = f"the storage does not declare {capability.value}"
            return SentenceResult(number, text, State.NOT_CHECKED, why)
        if State.PASSED in states:
            return SentenceResult(number, text, State.PASSED)
        return SentenceResult(number, text, State.NOT_CHECKED, self._why_unchecked(tests))

    def _why_unchecked(self, tests: list[Outcome]) -> str:
        return tests[0].why if tests else self.unfinished
