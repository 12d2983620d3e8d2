"""All the tunables of an experiment."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trialstore.errors import ConfigError, InvalidInputError, UnknownTunableError
from trialstore.tunables.covariant_group import CovariantGroup
from trialstore.tunables.schema import conforming
from trialstore.tunables.tunable import Tunable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trialstore.values import Scalar


class TunableGroups:
    """All the tunables of an experiment, in groups that are changed together.

    A mapping of the tunables' names to their current values in most respects, but iterated as pairs of a
    tunable and its group. Two of them are equal if their groups are, in whatever order.

    Parameters
    ----------
    config
        The groups by name, as ``{name: {"cost": 1, "params": {tunable: {"type": ..., "default": ...}}}}``.
        ``tunables.schema.json`` has all the keys.

    Raises
    ------
    ConfigError
        If the definition is not valid; the message says where, and what was expected there.

    Examples
    --------
    >>> size = {"type": "int", "range": [1, 64], "default": 8}
    >>> tunables = TunableGroups({"cache": {"cost": 1, "params": {"cache_mb": size}}})
    >>> tunables.assign({"cache_mb": 16}).get_param_values()
    {'cache_mb': 16}
    >>> tunables.assign({}).is_defaults()
    True
    """

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        plain = conforming({} if config is None else config, "groups", "tunables")
        plain.pop("$schema", None)
        self._hold(CovariantGroup.of(name, group) for name, group in plain.items())

    def _hold(self, groups: Iterable[CovariantGroup]) -> None:
        """Hold these groups, and no others, or change nothing and raise `ConfigError` if a name stands in two."""
        held = {group.name: group for group in groups}
        found: dict[str, tuple[Tunable, CovariantGroup]] = {}
        for group in held.values():
            for tunable in group:
                _, other = found.setdefault(tunable.name, (tunable, group))
                if other is not group:
                    raise ConfigError(
                        f"tunable {tunable.name!r} stands in two groups: {other.name!r}, {group.name!r}"
                    )
        self._groups, self._found = held, found

    def _holding(self, groups: Iterable[CovariantGroup]) -> TunableGroups:
        twin: TunableGroups = self.__class__.__new__(self.__class__)
        twin._hold(groups)
        return twin

    def copy(self) -> TunableGroups:
        """Return independent groups with the same values; definitions are shared."""
        return self._holding(group.copy() for group in self._groups.values())

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> TunableGroups:
        return self.copy()

    def subgroup(self, group_names: Iterable[str]) -> TunableGroups:
        """Return some of the groups; they are the same objects, so a value that changes here changes there.

        Raises
        ------
        UnknownTunableError
            If there is no group of one of the names.
        """
        return self._holding(self._selected(group_names))

    def merge(self, tunables: TunableGroups) -> TunableGroups:
        """Take in the groups of another object that are not here yet, and return this one.

        They are the same objects from then on; for a group that is here already, this one's values stay.

        Raises
        ------
        ConfigError
            If a group of the same name is defined otherwise, or a tunable stands in another group; nothing
            has changed.
        """
        for name, group in tunables._groups.items():
            if name in self._groups and not group.equals_defaults(self._groups[name]):
                raise ConfigError(f"group {name!r} is defined in two ways, so they cannot be merged")
        self._hold(
            (self._groups | {n: g for n, g in tunables._groups.items() if n not in self._groups}).values()
        )
        return self

    def __repr__(self) -> str:
        shown = [f"{group.name}::{tunable.name}={tunable.value!r}" for tunable, group in self]
        more = [f"and {len(self) - 10} more"] if len(self) > 10 else []
        return f"{{ {', '.join(shown[:10] + more)} }}"

    def __eq__(self, other: object) -> bool:
        return self._groups == other._groups if isinstance(other, TunableGroups) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # equality follows the current values

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[tuple[Tunable, CovariantGroup]]:
        return iter(self._found.values())

    def __contains__(self, tunable: object) -> bool:
        return (tunable.name if isinstance(tunable, Tunable) else tunable) in self._found

    def __getitem__(self, tunable: str | Tunable) -> Scalar:
        return self.get_tunable(tunable)[0].value

    def __setitem__(self, tunable: str | Tunable, value: Any) -> None:
        found, group = self.get_tunable(tunable)
        group[found] = value

    def get_tunable(self, tunable: str | Tunable) -> tuple[Tunable, CovariantGroup]:
        """Return the tunable of that name, and its group.

        Raises
        ------
        UnknownTunableError
            If there is none of that name.
        """
        name = tunable.name if isinstance(tunable, Tunable) else tunable
        try:
            return self._found[name]
        except KeyError:
            raise UnknownTunableError(f"there is no tunable {name!r}{_hint(name, self._found)}") from None

    def get_covariant_group_names(self) -> list[str]:
        """Return the names of the groups, in the order of their definition."""
        return list(self._groups)

    def get_param_values(
        self,
        group_names: Iterable[str] | None = None,
        into_params: dict[str, Scalar] | None = None,
    ) -> dict[str, Scalar]:
        """Return the current values of all or some groups by name, in the order of their definition.

        Parameters
        ----------
        group_names
            Only those of these groups, in this order.
        into_params
            A dict to add them to, and to return.
        """
        values = {} if into_params is None else into_params
        for group in self._selected(group_names):
            values.update(group.get_tunable_values_dict())
        return values

    def check(self, values: Mapping[str, Any]) -> dict[str, Scalar]:
        """Return the values, coerced to the types of their tunables, and change nothing.

        Raises
        ------
        UnknownTunableError
            If there is no tunable of one of the names.
        InvalidInputError
            If a tunable does not take its value; the message says what it takes.
        """
        if not isinstance(values, Mapping):
            raise InvalidInputError(f"values of tunables must be a mapping, not {reprlib.repr(values)}")
        return {name: self.get_tunable(name)[0].definition.coerce(value) for name, value in values.items()}

    def assign(self, param_values: Mapping[str, Any]) -> TunableGroups:
        """Assign values by name, all or none, and return this object; others keep theirs.

        An empty mapping restores all defaults. Strings are coerced to the types of their tunables.

        Raises
        ------
        UnknownTunableError
            If there is no tunable of one of the names.
        InvalidInputError
            If a tunable does not take its value; the message says what it takes.
        """
        checked = self.check(param_values)
        if not checked:
            return self.restore_defaults()
        for name, value in checked.items():
            self[name] = value
        return self

    def is_defaults(self) -> bool:
        """Tell whether all values are the defaults."""
        return all(group.is_defaults() for group in self._groups.values())

    def restore_defaults(self, group_names: Iterable[str] | None = None) -> TunableGroups:
        """Give the tunables of all or some groups their default values, and return this object."""
        for group in self._selected(group_names):
            group.restore_defaults()
        return self

    def is_updated(self, group_names: Iterable[str] | None = None) -> bool:
        """Tell whether a value of all or some groups has changed since they were made or reset."""
        return any(group.is_updated() for group in self._selected(group_names))

    def reset(self, group_names: Iterable[str] | None = None) -> TunableGroups:
        """Forget that values of all or some groups have changed, and return this object."""
        for group in self._selected(group_names):
            group.reset_is_updated()
        return self

    def _selected(self, names: Iterable[str] | None) -> list[CovariantGroup]:
        if names is None:
            return list(self._groups.values())
        wanted = list(names)
        for name in wanted:
            if name not in self._groups:
                raise UnknownTunableError(
                    f"there is no group of tunables {name!r}{_hint(name, self._groups)}"
                )
        return [self._groups[name] for name in wanted]

    def definition(self) -> dict[str, Any]:
        """Return the definition, of which equal groups with default values can be made, as plain JSON values."""
        return {name: group.definition() for name, group in self._groups.items()}

    def differences(self, other: TunableGroups) -> list[str]:
        """Name the tunables that are defined otherwise in `other`, each with what differs.

        Order, costs, descriptions and ``meta`` do not count.

        Examples
        --------
        >>> old = TunableGroups({"g": {"cost": 1, "params": {"n": {"type": "int", "range": [0, 9], "default": 1}}}})
        >>> new = TunableGroups({"g": {"cost": 1, "params": {"n": {"type": "int", "range": [0, 7], "default": 1}}}})
        >>> old.differences(new)
        ["'n' (range)"]
        """
        names = dict.fromkeys([*self._found, *other._found])
        changes = {name: self._changes(name, other) for name in names}
        return [f"{name!r} ({', '.join(keys)})" for name, keys in changes.items() if keys]

    def _changes(self, name: str, other: TunableGroups) -> list[str]:
        if name not in other or name not in self:
            return ["added" if name in other else "removed"]
        (mine, my_group), (theirs, their_group) = self.get_tunable(name), other.get_tunable(name)
        moved = ["group"] if my_group.name != their_group.name else []
        return moved + mine.definition.changes(theirs.definition)


def _hint(name: object, known: Iterable[str]) -> str:
    """Return the names that are like `name`, as the rest of a sentence."""
    similar = difflib.get_close_matches(str(name), list(known))
    return f"; did you mean {' or '.join(map(repr, similar))}?" if similar else ""
