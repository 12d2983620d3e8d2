"""Turns a function into a runner: it claims trials, keeps their leases, and stores what became of them."""

from __future__ import annotations

from trialstore.worker.outcomes import Completion, Outcome, WorkerResult
from trialstore.worker.worker import Worker

__all__ = ["Completion", "Outcome", "Worker", "WorkerResult"]
