"""Temporary directories that do not outlive the test run, however it ends."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TypedDict

JANITOR = Path(__file__).with_name("janitor.py")


class Tenant(TypedDict, total=False):
    """As whom a subprocess runs."""

    user: str
    group: int
    extra_groups: list[int]


class Home:
    """A directory that goes, with all the processes that run in it, when this process goes.

    A janitor, a process of its own, sees to it, so that it happens also after ``kill -9``. Because servers refuse
    to run as root, root's belong to ``nobody``, and so does the directory.
    """

    def __init__(self) -> None:
        self._janitor = Popen(
            [sys.executable, JANITOR, str(os.getpid())],
            stdin=PIPE,
            stdout=PIPE,
            text=True,
            start_new_session=True,  # out of reach of the terminal's Ctrl-C
        )
        assert self._janitor.stdout is not None
        answer = self._janitor.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"the janitor {JANITOR} did not start; see what it printed to stderr")
        self.path = Path(answer)
        self.tenant = _tenant()
        self.let_in(self.path)

    def let_in(self, *paths: Path) -> None:
        """Give files to whoever runs the server."""
        if user := self.tenant.get("user"):
            for path in paths:
                shutil.chown(path, user)

    def remove(self) -> None:
        """Remove the directory now; wait until that is done."""
        if self._janitor.poll() is None:
            self._janitor.communicate("done\n")
        if self._janitor.returncode:
            raise RuntimeError(f"{self.path} could not be removed; see what the janitor printed to stderr")


def _tenant() -> Tenant:
    if os.geteuid() != 0:
        return Tenant()
    return Tenant(user="nobody", group=pwd.getpwnam("nobody").pw_gid, extra_groups=[])
