"""``trialstore new-backend``: a package to begin a backend with."""

from __future__ import annotations

import re
import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Annotated

import typer

from trialstore.cli.output import hint, show
from trialstore.cli.tables import cell

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["new_backend"]

_TEMPLATE = Path(__file__).parent / "backend_template"
_SUFFIX = ".in"
"""What the template's files end with, so that no tool takes them for ours."""
_NAME = re.compile(r"(?!trialstore\b)[a-z][a-z0-9]*(-[a-z0-9]+)*")


def _new_name(name: str) -> str:
    """Return a name that a new backend may have, or raise BadParameter."""
    if not _NAME.fullmatch(name):
        raise typer.BadParameter(
            f"{name!r} cannot name a backend: give small letters, digits and single dashes, a letter first, "
            f"without 'trialstore'{_advice(name)}"
        )
    if owners := _owners(name):
        raise typer.BadParameter(f"{name!r} is taken by {owners[0]}; choose another name, or uninstall that")
    return name


def _advice(wrong: str) -> str:
    meant = re.sub(r"[^a-z0-9]+", "-", wrong.lower()).strip("-").removeprefix("trialstore-")
    return f"; did you mean {meant!r}?" if _NAME.fullmatch(meant) else ""


def _owners(name: str) -> list[str]:
    """Return what is installed under a name: backends, plugins that could not be loaded, the package."""
    from trialstore.plugins import Registry

    registry, package = Registry(), _package(name)
    return [
        *(str(known) for known in registry.backends if name in {*known.spec.names, *known.spec.schemes}),
        *(str(failure.origin) for failure in registry.failures if failure.answers_to(name)),
        *([f"the package {package}"] if find_spec(package) else []),
    ]


def _package(name: str) -> str:
    return f"trialstore_{name.replace('-', '_')}"


_Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        callback=_new_name,
        help="The engine's name, in small letters, such as redis or big-table.",
    ),
]
_Into = Annotated[
    Path,
    typer.Option(
        exists=True,
        file_okay=False,
        metavar="FOLDER",
        help="The folder to write into, instead of the working directory.",
    ),
]


def new_backend(name: _Name, *, into: _Into = Path()) -> None:
    """Write a package trialstore-NAME, to begin a backend for another engine with.

    It can be installed, and holds the conformance suite; the methods of its backend are yours to write.
    """
    folder = into / f"trialstore-{name}"
    _write(
        folder,
        {
            "name": name,
            "distribution": folder.name,
            "package": _package(name),
            "backend": f"{name.title().replace('-', '')}Backend",
        },
    )
    show(cell(f"{folder} holds a backend whose methods are yours to write."))
    hint(
        "Go on with:\n"
        f"  cd {shlex.quote(str(folder))}\n"
        "  pip install --editable . 'trialstore[conformance]'\n"
        "  pytest -x\n"
        "Each failing test names the method that it misses; README.md says in which order to write them."
    )


def _write(folder: Path, words: Mapping[str, str]) -> None:
    """Write the template with its placeholders filled in, in paths and in texts, or nothing."""
    try:
        folder.mkdir()
    except FileExistsError:
        raise FileExistsError(f"{folder} exists already: remove it, or choose another name") from None
    try:
        for source in sorted(_TEMPLATE.rglob(f"*{_SUFFIX}")):
            path = source.relative_to(_TEMPLATE).with_suffix("")
            target = folder / Template(str(path)).substitute(words)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(Template(source.read_text("utf-8")).substitute(words), "utf-8")
    except BaseException:
        shutil.rmtree(folder)
        raise
