"""The one door from the core to a backend: its lifecycle, its retries, and what forks and pickles do to it."""

from __future__ import annotations

import logging
import math
import os
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from trialstore.backend import Backend, Capability
from trialstore.errors import (
    ForkedStorageError,
    InvalidInputError,
    ReadOnlyError,
    SchemaVersionError,
    StorageClosedError,
    TransientError,
    UnsupportedError,
    UsageError,
)
from trialstore.events import Events, GuardedEvents
from trialstore.fork_gate import ForkGate
from trialstore.records import Order
from trialstore.retry import retried
from trialstore.transitions import holds
from trialstore.values import plain_scalar

if TYPE_CHECKING:
    from trialstore.codec import Encoded
    from trialstore.records import (
        ChangeOutcome,
        Claim,
        ExperimentQuery,
        ExperimentRecord,
        Expiry,
        NewTrial,
        StatusChange,
        StoredTelemetryRow,
        TelemetryBatch,
        TelemetryQuery,
        Token,
        TrialChange,
        TrialQuery,
        TrialRecord,
        Uid,
    )
    from trialstore.status import Status
    from trialstore.storage import Storage

_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)

FIRST_CONNECTION_SECONDS = 5.0
PAGE = 10_000
"""How many records the core asks a backend for at a time."""
PAGE_OF_QUEUE = 100_000
"""How many where a backend has the records in the order of their due times, and sorts all of them for each page."""


def new_token() -> Token:
    """Return a random token for one write."""
    return os.urandom(16).hex()


