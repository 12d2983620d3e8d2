"""How much memory this process takes."""

from __future__ import annotations

import re
import resource
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


class Watermark:
    """The highest use of memory from when it is made."""

    def __init__(self) -> None:
        if CLEAR.exists():
            CLEAR.write_text("5", encoding="ascii")  # Linux begins to watch anew
        self._before = _now()

    def rise(self) -> int:
        """Return by how many bytes the highest use exceeds the one at the beginning."""
        return max(_highest() - self._before, 0)


def _now() -> int:
    return _of_linux("VmRSS") if STATUS.exists() else _highest()


def _highest() -> int:
    if STATUS.exists():
        return _of_linux("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _of_linux(field: str) -> int:
    [kilobytes] = re.findall(rf"{field}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"))
    return 1024 * int(kilobytes)
