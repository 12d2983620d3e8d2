"""Forked children that do something for a test."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def in_a_fork(function: Callable[[], None]) -> int:
    """Run a function in a forked child and return how the child ended."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
