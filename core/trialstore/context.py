"""What all handles of one experiment share: the session, the stored experiment, its tunables, and how to read trials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trialstore.codec import decode_definition, encode_definition
from trialstore.errors import ExperimentNotFoundError, TrialstoreError, TunablesMismatchError
from trialstore.records import ExperimentQuery, ExperimentRecord, TrialQuery
from trialstore.resume import created, warn_of_differences
from trialstore.values import Scalar

if TYPE_CHECKING:
    from trialstore.records import Direction, TrialRecord
    from trialstore.session import Session
    from trialstore.tunables import TunableGroups


class ExperimentContext:
    """One experiment, as its handles see it: `record` is what was given until it is found in the storage.

    It holds no lock: finding and creating an experiment may be repeated, and each leads to the same one.
    """

    def __init__(
        self, session: Session, record: ExperimentRecord, tunables: TunableGroups | None, *, is_stored: bool
    ) -> None:
        self.session = session
        self.record = record
        self.tunables = tunables
        self._is_stored = is_stored
        self._adopt_tunables()

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
        if self._is_stored:
            self.refresh()
        elif not self._look_for_it():
            self._adopt_or_warn(created(self.session, self.record))
        self.session.events.experiment_opened(self.record.experiment_id)

    def ensure_entered(self) -> None:
        """Create the experiment unless it is known to be stored: before a first write."""
        if not self._is_stored:
            self.enter()

    def ensure_found(self) -> None:
        """Find the experiment in the storage, or raise `ExperimentNotFoundError`: before a first read."""
        if not self.look():
            raise self._not_found()

    def look(self) -> bool:
        """Find out whether the experiment is in the storage, unless that is known."""
        return self._is_stored or self._look_for_it()

    def refresh(self) -> None:
        """Read the experiment again, or raise `ExperimentNotFoundError` if this very one has been deleted."""
        found = self.session.find_experiments(ExperimentQuery(uids=[self.uid]))
        if not found:
            raise self._not_found()
        self.record = found[0]

    def find(self, **conditions: Any) -> list[TrialRecord]:
        """Return the trials of the experiment that meet the conditions of a `TrialQuery`."""
        self.ensure_found()
        return self.session.find_trials(TrialQuery(uid=self.uid, **conditions))

    def pages(self, **conditions: Any) -> Iterator[list[TrialRecord]]:
        """Return the same in pages, so that not all need to be held at once."""
        self.ensure_found()
        return self.session.trial_pages(TrialQuery(uid=self.uid, **conditions))

    def check_fit(self, configs: Iterable[Mapping[str, Scalar]]) -> None:
        """Raise `TunablesMismatchError` unless stored parameter values fit the tunables."""
        if self.tunables is None or encode_definition(self.tunables.definition()) == self.record.tunables:
            return  # what was stored under this very definition fits it
        for values in configs:
            try:
                self.tunables.check(values)
            except TrialstoreError as error:
                message = f"stored values of experiment {self.record.experiment_id!r} do not fit its tunables: {error}"
                raise TunablesMismatchError(message) from error

    def _look_for_it(self) -> bool:
        query = ExperimentQuery(experiment_ids=[self.record.experiment_id])
        for stored in self.session.find_experiments(query):
            self._adopt_or_warn(stored)
        return self._is_stored

    def _adopt_or_warn(self, stored: ExperimentRecord) -> None:
        """Take what is stored for what is so, and warn where it differs from what was given."""
        warn_of_differences(self.record, stored, self.tunables)
        self.record = stored
        self._is_stored = True
        self._adopt_tunables()

    def _adopt_tunables(self) -> None:
        if self.tunables is None and self._is_stored and self.record.tunables is not None:
            from trialstore.tunables import TunableGroups

            self.tunables = TunableGroups(decode_definition(self.record.tunables))

    def _not_found(self) -> ExperimentNotFoundError:
        return ExperimentNotFoundError(
            f"experiment {self.record.experiment_id!r} is not in {self.session.backend.label}: it was never begun, or has "
            "been deleted; storage.experiment() makes a handle that begins it"
        )
