"""Shows how a run goes: lines on stderr, and on a terminal what runs now."""

from __future__ import annotations

import codecs
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from trialstore.cli.output import one_line, stderr_console
from trialstore.worker import Outcome

if TYPE_CHECKING:
    from trialstore.claimed_trial import ClaimedTrial

__all__ = ["RunDisplay"]

_WORDS = {Outcome.TIMED_OUT: "timed out", Outcome.LOST: "was lost", Outcome.RELEASED: "was given back"}


class RunDisplay:
    """A context manager that follows a run, counts what becomes of its trials, and passes on what their commands say."""

    def __init__(self) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        console = stderr_console()
        self._is_live = console.is_terminal
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            disable=not self._is_live,
            transient=True,
        )
        self._task = self._progress.add_task("waiting for a trial")
        self._begun = time.monotonic()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._is_within_a_line = False

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    @property
    def counts(self) -> str:
        """How many trials there were of each outcome, in words."""
        words = {outcome: outcome.value.replace("_", " ") for outcome in Outcome}
        return ", ".join(f"{self.outcomes[each]} {words[each]}" for each in Outcome if self.outcomes[each])

    @property
    def all_succeeded(self) -> bool:
        """Whether no trial had another outcome."""
        return self.outcomes.keys() <= {Outcome.SUCCEEDED}

    @contextmanager
    def running(self, trial: ClaimedTrial) -> Iterator[None]:
        """Show that the command of a trial runs."""
        self._begun = time.monotonic()
        self._show(f"trial {trial.trial_id}")
        try:
            yield
        finally:
            if self._is_within_a_line:
                self._decoder.reset()
                self.pass_on(b"\n")

    def end(self, trial: ClaimedTrial, outcome: Outcome, reason: str | None) -> None:
        """Show what became of a trial, and why."""
        self.outcomes[outcome] += 1
        elapsed = f"{time.monotonic() - self._begun:.1f} s"
        line = f"trial {trial.trial_id} {_WORDS.get(outcome, outcome.value)} after {elapsed}"
        if reason and outcome is not Outcome.LOST:  # the worker has logged why a trial was lost
            line = f"{line}: {reason}"
        self._progress.console.print(one_line(line), soft_wrap=True)
        self._show("waiting for a trial")

    def pass_on(self, chunk: bytes) -> None:
        """Pass on what a command wrote to stderr; that nobody reads it any more is no fault of the trial."""
        text = self._decoder.decode(chunk)
        self._is_within_a_line = not text.endswith("\n")
        with suppress(OSError):
            sys.stderr.write(text)
            if not self._is_live:
                sys.stderr.flush()  # above a live line, whole lines appear by themselves

    def _show(self, what: str) -> None:
        self._progress.reset(self._task, description=f"{what}  {self.counts}")
