"""``trialstore backends``: which engines there are."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from trialstore.cli.options import Json
from trialstore.cli.output import print_json, show
from trialstore.cli.tables import cell, make_table

if TYPE_CHECKING:
    from rich.text import Text

    from trialstore.plugins import BackendInfo

__all__ = ["backends"]

_STYLES = {"ok": "green", "not installed": "yellow"}
_COLUMNS = ("backend", "status", "URLs", "class", "from", "capabilities")


def backends(*, json: Json = False) -> None:
    """List the storage backends that are installed, and what those that cannot be used lack."""
    from trialstore.plugins import list_backends

    infos = list_backends()
    if json:
        print_json([asdict(info) for info in infos])
        return
    show(make_table("Backends", _COLUMNS, map(_row, infos)))
    for info in infos:
        if info.why:
            show(cell(f"{info.name}: {info.why}"))


def _row(info: BackendInfo) -> tuple[str | Text, ...]:
    return (
        info.name,
        cell(info.status, _STYLES.get(info.status, "red")),
        " ".join(f"{scheme}://" for scheme in info.schemes),
        info.class_name,
        f"{info.distribution} {info.version}".strip(),
        ", ".join(info.capabilities),
    )
