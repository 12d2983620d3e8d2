"""``trialstore conformance``: whether a backend keeps the contract."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from trialstore.cli.output import one_line
from trialstore.errors import BackendNotInstalledError, TrialstoreError

__all__ = ["conformance"]

_NEEDED = ("hypothesis", "pytest", "pytest_timeout")


def _page_path(path: Path | None) -> Path | None:
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {path.parent}")
    return path


_Config = Annotated[
    str,
    typer.Argument(
        metavar="CONFIG",
        help="The config of a scratch storage. The tests delete what is in it, and refuse it if it holds experiments.",
    ),
]
_Thorough = Annotated[
    bool, typer.Option("--thorough", help="Search for much longer: more calls, more processes, more chaos.")
]
_Page = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="PATH", callback=_page_path, help="Write the report as one HTML page too."
    ),
]
_Only = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        help="Only the tests with this text in their names, or of the sentence with this number.",
    ),
]


def conformance(
    config: _Config, *, thorough: _Thorough = False, html: _Page = None, only: _Only = ""
) -> None:
    """Check whether a backend keeps the contract, without writing a test.

    If the config says $SCRATCH_DIR (a new folder for each test) or $SCRATCH
    (a new name), as in "database": "$SCRATCH_DIR/trials.db", each test has a
    storage of its own. Else the tests share one, which is emptied before
    each, and those that need an absent storage are left out.

    The exit code is 1 if the contract is broken, and 2 if the tests could not
    be run.
    """
    try:
        _require_the_extra()
        from trialstore_conformance.command.checking import check

        code = check(config, thorough=thorough, html=html, only=only)
    except (TrialstoreError, OSError) as error:
        typer.echo(f"error: {one_line(str(error))}", err=True)
        code = 2
    raise typer.Exit(code)


def _require_the_extra() -> None:
    for module in _NEEDED:
        if find_spec(module) is None:
            raise BackendNotInstalledError(
                f"the conformance suite needs the module {module!r}, which is not installed; "
                "run: pip install 'trialstore[conformance]'",
                name=module,
            )
