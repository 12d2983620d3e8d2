"""A replica set of MongoDB of our own."""

from __future__ import annotations

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from servers.mongod import HOST, Mongod
from servers.own_mongo import OwnMongo

MEMBERS = 3
ALREADY_INITIALIZED = 23


class MongoReplicaSet(OwnMongo):
    """A replica set of three members, which goes on when any one of them fails, a second later."""

    name = "trialstore"

    def start(self) -> None:
        """Start the members that do not run, at the same addresses each time; return when any one may fail."""
        super().start()
        self._initiate()
        for member in self.members:
            self._wait_until_it_votes(member)
        self.wait_for_primary()

    def primary(self) -> Mongod:
        """Return the member that takes writes now; LookupError if there is none."""
        for member in self.members:
            if member.runs and member.ask("hello")["isWritablePrimary"]:
                return member
        raise LookupError(f"{self.uri} has no primary now; wait_for_primary() waits for one")

    def wait_for_primary(self) -> Mongod:
        """Return the member that takes writes, as soon as a majority of the members confirms them."""
        return self._retrying()(self._primary_with_a_majority)

    def crash_primary(self) -> Mongod:
        """End the primary without giving it time to tidy up; return which member it was."""
        member = self.wait_for_primary()
        member.crash()
        return member

    def restart(self, member: Mongod) -> None:
        """Start a member again, and return when another one may fail."""
        member.start()
        self._wait_until_it_votes(member)

    def _initialise(self) -> str:
        for _ in range(MEMBERS):
            self._add_member(f"--replSet={self.name}", "--oplogSize=64")
        return f"mongodb://{','.join(self._addresses())}/?replicaSet={self.name}"

    def _addresses(self) -> list[str]:
        return [f"{HOST}:{member.port}" for member in self.members]

    def _initiate(self) -> None:
        from pymongo.errors import OperationFailure

        config = {
            "_id": self.name,
            "members": [{"_id": n, "host": address} for n, address in enumerate(self._addresses())],
            "settings": {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 200},
        }
        try:
            self.members[0].ask("replSetInitiate", config)
        except OperationFailure as error:
            if error.code != ALREADY_INITIALIZED:
                raise

    def _primary_with_a_majority(self) -> Mongod:
        member = self.primary()
        note = {"by": "the tests"}
        member.ask("appendOplogNote", data=note, writeConcern={"w": "majority", "wtimeout": 5000})
        return member

    def _wait_until_it_votes(self, member: Mongod) -> None:
        self._retrying()(self._check_that_it_votes, member)

    def _check_that_it_votes(self, member: Mongod) -> None:
        state = member.ask("hello")
        if not (state["isWritablePrimary"] or state["secondary"]):
            raise LookupError(f"{member.log} says why this member is neither primary nor secondary")

    def _retrying(self) -> Retrying:
        from pymongo.errors import PyMongoError

        return Retrying(
            retry=retry_if_exception_type((LookupError, PyMongoError)),
            stop=stop_after_delay(60),
            wait=wait_fixed(0.05),
            reraise=True,
        )
