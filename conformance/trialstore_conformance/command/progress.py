"""Shows how a run goes: on a terminal the test that runs now, elsewhere a line for each part of the suite."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from trialstore.cli.output import one_line, stderr_console
from trialstore_conformance.command.outcomes import Begun, Outcome, State

__all__ = ["ProgressDisplay"]


class ProgressDisplay:
    """A context manager that follows a run."""

    def __init__(self) -> None:
        self._console = stderr_console()
        self._progress = Progress(
            MofNCompleteColumn(),
            BarColumn(20),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("starting", total=None)
        self._concern = ""
        self._states: Counter[State] = Counter()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end_concern()
        self._progress.stop()

    def begin_run(self, tests: int) -> None:
        """Show how many tests there are."""
        self._progress.update(self._task, total=tests)

    def begin(self, test: Begun) -> None:
        """Show what runs now."""
        if test.concern != self._concern:
            self._end_concern()
            self._concern = test.concern
        self._progress.update(self._task, description=one_line(test.name.removeprefix("test_")))

    def end(self, outcome: Outcome) -> None:
        """Show what became of a test, if it failed."""
        self._states[outcome.state] += outcome.concern == self._concern  # what is left out was never begun
        self._progress.advance(self._task)
        if outcome.state is State.FAILED:
            numbers = ", ".join(outcome.sentences)
            self._print(f"{outcome.name} failed ({numbers})")

    def _end_concern(self) -> None:
        """Say how a part of the suite went, where nobody sees the bar."""
        if self._states and not self._console.is_terminal:
            failed = self._states[State.FAILED]
            self._print(f"{self._concern}: {self._states[State.PASSED]} passed, {failed} failed")
        self._states.clear()

    def _print(self, line: str) -> None:
        self._progress.console.print(one_line(line), soft_wrap=True)
