"""Reads configs: JSON5 text, files in the searched folders, or dicts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from trialstore.errors import ConfigError, ConfigNotFoundError

ConfigLike: TypeAlias = str | os.PathLike[str] | Mapping[str, Any]
"""JSON5 text (a string with ``{`` or ``[``), a path, or the content itself."""
PathsLike: TypeAlias = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""One folder, or several."""

SHIPPED = Path(__file__).parent / "configs"
"""The folder of the configs that come with the package."""


@dataclass(frozen=True, slots=True)
class Source:
    """The content of one config, read but not expanded."""

    where: str
    """For error messages."""
    values: dict[str, Any] = field(repr=False)
    literal: bool = False
    """Whether a ``$`` in the values is only a dollar sign."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that configs are searched in, in their order."""

    given: tuple[str, ...]

    @classmethod
    def of(cls, config_path: PathsLike) -> Folders:
        """Return the working directory as it is now, then the folders of `config_path`."""
        return cls((os.getcwd(),)).with_more(config_path)  # noqa: PTH109 - a string, as the others are

    def with_more(self, config_path: PathsLike) -> Folders:
        """Return these folders and then those of `config_path`."""
        paths = [config_path] if isinstance(config_path, (str, os.PathLike)) else config_path
        return Folders((*self.given, *map(_absolute, paths)))

    def find(self, name: str | os.PathLike[str]) -> Path | None:
        """Return the path of the first file or folder of that name."""
        relative = Path(name).expanduser()
        candidates = (folder / relative for folder in (*map(Path, self.given), SHIPPED))
        return next((path for path in candidates if os.path.exists(path)), None)  # noqa: PTH110 - it never raises

    def resolve(self, name: str) -> str:
        """Return the path of the first file or folder of that name, or the name itself if there is none."""
        found = self.find(name) if name else None
        return str(found) if found else name

    def read(self, config: ConfigLike, what: str = "config") -> Source:
        """Return the content of a config; `what` it is is said in messages.

        Raises
        ------
        ConfigNotFoundError
            If there is no such file.
        ConfigError
            If it cannot be read, is not JSON5, or is not an object.
        """
        if isinstance(config, Mapping):
            return Source(f"the {what}", plain(config))
        if isinstance(config, str) and ("{" in config or "[" in config):
            return _parsed(f"the {what} text", config)
        if isinstance(config, (str, os.PathLike)):
            return self._read_file(config)
        raise ConfigError(f"a {what} is a path, JSON5 text or a dict, not {type(config).__name__}")

    def _read_file(self, name: str | os.PathLike[str]) -> Source:
        path = self.find(name)
        if path is None:
            searched = ", ".join((*self.given, "the configs shipped with trialstore"))
            raise ConfigNotFoundError(f"there is no config file {os.fspath(name)!r} in any of: {searched}")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path} is not UTF-8 text, at byte {error.start}") from None
        return _parsed(str(path), text)


def plain(value: Any) -> Any:
    """Return a copy that shares nothing with `value`, of dicts, lists and scalars; paths become strings."""
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _absolute(path: Any) -> str:
    return str(Path(path).expanduser().absolute())


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise ConfigError(f"the keys of a config are strings, not {type(key).__name__}")
    return key


def _parsed(where: str, text: str) -> Source:
    import json5

    try:
        values = json5.loads(text, allow_duplicate_keys=False)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where} is not valid JSON5: {_fault(error)}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{where} holds no object: expected {{...}}")
    return Source(where, values)


def _fault(error: Exception) -> str:
    """Return where a text stops being JSON5, without the text of malformed values, which may be secrets."""
    place = re.match(r"<string>:(\d+) (.*)", str(error), re.DOTALL)
    if place:
        return f"line {place[1]}: {place[2]}"
    return str(error) if str(error).startswith("Duplicate key") else "it holds a malformed value"
