"""The command line: ``trialstore``, or ``python -m trialstore``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments
        What follows the program's name on the command line, which is also the default.

    Returns
    -------
    int
        0 if all went well, 1 for an error of trialstore or of the system, 2 for wrong usage, 130 after Ctrl-C.
    """
    try:
        from trialstore.cli.run import run

        return run(arguments)
    except KeyboardInterrupt:  # while modules were imported: later, typer handles it
        return 130
