"""One check of one storage, from its config to the verdict."""

from __future__ import annotations

import tempfile
from pathlib import Path

from trialstore.cli.output import hint, one_line, show
from trialstore_conformance.command.following import INTERRUPTED, followed
from trialstore_conformance.command.page import as_html
from trialstore_conformance.command.report import Report
from trialstore_conformance.command.scratch import delete_experiments
from trialstore_conformance.command.subject import Subject
from trialstore_conformance.command.terminal import renderables
from trialstore_conformance.command.watching import Order

__all__ = ["check"]


def check(config: str, *, only: str = "", thorough: bool = False, html: Path | None = None) -> int:
    """Run the suite on the storage of a config, and print what it has shown.

    Parameters
    ----------
    config
        The path of the config. A value that mentions ``$SCRATCH`` or ``$SCRATCH_DIR`` gives each test a storage of its
        own; without them, the tests share one, and those that need an absent storage are left out.
    only
        A part of the names of tests, or the number of a sentence; empty for all tests.
    thorough
        Whether to search for longer.
    html
        Where to write the report as a page.

    Returns
    -------
    int
        0 if the contract was found kept, 1 if it is broken, 130 after Ctrl-C.

    Raises
    ------
    TrialstoreError
        If the tests cannot be run, or must not be: the storage holds experiments, for instance.
    """
    with tempfile.TemporaryDirectory(prefix="trialstore-check-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        order = Order(Subject.of(config, folder), folder, only, thorough)
        hint(order.subject.warning)
        try:
            report = followed(order)
        finally:
            _tidy(order)
    _tell(report, html)
    return 130 if report.unfinished == INTERRUPTED else int(not report.passes)


def _tidy(order: Order) -> None:
    """Delete what the last test has stored, as the next run would refuse a storage that holds experiments."""
    subject = order.subject
    if subject.can_be_absent:
        return
    with subject.storage("0", order.folder) as config:
        try:
            delete_experiments(config)
        except Exception as error:  # noqa: BLE001 - the backend may be wrong in any way
            hint(f"What the last test stored could not be deleted: {one_line(str(error))}")


def _tell(report: Report, html: Path | None) -> None:
    show(*renderables(report))
    if report.subject.leftovers:
        hint(report.subject.leftovers)
    if html is not None:
        html.write_text(as_html(report), encoding="utf-8")
        hint(f"The report is in {html}.")
