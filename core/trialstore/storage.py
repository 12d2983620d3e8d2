"""The storage: experiments on one backend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from trialstore.codec import encode_definition
from trialstore.context import ExperimentContext
from trialstore.errors import ExperimentNotFoundError, InvalidInputError
from trialstore.experiment import Experiment as ExperimentHandle
from trialstore.records import ExperimentQuery, ExperimentRecord, Objective
from trialstore.resume import warn_of_differences
from trialstore.session import Session
from trialstore.trial import Trial as TrialHandle
from trialstore.values import plain_int, plain_name, plain_text

if TYPE_CHECKING:
    from trialstore.backend import Backend, Capability
    from trialstore.data import ExperimentData
    from trialstore.events import Events
    from trialstore.records import Direction
    from trialstore.tunables import TunableGroups

_MAX_TRIAL_ID = 2**53


class Storage:
    """Experiments and their trials, on one backend.

    Usually made by `trialstore.from_config` or `trialstore.open`. It is a context manager, thread-safe, survives a
    fork, and pickles as the config that it was made from, wherever the backend can be shared between processes.

    Parameters
    ----------
    backend
        Where the records are kept.
    lazy_schema_create
        Whether to connect (and create an absent schema) at the first use instead of now.
    create
        Whether to create what is absent. Without it, an absent storage is a `StorageNotFoundError`.
    read_only
        Whether to refuse every write.
    retry_for
        For how many seconds a call is repeated that fails in passing.
    observers
        Who is told what has happened.
    recipe
        Makes an equal storage; needed for pickling.
    """

    Experiment: ClassVar = ExperimentHandle
    Trial: ClassVar = TrialHandle

    def __init__(
        self,
        backend: Backend,
        *,
        lazy_schema_create: bool = False,
        create: bool = True,
        read_only: bool = False,
        retry_for: float = 60.0,
        observers: Events | None = None,
        recipe: Callable[[], Storage] | None = None,
    ) -> None:
        self.session = Session(
            backend, create=create, read_only=read_only, retry_for=retry_for, events=observers, recipe=recipe
        )
        if not lazy_schema_create:
            self.session.ensure_open()

    def __repr__(self) -> str:
        return self.session.backend.label

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[..., Storage], tuple[Any, ...]]:
        return _of_session, (self.session,)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the backend declares to be able to."""
        return self.session.backend.capabilities

    @property
    def experiments(self) -> Mapping[str, ExperimentData]:
        """The experiments by id, in the order of their ids: a lazy mapping that reads what is asked for."""
        from trialstore.data import experiments_of

        return experiments_of(self.session)

    def experiment(
        self,
        *,
        experiment_id: str,
        trial_id: int = 1,
        root_env_config: str | None = None,
        description: str | None = None,
        tunables: TunableGroups | None = None,
        opt_targets: Mapping[str, str] | None = None,
        max_attempts: int | None = None,
    ) -> ExperimentHandle:
        """Return a handle that begins an experiment, or resumes the stored one, when it is entered.

        Parameters
        ----------
        experiment_id
            Unique in the storage.
        trial_id
            The id of the first trial; it counts only while the experiment has never had one.
        root_env_config
            The script or config that the trials run; its git repository and commit are stored too.
        description
            What it is about.
        tunables
            The parameters; without them trials take plain dicts. Their definition is stored.
        opt_targets
            The objectives in order: metric name to ``"min"`` or ``"max"``.
        max_attempts
            How many leases a trial may lose before it fails; by default without limit.

        Raises
        ------
        InvalidInputError
            If one of these cannot be stored.
        """
        given = ExperimentRecord(
            experiment_id=plain_name(experiment_id, "experiment_id"),
            uid="",
            description=None if description is None else plain_text(description, "description"),
            root_env_config=None
            if root_env_config is None
            else plain_text(root_env_config, "root_env_config"),
            objectives=_objectives(opt_targets or {}),
            tunables=None if tunables is None else encode_definition(_definition(tunables)),
            max_attempts=None if max_attempts is None else plain_int(max_attempts, "max_attempts", minimum=1),
        )
        first = plain_int(trial_id, "trial_id", minimum=0, maximum=_MAX_TRIAL_ID)
        return ExperimentHandle(ExperimentContext(self.session, given, tunables, is_stored=False), first)

    def get_experiment_by_id(
        self,
        experiment_id: str,
        tunables: TunableGroups | None = None,
        opt_targets: Mapping[str, str] | None = None,
    ) -> ExperimentHandle | None:
        """Return a handle that resumes a stored experiment, or None if there is none of that id.

        Without `tunables` the handle has the ones that are stored with the experiment.
        """
        found = self._find(experiment_id)
        if found is None:
            return None
        given = ExperimentRecord(
            experiment_id=experiment_id, uid="", objectives=_objectives(opt_targets or {})
        )
        warn_of_differences(given, found, tunables)
        return ExperimentHandle(ExperimentContext(self.session, found, tunables, is_stored=True), 1)

    def delete_experiment(self, experiment_id: str) -> None:
        """Delete an experiment with all its trials, for good; its tunable configs stay.

        Raises
        ------
        ExperimentNotFoundError
            If there is none of that id.
        """
        found = self._find(experiment_id)
        if found is None:
            raise ExperimentNotFoundError(f"there is no experiment {experiment_id!r} in {self!r}")
        self.session.delete_experiment(found.uid)

    def update_schema(self) -> Self:
        """Create an absent schema, or migrate an older one in place; does nothing to a current one."""
        self.session.upgrade()
        return self

    def close(self) -> None:
        """Let go of every connection; the storage cannot be used after that."""
        self.session.close()

    def _find(self, experiment_id: str) -> ExperimentRecord | None:
        name = plain_name(experiment_id, "experiment_id")
        found = self.session.find_experiments(ExperimentQuery(experiment_ids=[name]))
        return found[0] if found else None


def _of_session(session: Session) -> Storage:
    storage = Storage.__new__(Storage)
    storage.session = session
    return storage


def _objectives(opt_targets: Mapping[str, str]) -> tuple[Objective, ...]:
    if not isinstance(opt_targets, Mapping):
        raise InvalidInputError(f"opt_targets must map metric names to 'min' or 'max', not {opt_targets!r}")
    return tuple(_objective(metric, direction) for metric, direction in opt_targets.items())


def _objective(metric: str, direction: str) -> Objective:
    name = plain_name(metric, "a metric in opt_targets")
    if direction not in ("min", "max"):
        raise InvalidInputError(
            f"the direction of objective {name!r} must be 'min' or 'max', not {direction!r}"
        )
    return Objective(name, cast("Direction", direction))


def _definition(tunables: TunableGroups) -> dict[str, Any]:
    from trialstore.tunables import TunableGroups

    if not isinstance(tunables, TunableGroups):
        raise InvalidInputError(
            f"tunables must be TunableGroups, not {type(tunables).__name__}: "
            "make them with TunableGroups({...}) or load_tunables([...])"
        )
    return tunables.definition()
