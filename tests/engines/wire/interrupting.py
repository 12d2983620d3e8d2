"""Interrupts a program at a certain moment, as Ctrl-C does at any."""

from __future__ import annotations

import sys
from collections.abc import Collection
from types import FrameType
from typing import Self


class Calls:
    """Counts the calls of functions in some files, and interrupts the program at one of them.

    Parameters
    ----------
    files
        Parts of the names of the files.
    last
        The number of the call that is interrupted; None counts only.
    """

    def __init__(self, files: Collection[str], last: int | None = None) -> None:
        self.number = 0
        self._files, self._last = files, last

    def __enter__(self) -> Self:
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *exc_info: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and any(part in frame.f_code.co_filename for part in self._files):
            self.number += 1
            if self.number == self._last:
                sys.setprofile(None)
                raise KeyboardInterrupt
