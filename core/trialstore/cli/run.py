"""Runs the program: what goes wrong becomes one line on stderr and an exit code."""

from __future__ import annotations

import io
import sys
import warnings
from typing import TYPE_CHECKING

import typer
from typer.main import get_command

from trialstore.cli.app import build_app
from trialstore.cli.output import one_line
from trialstore.errors import TrialstoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["run"]


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `trialstore.cli.main` says which."""
    _tolerate_narrow_encodings()
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        return _exit_code(arguments)


def _exit_code(arguments: Sequence[str] | None) -> int:
    code: object = 0
    try:
        get_command(build_app()).main(arguments, prog_name="trialstore")
    except SystemExit as done:  # how typer ends, in success too
        code = done.code
    except (TrialstoreError, OSError) as error:
        typer.echo(f"error: {one_line(str(error))}", err=True)
        code = 1
    return code if isinstance(code, int) else 0


def _tolerate_narrow_encodings() -> None:
    """Let characters that the terminal's encoding lacks be escaped, instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    typer.echo(f"warning: {one_line(str(message))}", err=True)
