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

_URL_LIKE = re.compile(r"(?![A-Za-z]:[\\/])(?:(?P<scheme>[A-Za-z][\w+.-]*):|.*(?:://|@))", re.DOTALL)


def working_directory() -> Path | None:
    """Return the working directory, or None if it has been deleted."""
    try:
        return Path.cwd()
    except OSError:
        return None


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
        """Return the working directory as it is now, if there is one, then the folders of `config_path`."""
        here = working_directory()
        return cls(() if here is None else (str(here),)).with_more(config_path)

    def with_more(self, config_path: PathsLike) -> Folders:
        """Return these folders and then those of `config_path`.

        Raises
        ------
        ConfigError
            If it is neither a folder nor several.
        """
        paths = [config_path] if isinstance(config_path, (str, os.PathLike)) else config_path
        if not isinstance(paths, Iterable):
            raise ConfigError(f"config_path is a folder or a list of them, not {type(paths).__name__}")
        return Folders((*self.given, *map(_absolute, paths)))

    def find(self, name: str | os.PathLike[str]) -> Path | None:
        """Return the path of the first file or folder of that name."""
        relative = _without_tilde(name)
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
            raise _not_found(os.fspath(name), self.given)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path} is not UTF-8 text, at byte {error.start}") from None
        return _parsed(str(path), text)


def plain(value: Any) -> Any:
    """Return a copy that shares nothing with `value`, of dicts, lists and scalars; paths become strings.

    Raises
    ------
    ConfigError
        If a key is no string, or if the value contains itself.
    """
    try:
        return _plain(value)
    except RecursionError:
        raise ConfigError("a config contains itself, or is nested too deeply") from None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _absolute(path: Any) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise ConfigError(f"a folder in config_path is a string or a path, not {type(path).__name__}")
    return str((working_directory() or Path()) / _without_tilde(path))


def _without_tilde(path: str | os.PathLike[str]) -> Path:
    return Path(os.path.expanduser(path))  # noqa: PTH111 - it never raises


def _not_found(name: str, folders: Iterable[str]) -> ConfigNotFoundError:
    url = _URL_LIKE.match(name)
    if url is None:
        searched = ", ".join((*folders, "the configs shipped with trialstore"))
        return ConfigNotFoundError(f"there is no config file {name!r} in any of: {searched}")
    return ConfigNotFoundError(  # does not repeat the name, which may hold a password
        "there is no config file of the given name, which looks like a URL; a URL is opened with trialstore.open(), "
        f"and written {url['scheme'] or 'scheme'}://username:password@host/database"
    )


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
