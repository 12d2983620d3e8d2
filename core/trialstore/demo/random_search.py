"""The demo's optimizer: it draws configurations at random."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from trialstore.tunables import Tunable, TunableGroups
    from trialstore.values import Scalar

__all__ = ["draw_values"]


def draw_values(tunables: TunableGroups, random: Random) -> dict[str, Scalar]:
    """Return a value for each tunable, drawn as its definition says: by weights, and evenly on its scale."""
    return {tunable.name: _drawn(tunable, random) for tunable, _ in tunables}


def _drawn(tunable: Tunable, random: Random) -> Scalar:
    if tunable.is_categorical:
        return random.choices(tunable.categories, tunable.weights)[0]
    number = _number(tunable, random)
    if tunable.weights is None or tunable.range_weight is None:
        return number
    return random.choices([*tunable.special, number], [*tunable.weights, tunable.range_weight])[0]


def _number(tunable: Tunable, random: Random) -> int | float:
    low, high = tunable.range
    if tunable.is_log:
        number = math.exp(random.uniform(math.log(low), math.log(high)))
    else:
        number = random.uniform(low, high)
    return round(number) if tunable.type == "int" else number
