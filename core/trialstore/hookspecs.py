"""The hooks that a plugin may implement; each docstring is the hook's contract.

A plugin is a module (or an object) with functions of these names, marked with `trialstore.hookimpl`, and is
found through the entry-point group ``trialstore``. An implementation may leave out parameters it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialstore.plugins.spec import BackendSpec
    from trialstore.status import Status

hookspec = pluggy.HookspecMarker("trialstore")


@hookspec
def trialstore_backends() -> Sequence[BackendSpec]:  # type: ignore[empty-body] # a hookspec is a signature
    """Return the backends that the plugin brings, without importing their engines."""


@hookspec
def trialstore_experiment_opened(experiment_id: str) -> None:
    """Observe that an experiment has been created or resumed by this process."""


@hookspec
def trialstore_trials_added(experiment_id: str, trial_ids: Sequence[int]) -> None:
    """Observe that this process has added trials, once per call and after the commit."""


@hookspec
def trialstore_trial_changed(experiment_id: str, trial_id: int, status: Status) -> None:
    """Observe that this process has given a trial another status, after the commit."""
