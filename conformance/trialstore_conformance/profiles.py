"""How long Hypothesis may search: chosen for this suite only, without touching anybody's global profiles."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

VARIABLE = "TRIALSTORE_CONFORMANCE_PROFILE"
"""The environment variable that chooses a profile: `ci`, `default` or `thorough`."""
_EXAMPLES_AND_STEPS = {"ci": (15, 25), "default": (60, 40), "thorough": (1_000, 80)}


def chosen_settings() -> settings:
    """Return the settings of the profile that the environment chooses; `ci` unless it says otherwise."""
    profile = os.environ.get(VARIABLE, "ci")
    if profile not in _EXAMPLES_AND_STEPS:
        raise ValueError(f"{VARIABLE} must be one of {', '.join(_EXAMPLES_AND_STEPS)}, not {profile!r}")
    examples, steps = _EXAMPLES_AND_STEPS[profile]
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,  # an engine may be slow, and this is no benchmark
        database=None,
        derandomize=profile == "ci",
        # Minutes on a slow engine; the other profiles take them, for the smallest example that fails.
        phases=[phase for phase in Phase if profile != "ci" or phase is not Phase.shrink],
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