class Session:
    """A backend that is opened when it is needed and called again when a call fails in passing.

    Its methods are those of `Backend`. It is thread-safe, survives a fork if its backend does, and pickles as
    the recipe by which it was made.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        create: bool = True,
        read_only: bool = False,
        retry_for: float = 60.0,
        events: Events | None = None,
        recipe: Callable[[], Storage] | None = None,
    ) -> None:
        self.backend = backend
        self.events = GuardedEvents(events)
        self.read_only = read_only
        self.retry_for = _checked_patience(retry_for)
        self._create = create and not read_only
        self._recipe = recipe
        self._state = "new"
        self._lock = RLock()
        self._gate = ForkGate()
        if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
            _register(weakref.ref(self))

    def __reduce__(self) -> tuple[Callable[..., Session], tuple[Any, ...]]:
        self._must_be_shareable("pickled", UnsupportedError)
        if self._recipe is None:
            raise UsageError(
                f"storage {self.backend.label} cannot be pickled: it was made from a backend object; "
                "make it with trialstore.from_config() or trialstore.open()"
            )
        return _reconnected, (self._recipe,)

    def ensure_open(self) -> None:
        """Open the backend if that has not happened yet."""
        if self._state == "open":
            return
        with self._lock:
            if self._state == "new":
                self._open()
        self._must_be_usable()

    def close(self) -> None:
        """Close the backend for good; a second call does nothing."""
        with self._lock:
            if self._state == "open":
                self.backend.close()
            self._state = "closed"

    def upgrade(self) -> None:
        """Create an absent schema, or migrate an older one in place."""
        self._must_be_usable()
        self._must_be_writable()
        if not self._create:
            self._must_exist()
        retried(self.retry_for, self._gate.run, self.backend.upgrade)

    def put_experiment(self, new: ExperimentRecord) -> ExperimentRecord:
        return self._write(self.backend.put_experiment, new)

    def find_experiments(self, query: ExperimentQuery) -> list[ExperimentRecord]:
        return self._read(self.backend.find_experiments, query)

    def delete_experiment(self, uid: Uid) -> None:
        self._write(self.backend.delete_experiment, uid)

    def find_tunable_configs(self, ids: Collection[int]) -> dict[int, Encoded]:
        wanted, found = sorted(ids), {}
        for start in range(0, len(wanted), PAGE):
            found.update(self._read(self.backend.find_tunable_configs, wanted[start : start + PAGE]))
        return found

    def add_trials(self, uid: Uid, new: Sequence[NewTrial], first_id: int) -> list[TrialRecord]:
        return self._write(self.backend.add_trials, uid, new, first_id)

    def find_trials(self, query: TrialQuery) -> list[TrialRecord]:
        if query.limit is not None:
            return self._read(self.backend.find_trials, query)
        return [trial for page in self.trial_pages(query) for trial in page]

    def trial_pages(self, query: TrialQuery) -> Iterator[list[TrialRecord]]:
        """Yield the trials of a query without limit, in pages; each page is a snapshot of its own."""
        size = PAGE if query.due_by is None else PAGE_OF_QUEUE
        query = replace(query, limit=size)
        page = self._read(self.backend.find_trials, query)
        yield page
        while len(page) == size:
            page = self._read(self.backend.find_trials, _next_page(query, page[-1]))
            yield page

    def count_trials(self, uid: Uid) -> Mapping[Status, int]:
        return self._read(self.backend.count_trials, uid)

    def claim_trials(self, claim: Claim) -> list[TrialRecord]:
        return self._write(self.backend.claim_trials, claim)

    def expire_leases(self, expiry: Expiry) -> list[TrialRecord]:
        return self._write(self.backend.expire_leases, expiry)

    def change_trial(self, change: TrialChange, retry_for: float | None = None) -> ChangeOutcome:
        """Apply a change; `retry_for` seconds replace the session's, for a change that is worthless later."""
        return self._write(self._change_trial, change, retry_for=retry_for)

    def _change_trial(self, change: TrialChange) -> ChangeOutcome:
        outcome = self.backend.change_trial(change)
        if not outcome.applied and holds(change, outcome.record):
            raise TransientError(f"trial {change.trial_id} was changed by others at the same moment")
        return outcome

    def add_telemetry(self, batch: TelemetryBatch) -> None:
        self._write(self.backend.add_telemetry, batch)

    def find_telemetry(self, query: TelemetryQuery) -> list[StoredTelemetryRow]:
        return self._read(self.backend.find_telemetry, query)

    def find_status_changes(self, uid: Uid, trial_ids: Collection[int] | None) -> list[StatusChange]:
        return self._read(self.backend.find_status_changes, uid, trial_ids)

    def _read(self, operation: Callable[..., _T], *args: Any) -> _T:
        self.ensure_open()
        return retried(self.retry_for, self._gate.run, operation, *args)

    def _write(self, operation: Callable[..., _T], *args: Any, retry_for: float | None = None) -> _T:
        self._must_be_writable()
        self.ensure_open()
        seconds = self.retry_for if retry_for is None else retry_for
        return retried(seconds, self._gate.run, operation, *args)

    def _open(self) -> None:
        first = min(FIRST_CONNECTION_SECONDS, self.retry_for)
        try:
            retried(first, self._gate.run, self.backend.open, create=self._create, read_only=self.read_only)
        except BaseException:
            self.backend.close()
            raise
        self._state = "open"

    def _must_exist(self) -> None:
        try:
            self.ensure_open()
        except SchemaVersionError as error:
            _LOG.debug("%s", error)  # that is what an upgrade is for

    def _must_be_usable(self) -> None:
        if self._state == "closed":
            raise StorageClosedError(f"storage {self.backend.label} has been closed")
        if self._state == "forked":
            self._must_be_shareable("used in a forked child", ForkedStorageError)

    def _must_be_shareable(self, what: str, error: type[UnsupportedError]) -> None:
        if Capability.MULTI_PROCESS not in self.backend.capabilities:
            raise error(
                f"storage {self.backend.label} lives in one process and cannot be {what}; "
                "use a storage that several processes can share, such as an SQLite file"
            )

    def _must_be_writable(self) -> None:
        if self.read_only:
            raise ReadOnlyError(f"storage {self.backend.label} was opened for reading only")

    def before_fork(self) -> None:
        """Wait until no other thread is inside the backend."""
        self._gate.close()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._gate.reopen()

    def after_fork_in_child(self) -> None:
        """Let go of what the parent process owns; runs before anything else does."""
        self._lock, self._gate = RLock(), ForkGate()
        self.backend.after_fork()
        if Capability.MULTI_PROCESS not in self.backend.capabilities and self._state != "closed":
            self._state = "forked"


def _register(reference: weakref.ref[Session]) -> None:
    """Have a session, as long as it lives, told of every fork."""

    def tell(event: Callable[[Session], None]) -> None:
        session = reference()
        if session is not None:
            event(session)

    os.register_at_fork(
        before=partial(tell, Session.before_fork),
        after_in_parent=partial(tell, Session.after_fork_in_parent),
        after_in_child=partial(tell, Session.after_fork_in_child),
    )


def _checked_patience(retry_for: Any) -> float:
    seconds = plain_scalar(retry_for, "retry_for")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < math.inf:
        raise InvalidInputError(f"retry_for must be a number of seconds, not {retry_for!r}")
    return seconds


def _next_page(query: TrialQuery, last: TrialRecord) -> TrialQuery:
    if query.order is Order.TRIAL_ID:
        return replace(query, after_id=last.trial_id)
    asked_for = [number for number in query.completions if number > (last.completion or 0)]
    return replace(
        query,
        completed_after=max(last.completion or 0, query.completed_after or 0),
        completions=asked_for,
    )


def _reconnected(recipe: Callable[[], Storage]) -> Session:
    return recipe().session
