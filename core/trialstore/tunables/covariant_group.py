"""Tunables that are changed together, at one cost."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from trialstore.errors import UnknownTunableError
from trialstore.tunables.definition import Definition
from trialstore.tunables.schema import conforming
from trialstore.tunables.tunable import Tunable
from trialstore.values import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trialstore.values import Scalar


class CovariantGroup:
    """Tunables that are changed together, at one cost.

    A group remembers whether any of its values has changed since it was made or since `reset_is_updated`;
    a new one counts as updated, because the system still has to be set up with its values. Two groups are
    equal if their names, costs, tunables and updatedness are.

    Parameters
    ----------
    name
        Its name.
    config
        Its definition: ``cost``, ``params`` (definitions of tunables by name), optionally a ``description``.

    Raises
    ------
    ConfigError
        If the definition is not valid.
    """

    __slots__ = ("_cost", "_description", "_name", "_tunables", "_updated")

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self._define(name, conforming(config, "group", f"group of tunables {name!r}"))

    @classmethod
    def of(cls, name: str, config: dict[str, Any]) -> CovariantGroup:
        """Return the group of a definition that is known to fit the schema, and becomes the group's own."""
        group: CovariantGroup = cls.__new__(cls)
        group._define(name, config)
        return group

    def _define(self, name: str, config: dict[str, Any]) -> None:
        self._name = plain_name(name, "the name of a group of tunables")
        self._cost: int | float = config["cost"]
        self._description: str | None = config.get("description")
        self._tunables = {n: Tunable.of(Definition.of(n, c)) for n, c in config["params"].items()}
        self._updated = True

    def copy(self) -> CovariantGroup:
        """Return an independent group with the same values; definitions are shared."""
        twin: CovariantGroup = self.__class__.__new__(self.__class__)
        twin._name, twin._cost, twin._description = self._name, self._cost, self._description
        twin._tunables = {name: tunable.copy() for name, tunable in self._tunables.items()}
        twin._updated = self._updated
        return twin

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> CovariantGroup:
        return self.copy()

    def __repr__(self) -> str:
        return f"{self._name}: {self.get_tunable_values_dict()}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CovariantGroup):
            return NotImplemented
        return (self._name, self._cost, self._updated, self._tunables) == (
            other._name,
            other._cost,
            other._updated,
            other._tunables,
        )

    __hash__ = None  # type: ignore[assignment]  # equality follows the current values

    def equals_defaults(self, other: CovariantGroup) -> bool:
        """Tell whether the two are defined alike, whatever their current values."""
        mine, theirs = self._tunables, other._tunables
        return (
            (self._name, self._cost, mine.keys()) == (other._name, other._cost, theirs.keys())
            and not any(t.definition.changes(theirs[name].definition) for name, t in mine.items())
        )  # fmt: skip

    @property
    def name(self) -> str:
        """Its name, unique among its groups."""
        return self._name

    @property
    def cost(self) -> int | float:
        """What it costs to change any of its values."""
        return self._cost

    @property
    def description(self) -> str | None:
        """What it is, in words."""
        return self._description

    def get_current_cost(self) -> int | float:
        """Return the cost if a value has changed, or else 0."""
        return self._cost if self._updated else 0

    def is_updated(self) -> bool:
        """Tell whether a value has changed since the group was made or reset."""
        return self._updated

    def reset_is_updated(self) -> None:
        """Forget that values have changed."""
        self._updated = False

    def is_defaults(self) -> bool:
        """Tell whether all values are the defaults."""
        return all(tunable.is_default() for tunable in self._tunables.values())

    def restore_defaults(self) -> None:
        """Give all tunables their default values."""
        for tunable in self._tunables.values():
            self[tunable] = tunable.default

    def get_names(self) -> list[str]:
        """Return the names of its tunables, in the order of their definition."""
        return list(self._tunables)

    def get_tunables(self) -> list[Tunable]:
        """Return its tunables, in the order of their definition."""
        return list(self._tunables.values())

    def get_tunable_values_dict(self) -> dict[str, Scalar]:
        """Return the current values by name, in the order of their definition."""
        return {name: tunable.value for name, tunable in self._tunables.items()}

    def get_tunable(self, tunable: str | Tunable) -> Tunable:
        """Return the tunable of that name.

        Raises
        ------
        UnknownTunableError
            If the group has none of that name.
        """
        name = tunable.name if isinstance(tunable, Tunable) else tunable
        try:
            return self._tunables[name]
        except KeyError:
            raise UnknownTunableError(f"group {self._name!r} has no tunable {name!r}") from None

    def definition(self) -> dict[str, Any]:
        """Return its definition, of which an equal group with default values can be made."""
        notes = {} if self._description is None else {"description": self._description}
        params = {name: copy.deepcopy(t.definition.config) for name, t in self._tunables.items()}
        return {**notes, "cost": self._cost, "params": params}

    def __len__(self) -> int:
        return len(self._tunables)

    def __iter__(self) -> Iterator[Tunable]:
        return iter(self._tunables.values())

    def __contains__(self, tunable: object) -> bool:
        return (tunable.name if isinstance(tunable, Tunable) else tunable) in self._tunables

    def __getitem__(self, tunable: str | Tunable) -> Scalar:
        return self.get_tunable(tunable).value

    def __setitem__(self, tunable: str | Tunable, value: Any) -> None:
        new = value.value if isinstance(value, Tunable) else value
        if self.get_tunable(tunable).update(new):
            self._updated = True
