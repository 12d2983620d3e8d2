"""An experiment, ways to run a command for its trials, and what became of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import trialstore
from trialstore import Experiment, Status

Run = Callable[..., Any]
ON_CTRL_C = """
import signal, sys
from trialstore.cli import main

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(sys.argv[1:]))
"""
"""A program that Ctrl-C interrupts even if the tests themselves run in the background of a shell, which ignores it."""


@pytest.fixture
def experiment(url: str) -> Iterator[Experiment]:
    with trialstore.open(url) as storage, storage.experiment(experiment_id="e") as experiment:
        yield experiment


@pytest.fixture
def stored(experiment: Experiment) -> Callable[[int], tuple[Status, str | None]]:
    """Returns the last status of a trial, and its reason."""

    def stored(trial_id: int) -> tuple[Status, str | None]:
        context = experiment._context
        last = context.session.find_status_changes(context.uid, [trial_id])[-1]
        return last.status, last.reason

    return stored


@pytest.fixture
def metrics(experiment: Experiment) -> Callable[[], list[Any]]:
    """Returns the metrics of all trials that have ended."""
    return lambda: experiment.load()[2]


@pytest.fixture
def go(run: Run, url: str) -> Run:
    """Runs a command for the trials of the experiment, in this process."""

    def go(command: str, *options: str) -> Any:
        return run("run", "e", "--storage", url, "--command", command, *options)

    return go


@pytest.fixture
def start(url: str) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a runner in a process of its own, which ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(command: str, *options: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-c", ON_CTRL_C, "run", "e", "-s", url, "-c", command, *options]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(program, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
