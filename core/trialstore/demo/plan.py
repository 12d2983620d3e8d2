"""What the demo runs: the defaults and random configurations, each of them several times.

The plan follows from its seed alone, and a longer one begins with the configurations of a shorter one, so whoever
resumes an experiment can tell what it lacks.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING

from trialstore.demo.random_search import draw_values
from trialstore.tunables import load_tunables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from trialstore.tunables import TunableGroups
    from trialstore.values import Scalar

__all__ = ["REPEATS", "PlannedTrial", "demo_tunables", "make_plan"]

REPEATS = 3
"""How often each configuration is run."""
SECONDS_A_TRIAL = 0.37
"""What a trial takes: the measurement, filling its database before, and storing the results after it."""


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """One trial of the plan."""

    values: dict[str, Scalar]
    """The full assignment of the tunables."""
    config_i: int
    """The number of the configuration; 0 is the defaults."""
    repeat_i: int
    """Counts from 1."""
    seed: int
    """The seed of the plan."""

    @property
    def metadata(self) -> dict[str, Any]:
        """What is stored beside the parameters."""
        facts = {"seed": self.seed, "config_i": self.config_i, "repeat_i": self.repeat_i}
        return {**facts, "is_defaults": self.config_i == 0}

    def is_trial(self, metadata: Mapping[str, Any]) -> bool:
        """Tell whether `metadata` is that of a trial which this plan made."""
        return self.metadata.items() <= metadata.items()


def demo_tunables() -> TunableGroups:
    """Return the pragmas of SQLite that the demo tunes."""
    return load_tunables(
        [files("trialstore.demo").joinpath("sqlite-tunables.jsonc").read_text(encoding="utf-8")]
    )


def make_plan(tunables: TunableGroups, *, seconds: float, seed: int) -> list[PlannedTrial]:
    """Return the trials that fit into about `seconds`, but two configurations at least.

    All configurations are run once, then all of them again, so that what else happens on the machine meets them alike.
    """
    count = max(2, round(seconds / SECONDS_A_TRIAL / REPEATS))
    configs = [_configuration(tunables, config_i, seed) for config_i in range(count)]
    return [
        PlannedTrial(values, config_i, repeat_i, seed)
        for repeat_i in range(1, REPEATS + 1)
        for config_i, values in enumerate(configs)
    ]


def _configuration(tunables: TunableGroups, config_i: int, seed: int) -> dict[str, Scalar]:
    if config_i == 0:
        return tunables.copy().restore_defaults().get_param_values()
    random = Random(f"{seed}/{config_i}")  # noqa: S311 - a search, not a secret
    return draw_values(tunables, random)
