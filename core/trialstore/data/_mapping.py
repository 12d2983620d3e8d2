"""A mapping that reads from the storage what is asked of it, and keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, ItemsView, Iterator, Mapping, ValuesView
from typing import TypeVar, cast

from trialstore.data._html import mapping_table
from trialstore.errors import InvalidInputError, NotFoundError
from trialstore.values import plain_scalar

K = TypeVar("K", bound=str | int)
V = TypeVar("V")


class LazyMapping(Mapping[K, V]):
    """A read-only mapping, ordered by key, over what the storage holds at the moment of each access.

    One key costs one small query; `values`, `items` and the repr read everything at once. So
    ``for trial in trials.values()`` is the way to go through all of them.
    """

    def __init__(
        self,
        kind: type[K],
        keys: Callable[[], Collection[K]],
        fetch: Callable[[Collection[K] | None], dict[K, V]],
        missing: Callable[[K], NotFoundError],
    ) -> None:
        self._kind = kind
        self._keys = keys
        self._fetch = fetch
        self._missing = missing

    def __getitem__(self, key: K) -> V:
        wanted = self._plain(key)
        if wanted is not None and (found := self._fetch([wanted])):
            return found[wanted]
        raise self._missing(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def __repr__(self) -> str:
        return repr(self._fetch(None))

    def _repr_html_(self) -> str:
        return mapping_table(self._fetch(None))

    def values(self) -> ValuesView[V]:
        """Return all values, read at once."""
        return self._fetch(None).values()

    def items(self) -> ItemsView[K, V]:
        """Return all keys and values, read at once."""
        return self._fetch(None).items()

    def _plain(self, key: K) -> K | None:
        """Return a key in the form in which it is stored (of a NumPy integer, say), or None if it cannot be."""
        try:
            plain = plain_scalar(key, "the key")
        except InvalidInputError:
            return None
        return cast("K", plain) if type(plain) is self._kind else None
