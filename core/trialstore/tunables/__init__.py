"""Tunables: the parameters that are tuned, what values they may take, and which they have.

They are defined in JSON5, in the format of `mlos_bench` (``tunables.schema.json``), and are what configurations
are checked against before they are stored.
"""

from __future__ import annotations

from trialstore.tunables.covariant_group import CovariantGroup
from trialstore.tunables.groups import TunableGroups
from trialstore.tunables.loader import load_tunables
from trialstore.tunables.tunable import Tunable

__all__ = ["CovariantGroup", "Tunable", "TunableGroups", "load_tunables"]
