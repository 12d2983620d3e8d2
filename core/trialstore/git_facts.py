"""The git repository and commit of a file, as far as they can be known."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path


def git_facts(path: str | None) -> tuple[str | None, str | None]:
    """Return (remote or folder of the repository, commit) of the repository that `path` lies in.

    Outside a repository, or without git, both are None, and nothing is run. Credentials are cut out of the remote.
    """
    folder = _folder_of(path)
    if shutil.which("git") is None or not _is_in_repository(folder):
        return None, None
    remote = _git(folder, "remote", "get-url", "origin") or _git(folder, "rev-parse", "--show-toplevel")
    return _without_credentials(remote), _git(folder, "rev-parse", "HEAD")


def _folder_of(path: str | None) -> Path:
    try:
        folder = Path(path or ".").resolve().parent if path else Path.cwd()
        return folder if folder.is_dir() else Path.cwd()
    except FileNotFoundError:
        return Path()  # the working directory is gone
    except (OSError, ValueError):
        return Path.cwd()


def _is_in_repository(folder: Path) -> bool:
    return any((parent / ".git").exists() for parent in (folder, *folder.parents))


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    # Inside a git hook, these variables name the repository of the hook.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - git itself, without a shell
            command, capture_output=True, text=True, timeout=5, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def _without_credentials(remote: str | None) -> str | None:
    return None if remote is None else re.sub(r"(?<=://)[^/]*@", "", remote)
