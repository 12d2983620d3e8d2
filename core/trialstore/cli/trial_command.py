"""Runs a shell command for a trial: what it is given, and what its end means."""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from signal import Signals
from typing import TYPE_CHECKING, Any

from trialstore.cli.shell_job import ShellJob, Tail
from trialstore.errors import InvalidInputError
from trialstore.status import Status
from trialstore.worker import Completion
from trialstore.worker.outcomes import storable

if TYPE_CHECKING:
    from trialstore.claimed_trial import ClaimedTrial
    from trialstore.values import Scalar
    from trialstore.worker import Worker

__all__ = ["TrialCommand", "check_names"]

_LOOK_EVERY = 0.1
"""Seconds between two looks at the clock and at the worker, while the command is silent."""
_STDOUT_TAIL = 8 * 1024 * 1024
"""Bytes, more than metrics may have."""
_STDERR_TAIL = 2048
_TAIL_LINES = 5
_SHOWN = 200
"""Characters of an output that holds no metrics."""


@dataclass(frozen=True)
class TrialCommand:
    """A function for a worker that runs a shell command for each trial.

    Parameters
    ----------
    command
        What the shell runs.
    worker
        Who runs it, and may have to end it.
    metadata_of
        Returns the metadata of a trial, exactly as stored.
    on_stderr
        Takes what it writes to stderr, as it comes.
    timeout
        How many seconds it may take.
    """

    command: str
    worker: Worker
    metadata_of: Callable[[int], Mapping[str, Any]]
    on_stderr: Callable[[bytes], None]
    timeout: float = math.inf

    def __call__(self, trial: ClaimedTrial) -> Mapping[str, Any] | Completion:
        """Run the command for a trial, and return the metrics that it prints, or how else it ended."""
        written = _Written(self.on_stderr)
        with ShellJob(
            self.command,
            environment=_environment(trial),
            stdin=json.dumps(self._facts(trial)).encode(),
            on_stdout=written.stdout.add,
            on_stderr=written.add_stderr,
        ) as job:
            is_in_time = self._is_in_time(job)
        if not is_in_time:
            return written.completion(Status.TIMED_OUT, f"over the timeout of {self.timeout:g} s")
        return _result(job.returncode, written)

    def _facts(self, trial: ClaimedTrial) -> dict[str, Any]:
        return {
            "experiment_id": trial.experiment_id,
            "trial_id": trial.trial_id,
            "attempt": trial.attempt,
            "trial_runner_id": trial.trial_runner_id,
            "tunables": trial.tunable_values,
            "metadata": self.metadata_of(trial.trial_id),
        }

    def _is_in_time(self, job: ShellJob) -> bool:
        """Wait for the end of the command or of its time, and tell which it was."""
        deadline = time.monotonic() + self.timeout
        while job.is_running():
            if self.worker.is_lost or self.worker.is_stopping:
                raise InterruptedError("the command was ended before it was done")
            if time.monotonic() >= deadline:
                return False
            job.wait(_LOOK_EVERY)
        return True


@dataclass(frozen=True)
class _Written:
    """What a command wrote."""

    on_stderr: Callable[[bytes], None]
    stdout: Tail = field(default_factory=lambda: Tail(_STDOUT_TAIL))
    stderr: Tail = field(default_factory=lambda: Tail(_STDERR_TAIL))

    def add_stderr(self, chunk: bytes) -> None:
        self.stderr.add(chunk)
        self.on_stderr(chunk)

    def completion(self, status: Status, reason: str) -> Completion:
        """Return a completion with the last lines of stderr in its reason."""
        lines = [line for line in self.stderr.text()[-_STDERR_TAIL:].splitlines() if line.strip()]
        tail = "\n".join(lines[-_TAIL_LINES:])
        return Completion(status, reason=storable(f"{reason}: {tail}" if tail else reason))


def _result(returncode: int, written: _Written) -> Mapping[str, Any] | Completion:
    if returncode:
        return written.completion(Status.FAILED, _ended(returncode))
    output = written.stdout.text()
    metrics = _metrics(output)
    if metrics is None:
        return written.completion(Status.FAILED, f"no JSON object on stdout, but {_shown(output)}")
    return metrics


def _ended(returncode: int) -> str:
    if returncode < 0:
        return f"killed by {_signal(-returncode) or f'signal {-returncode}'}"
    signal = _signal(returncode - 128)  # a shell's exit code if what it ran was killed
    return f"exit code {returncode} ({signal})" if signal else f"exit code {returncode}"


def _signal(number: int) -> str | None:
    """Return the name of a signal; most of the real-time signals have none."""
    return Signals(number).name if number in set(Signals) else None


def _metrics(output: str) -> dict[str, Any] | None:
    """Return the JSON object that is all of the output, or its last line that is not empty; None if neither is."""
    last = output.rstrip().rpartition("\n")[2]
    for text in (output, last):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return None


def _shown(output: str) -> str:
    text = output.strip()
    return "nothing" if not text else repr(text if len(text) <= _SHOWN else f"…{text[-_SHOWN:]}")


def _environment(trial: ClaimedTrial) -> dict[str, str]:
    values = trial.tunable_values
    check_names(values)
    ids = {
        "TRIALSTORE_EXPERIMENT_ID": trial.experiment_id,
        "TRIALSTORE_TRIAL_ID": str(trial.trial_id),
        "TRIALSTORE_ATTEMPT": str(trial.attempt),
        "TRIALSTORE_RUNNER_ID": str(trial.trial_runner_id),
    }
    return {**{_variable(name): _as_text(value) for name, value in values.items()}, **ids}


def _variable(name: str) -> str:
    return f"TUNABLE_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"


def _as_text(value: Scalar) -> str:
    """Return a string as it is, and everything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def check_names(names: Iterable[str]) -> None:
    """Raise InvalidInputError if two tunables would be one environment variable."""
    variables = Counter(map(_variable, names))
    for variable, number in variables.items():
        if number > 1:
            alike = " and ".join(repr(name) for name in sorted(names) if _variable(name) == variable)
            raise InvalidInputError(
                f"tunables {alike} would both be the environment variable {variable}: rename one"
            )
