"""Creates an experiment, or resumes the one that is stored: the stored facts win, and differences are named."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from trialstore.codec import decode
from trialstore.errors import ExperimentMismatchWarning
from trialstore.git_facts import git_facts
from trialstore.records import ExperimentQuery, ExperimentRecord

if TYPE_CHECKING:
    from trialstore.session import Session
    from trialstore.tunables import TunableGroups

_FACTS = ("description", "root_env_config", "max_attempts")


def created_or_resumed(
    session: Session, given: ExperimentRecord, tunables: TunableGroups | None
) -> ExperimentRecord:
    """Return the stored experiment with the id of `given`, which is stored first if there is none."""
    found = session.find_experiments(ExperimentQuery(experiment_ids=[given.experiment_id]))
    stored = found[0] if found else session.put_experiment(_with_git_facts(given))
    if stored.uid != given.uid:
        warn_of_differences(given, stored, tunables)
    return stored


def warn_of_differences(
    given: ExperimentRecord, stored: ExperimentRecord, tunables: TunableGroups | None
) -> None:
    """Issue one `ExperimentMismatchWarning` that names every given fact that differs from the stored one."""
    differences = [*_differing_facts(given, stored), *_differing_tunables(stored, tunables)]
    if differences:
        message = f"experiment {stored.experiment_id!r} is resumed as it is stored, which differs from what was given: "
        warnings.warn(message + "; ".join(differences), ExperimentMismatchWarning, stacklevel=5)


def _with_git_facts(given: ExperimentRecord) -> ExperimentRecord:
    repo, commit = git_facts(given.root_env_config)
    return replace(given, git_repo=repo, git_commit=commit)


def _differing_facts(given: ExperimentRecord, stored: ExperimentRecord) -> Iterator[str]:
    for fact in _FACTS:
        new, old = getattr(given, fact), getattr(stored, fact)
        if new is not None and new != old:
            yield f"{fact} is {old!r}, not {new!r}"
    if given.objectives and given.objectives != stored.objectives:
        yield f"objectives are {_objectives(stored)}, not {_objectives(given)}"


def _differing_tunables(stored: ExperimentRecord, tunables: TunableGroups | None) -> Iterator[str]:
    from trialstore.tunables import TunableGroups

    if tunables is None or stored.tunables is None:
        return
    if names := TunableGroups(decode(stored.tunables)).differences(tunables):
        yield f"the definitions of these tunables differ (the given ones are used): {', '.join(names)}"


def _objectives(record: ExperimentRecord) -> dict[str, str]:
    return {objective.metric: objective.direction for objective in record.objectives}
