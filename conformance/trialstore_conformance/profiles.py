"""How much the suite tries: chosen for this suite only, without touching anybody's global profiles."""

from __future__ import annotations

import os
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, settings

VARIABLE = "TRIALSTORE_CONFORMANCE_PROFILE"
"""The environment variable that chooses a profile: `ci`, `default` or `thorough`."""


class Profile(NamedTuple):
    """How much is tried."""

    examples: int
    """Sequences of calls."""
    steps: int
    """Calls in a sequence."""
    runners: int
    """Threads and processes that empty one queue."""
    queue: int
    """Trials in that queue."""
    chaos_seconds: float
    """How long runners are killed and paused."""
    seed: int | None
    """What the order of the blows depends on; None is another one each time."""


_PROFILES = {
    "ci": Profile(8, 25, 4, 100, 2, 1),
    "default": Profile(60, 40, 8, 1_000, 15, None),
    "thorough": Profile(1_000, 80, 16, 5_000, 90, None),
}


def chosen_profile() -> Profile:
    """Return the profile that the environment chooses; `ci` unless it says otherwise."""
    return _PROFILES[_chosen_name()]


def chosen_settings() -> settings:
    """Return Hypothesis' settings for the chosen profile."""
    profile, is_ci = chosen_profile(), _chosen_name() == "ci"
    return settings(
        max_examples=profile.examples,
        stateful_step_count=profile.steps,
        deadline=None,  # an engine may be slow, and this is no benchmark
        database=None,
        derandomize=is_ci,
        # Minutes on a slow engine; the other profiles take them, for the smallest example that fails.
        phases=[phase for phase in Phase if not is_ci or phase is not Phase.shrink],
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def _chosen_name() -> str:
    name = os.environ.get(VARIABLE, "ci")
    if name not in _PROFILES:
        raise ValueError(f"{VARIABLE} must be one of {', '.join(_PROFILES)}, not {name!r}")
    return name
