"""How much the suite tries: chosen for this suite only, without touching anybody's global profiles."""

from __future__ import annotations

import os
import random
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, settings

VARIABLE = "TRIALSTORE_CONFORMANCE_PROFILE"
"""The environment variable that chooses a profile: `ci`, `varied`, `default` or `thorough`."""


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
    rounds: int
    """Short queues that processes empty one after the other, each beginning with a race."""
    chaos_seconds: float
    """How long runners are killed and paused."""
    chaos_runners: int
    """How many they are."""
    shrinks: bool
    """Whether to look for the smallest sequence that fails, which takes minutes on a slow engine."""
    seed: int | None
    """What all that is left to chance depends on; None is another one each time."""


_CI = Profile(
    examples=6,
    steps=25,
    runners=4,
    queue=100,
    rounds=20,
    chaos_seconds=1.5,
    chaos_runners=5,
    shrinks=False,
    seed=1,
)
_DEFAULT = Profile(
    examples=60,
    steps=40,
    runners=8,
    queue=1_000,
    rounds=100,
    chaos_seconds=15,
    chaos_runners=8,
    shrinks=True,
    seed=None,
)
_PROFILES = {
    "ci": _CI,
    "varied": _CI._replace(seed=None),
    "default": _DEFAULT,
    "thorough": _DEFAULT._replace(examples=1_000, steps=80, runners=16, queue=5_000, chaos_seconds=90),
}


def chosen_profile() -> Profile:
    """Return the profile that the environment chooses; `ci` unless it says otherwise."""
    name = os.environ.get(VARIABLE, "ci")
    if name not in _PROFILES:
        raise ValueError(f"{VARIABLE} must be one of {', '.join(_PROFILES)}, not {name!r}")
    return _PROFILES[name]


def chance_of(what: str) -> random.Random:
    """Return the chance by which a test does `what` now or later, or to this one or that."""
    seed = chosen_profile().seed
    return random.Random(None if seed is None else f"{seed} {what}")  # noqa: S311 - not for secrets


def chosen_settings() -> settings:
    """Return Hypothesis' settings for the chosen profile."""
    profile = chosen_profile()
    return settings(
        max_examples=profile.examples,
        stateful_step_count=profile.steps,
        deadline=None,  # an engine may be slow, and this is no benchmark
        database=None,
        derandomize=profile.seed is not None,
        phases=[phase for phase in Phase if profile.shrinks or phase is not Phase.shrink],
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
