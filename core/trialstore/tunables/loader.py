"""Tunables from JSON5 files and texts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from trialstore.errors import ConfigError, ConfigNotFoundError
from trialstore.tunables.groups import TunableGroups

if TYPE_CHECKING:
    from collections.abc import Iterable

Source: TypeAlias = str | os.PathLike[str]
"""The path of a JSON5 file, or a JSON5 text; a string with a brace or bracket is a text."""


def load_tunables(sources: Source | Iterable[Source]) -> TunableGroups:
    """Return the tunables that are defined in some files and texts.

    Parameters
    ----------
    sources
        One or more of them. A group may stand in several if it is defined alike.

    Raises
    ------
    ConfigNotFoundError
        If a file is missing; it is a `FileNotFoundError` too.
    ConfigError
        If a source is no JSON5, does not fit the schema or contradicts an earlier one; the message says which.

    Examples
    --------
    >>> load_tunables(['{cache: {cost: 1, params: {mb: {type: "int", range: [1, 64], default: 8}}}}  // JSON5'])
    { cache::mb=8 }
    """
    tunables = TunableGroups()
    for number, source in enumerate([sources] if isinstance(sources, (str, os.PathLike)) else sources, 1):
        try:
            tunables.merge(TunableGroups(_read(source)))
        except FileNotFoundError as error:
            raise ConfigNotFoundError(
                f"there is no file of tunables {source}, seen from {Path.cwd()}"
            ) from error
        except ValueError as error:
            label = f"text {number}" if _is_text(source) else source
            raise ConfigError(f"tunables in {label}: {error}") from error
    return tunables


def _is_text(source: Source) -> bool:
    return isinstance(source, str) and not {"{", "["}.isdisjoint(source)


def _read(source: Source) -> Any:
    """Return what stands in a JSON5 file or text, or raise ValueError."""
    import json5

    text = str(source) if _is_text(source) else Path(source).read_text(encoding="utf-8")
    return json5.loads(text, allow_duplicate_keys=False)
