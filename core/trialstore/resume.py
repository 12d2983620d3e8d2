"""Creates an experiment, and names what differs when one is resumed: the stored facts win."""

from __future__ import annotations

import inspect
import uuid
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from trialstore.codec import decode_definition, encode_definition
from trialstore.errors import ExperimentMismatchWarning
from trialstore.git_facts import git_facts
from trialstore.records import ExperimentRecord

if TYPE_CHECKING:
    from trialstore.session import Session
    from trialstore.tunables import TunableGroups

_FACTS = ("description", "root_env_config", "max_attempts")


def created(session: Session, given: ExperimentRecord) -> ExperimentRecord:
    """Return the stored experiment with the id of `given`, which is stored under a new uid unless somebody was faster."""
    repo, commit = git_facts(given.root_env_config)
    return session.put_experiment(replace(given, uid=uuid.uuid4().hex, git_repo=repo, git_commit=commit))


def warn_of_differences(
    given: ExperimentRecord, stored: ExperimentRecord, tunables: TunableGroups | None
) -> None:
    """Issue one `ExperimentMismatchWarning` that names every given fact that differs from the stored one."""
    differences = [*_differing_facts(given, stored), *_differing_tunables(stored, tunables)]
    if differences:
        message = f"experiment {stored.experiment_id!r} is resumed as it is stored, which differs from what was given: "
        warnings.warn(
            message + "; ".join(differences), ExperimentMismatchWarning, stacklevel=_depth_of_caller()
        )


def _depth_of_caller() -> int:
    """Return the stack level, as `warnings.warn` counts, of the first caller outside this package."""
    frame, depth = inspect.currentframe(), 0
    while frame is not None and frame.f_globals.get("__package__") == __package__:
        frame, depth = frame.f_back, depth + 1
    return depth


def _differing_facts(given: ExperimentRecord, stored: ExperimentRecord) -> Iterator[str]:
    for fact in _FACTS:
        new, old = getattr(given, fact), getattr(stored, fact)
        if new is not None and new != old:
            yield f"{fact} is {old!r}, not {new!r}"
    if given.objectives and given.objectives != stored.objectives:
        yield f"objectives are {_objectives(stored)}, not {_objectives(given)}"


def _differing_tunables(stored: ExperimentRecord, tunables: TunableGroups | None) -> Iterator[str]:
    if tunables is None or stored.tunables == encode_definition(tunables.definition()):
        return
    if stored.tunables is None:
        yield "it has no tunables (the given ones are used)"
        return
    from trialstore.tunables import TunableGroups

    if names := TunableGroups(decode_definition(stored.tunables)).differences(tunables):
        yield f"the definitions of these tunables differ (the given ones are used): {', '.join(names)}"


def _objectives(record: ExperimentRecord) -> dict[str, str]:
    return {objective.metric: objective.direction for objective in record.objectives}
