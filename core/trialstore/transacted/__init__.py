"""The methods of a backend for engines that read, decide and write back in one transaction, or under a lock.

What a call does to an experiment is decided here, in terms of narrow steps: get a trial, put one, note a token. An
engine's own `StoredExperiment` takes these steps, each in its own way, and its `TransactedBackend` runs them
in its transactions. `trialstore_memory` is the smallest engine of this kind.
"""

from trialstore.transacted.backend import TransactedBackend
from trialstore.transacted.experiment import StoredExperiment
from trialstore.transacted.steps import Steps

__all__ = ["Steps", "StoredExperiment", "TransactedBackend"]
