"""The connections to one deployment, and the collections seen through them."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock, get_ident
from typing import Any

from pymongo import ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from trialstore.errors import (
    ReadOnlyError,
    StorageClosedError,
    StorageUnavailableError,
    TransientError,
    TrialstoreError,
    UsageError,
)
from trialstore.records import Uid
from trialstore_mongo._client import Client, make_client
from trialstore_mongo._collections import Collections, Documents
from trialstore_mongo._errors import FOREIGN_ERRORS, translated
from trialstore_mongo._settings import Settings

_WAIT_MILLISECONDS = 10_000
_OLDEST_WIRE_VERSION, _OLDEST = 13, "5.0"
_DURABLE = WriteConcern("majority", j=True, wtimeout=_WAIT_MILLISECONDS)


class _Connected:
    """A client and its collections.

    Attributes
    ----------
    settled
        Reads what no failover can take back; a write returns when none can take it back.
    latest
        Reads what stands at the moment; for writes on which nothing that is written later relies.
    ahead
        As `settled`, for what is written ahead of something that a crash may leave only if it leaves this, too. Without
        failovers the order of the server's log is enough for that; with them it is `settled` itself.
    snapshot
        As `settled`, and a whole query sees one moment, where the deployment can do that.
    caught_up
        The election of the last primary of which it is known that it shows all that was settled before it; None if there
        was none, as where there are no elections.
    """

    def __init__(self, client: Client, settings: Settings, hello: Mapping[str, Any]) -> None:
        self.client = client
        self.caught_up: object = None
        is_alone = client.topology_description.topology_type_name == "Single"
        self.is_secondary = is_alone and not hello.get("isWritablePrimary")
        is_sharded = hello.get("msg") == "isdbgrid"
        has_failovers = is_sharded or "setName" in hello
        # The log of one replica set is ordered: what is confirmed confirms what came before. Those of shards are apart.
        quick = _DURABLE if is_sharded else WriteConcern(w=1)

        def collections(level: str, concern: WriteConcern) -> Collections:
            database = client.get_database(
                settings.database,
                read_preference=ReadPreference.PRIMARY,
                read_concern=ReadConcern(level),
                write_concern=concern,
            )
            return Collections(database, settings.collection_prefix)

        self.settled = collections("majority", _DURABLE)
        self.latest = collections("local", quick)
        self.ahead = self.settled if has_failovers else self.latest
        self.snapshot = collections("snapshot" if has_failovers else "local", _DURABLE)
        self._linearized = collections("linearizable", _DURABLE)

    @property
    def election(self) -> object:
        return self.client.topology_description.max_election_id

    def catch_up(self) -> None:
        """Return when the primary shows all that was settled, which a new one does not at once."""
        election = self.election
        if election != self.caught_up:
            self._linearized.meta.find_one(max_time_ms=_WAIT_MILLISECONDS)
            self.caught_up = election


class Database:
    """One database of a deployment, from `open` to `close`.

    Parameters
    ----------
    settings
        Where it is.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = RLock()
        self._connected: _Connected | None = None
        self._is_open = False
        self._inside: set[int] = set()
        self._servers = "?"

    @property
    def settled(self) -> Collections:
        """The collections, as no failover can change them."""
        return self._connection().settled

    @property
    def latest(self) -> Collections:
        """The collections, as they stand at the moment."""
        return self._connection().latest

    @property
    def ahead(self) -> Collections:
        """The collections, for what is written ahead of something that a crash may leave only if it leaves this, too."""
        return self._connection().ahead

    @property
    def snapshot(self) -> Collections:
        """The collections, as they stood at one moment, where the deployment can do that."""
        return self._connection().snapshot

    @property
    def election(self) -> object:
        """From which election the primary comes; before anything is written to another one, this is another value."""
        return self._connection().election

    def open(self, *, read_only: bool) -> None:
        """Connect; a second call connects anew.

        Raises
        ------
        ReadOnlyError
            If the only server cannot be written to and `read_only` is not set.
        """
        self.close()
        self._is_open = True
        if not read_only and self._connection().is_secondary:
            raise ReadOnlyError(
                f"{self.settings.label} at {self._servers}: this member is not the primary; open it with read_only=True, "
                "or name the replica set instead of one member"
            )

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        self._is_open = False
        connected, self._connected = self._connected, None
        if connected is not None:
            connected.client.close()

    def after_fork(self) -> None:
        """Abandon the connections of the parent process."""
        self._lock, self._inside = RLock(), set()
        connected, self._connected = self._connected, None
        if connected is not None:
            # Never freed, not even at exit: its locks and its threads are the parent's.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(connected.client))

    @contextmanager
    def call(self) -> Iterator[None]:
        """Run one operation of the backend: the driver's errors become ours.

        Raises
        ------
        UsageError
            If the same thread is inside another one, which holds locks of the driver.
        TransientError
            If a failover came in between.
        """
        me = get_ident()
        if me in self._inside:
            raise UsageError(
                f"{self.settings.label}: a signal handler (or an observer) made a call in the middle of another call of "
                "the same thread: let it set a flag instead, and make the call later"
            )
        try:
            self._inside.add(me)
            with self._one_primary():
                yield
        except FOREIGN_ERRORS as error:
            raise translated(error, self.settings.label, self._servers) from error
        finally:
            self._inside.discard(me)

    @contextmanager
    def _one_primary(self) -> Iterator[None]:
        connected, failure = self._connected, None
        election = None if connected is None else connected.caught_up
        try:
            yield
        except TrialstoreError as error:  # perhaps because something was not found
            failure = error
        if connected is not None and connected.election != election:
            connected.catch_up()
            raise TransientError(f"{self.settings.label}: a failover came into a call") from failure
        if failure is not None:
            raise failure

    def settle(self, documents: Documents, uid: Uid) -> None:
        """Return when no failover can take back what has been read or written of an experiment's trials so far."""
        # An update that finds nothing waits for all that stands in the server's log before it.
        documents.update_one({"uid": uid, "trial_id": None}, {"$set": {"trial_id": None}})

    def _connection(self) -> _Connected:
        if self._connected is not None:
            return self._connected
        with self._lock:
            if not self._is_open:
                raise StorageClosedError(f"{self.settings.label} is not open")
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    def _connect(self) -> _Connected:
        client = make_client(self.settings)
        try:
            self._servers = _servers_of(client)
            hello = client.admin.command("hello")
            self._check_version(hello)
            connected = _Connected(client, self.settings, hello)
            connected.catch_up()
        except BaseException:
            client.close()
            raise
        return connected

    def _check_version(self, hello: Mapping[str, Any]) -> None:
        if hello.get("maxWireVersion", 0) < _OLDEST_WIRE_VERSION:
            raise StorageUnavailableError(
                f"{self.settings.label} at {self._servers}: the server is older than MongoDB {_OLDEST}, the oldest one that "
                "this works with; upgrade the server"
            )


def _servers_of(client: Client) -> str:
    servers = client.topology_description.server_descriptions()
    return ", ".join(f"{host}:{port}" for host, port in sorted(servers))
