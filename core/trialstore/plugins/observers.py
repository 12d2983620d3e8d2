"""Tells plugins what has happened; a failing one is logged, and neither breaks a write nor hides another."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeAlias

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trialstore.status import Status

_LOG = logging.getLogger(__name__)
_Callers: TypeAlias = list[tuple[str, pluggy.HookCaller]]


class Observers:
    """The event hooks of the plugins of one storage."""

    def __init__(self, manager: pluggy.PluginManager) -> None:
        self._opened = _callers(manager, "trialstore_experiment_opened")
        self._added = _callers(manager, "trialstore_trials_added")
        self._changed = _callers(manager, "trialstore_trial_changed")

    def experiment_opened(self, experiment_id: str) -> None:
        """Tell that an experiment has been created or resumed."""
        _tell(self._opened, experiment_id=experiment_id)

    def trials_added(self, experiment_id: str, trial_ids: Sequence[int]) -> None:
        """Tell that trials have been added."""
        _tell(self._added, experiment_id=experiment_id, trial_ids=trial_ids)

    def trial_changed(self, experiment_id: str, trial_id: int, status: Status) -> None:
        """Tell that a trial has got another status."""
        _tell(self._changed, experiment_id=experiment_id, trial_id=trial_id, status=status)


def _callers(manager: pluggy.PluginManager, hook: str) -> _Callers:
    """Return one caller per plugin: in a common call the first failure would silence the rest."""
    plugins = [implementation.plugin for implementation in getattr(manager.hook, hook).get_hookimpls()]
    return [
        (
            manager.get_name(plugin) or hook,
            manager.subset_hook_caller(hook, [other for other in plugins if other is not plugin]),
        )
        for plugin in plugins
    ]


def _tell(callers: _Callers, **event: Any) -> None:
    for plugin, caller in callers:
        try:
            caller(**event)
        except Exception:  # noqa: BLE001 - an observer can fail in any way
            _LOG.exception(
                "plugin %r failed in %s; what it observed is stored all the same", plugin, caller.name
            )
