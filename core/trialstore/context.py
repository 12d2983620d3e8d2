"""What all handles of one experiment share: the session, the stored experiment, its tunables, and how to read trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import RLock
from typing import TYPE_CHECKING, Any

from trialstore.codec import decode
from trialstore.errors import ExperimentNotFoundError, TrialstoreError, TunablesMismatchError
from trialstore.records import ExperimentQuery, ExperimentRecord, TrialQuery
from trialstore.resume import created_or_resumed, warn_of_differences
from trialstore.values import Scalar

if TYPE_CHECKING:
    from trialstore.records import Direction, TrialRecord
    from trialstore.session import Session
    from trialstore.tunables import TunableGroups


class ExperimentContext:
    """One experiment, as its handles see it: `record` is what was given until it is found in the storage."""

    def __init__(
        self, session: Session, record: ExperimentRecord, tunables: TunableGroups | None, *, is_stored: bool
    ) -> None:
        self.session = session
        self.record = record
        self.tunables = tunables
        self._is_stored = is_stored
        self._lock = RLock()
        self._adopt_tunables()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=RLock())

    @property
    def uid(self) -> str:
        """The identity of the experiment."""
        return self.record.uid

    @property
    def opt_targets(self) -> dict[str, Direction]:
        """The objectives in order: metric name to direction."""
        return {objective.metric: objective.direction for objective in self.record.objectives}

    def enter(self) -> None:
        """Create or resume the experiment; if this handle did so before, read again what is stored."""
        with self._lock:
            if self._is_stored:
                self._refresh()
            else:
                self._adopt(created_or_resumed(self.session, self.record, self.tunables))
        self.session.events.experiment_opened(self.record.experiment_id)

    def ensure_entered(self) -> None:
        """Create or resume the experiment unless that has happened: before a first write."""
        with self._lock:
            if not self._is_stored:
                self.enter()

    def ensure_found(self) -> None:
        """Find the experiment in the storage, or raise `ExperimentNotFoundError`: before a first read."""
        self.look()
        if not self._is_stored:
            raise self._not_found()

    def look(self) -> None:
        """Find out whether the experiment is in the storage, unless that is known."""
        with self._lock:
            if self._is_stored:
                return
            for stored in self.session.find_experiments(
                ExperimentQuery(experiment_ids=[self.record.experiment_id])
            ):
                warn_of_differences(self.record, stored, self.tunables)
                self._adopt(stored)

    def find(self, **conditions: Any) -> list[TrialRecord]:
        """Return the trials of the experiment that meet the conditions of a `TrialQuery`."""
        self.ensure_found()
        return self.session.find_trials(TrialQuery(uid=self.uid, **conditions))

    def check_fit(self, configs: Iterable[Mapping[str, Scalar]]) -> None:
        """Raise `TunablesMismatchError` unless stored parameter values fit the tunables."""
        if self.tunables is None:
            return
        for values in configs:
            try:
                self.tunables.check(values)
            except TrialstoreError as error:
                message = f"stored values of experiment {self.record.experiment_id!r} do not fit its tunables: {error}"
                raise TunablesMismatchError(message) from error

    def _refresh(self) -> None:
        found = self.session.find_experiments(ExperimentQuery(uids=[self.uid]))
        if not found:
            raise self._not_found()
        self.record = found[0]

    def _not_found(self) -> ExperimentNotFoundError:
        return ExperimentNotFoundError(
            f"experiment {self.record.experiment_id!r} is not in {self.session.backend.label}: it was never begun, or has "
            "been deleted; storage.experiment() makes a handle that begins it"
        )

    def _adopt(self, stored: ExperimentRecord) -> None:
        self.record = stored
        self._is_stored = True
        self._adopt_tunables()

    def _adopt_tunables(self) -> None:
        if self.tunables is None and self._is_stored and self.record.tunables is not None:
            from trialstore.tunables import TunableGroups

            self.tunables = TunableGroups(decode(self.record.tunables))
