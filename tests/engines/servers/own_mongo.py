"""Deployments of MongoDB that the tests run themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from servers.home import Home
from servers.mongo import Mongo
from servers.mongod import Mongod


class OwnMongo(Mongo, ABC):
    """A deployment in a temporary directory.

    Making it initialises the directory; ``with`` starts it, and removes all of it at the end.

    Parameters
    ----------
    parameters
        Further server parameters, by the names that MongoDB's documentation gives them.
    """

    def __init__(self, parameters: Mapping[str, str] | None = None) -> None:
        self.parameters = dict(parameters or {})
        self.members: list[Mongod] = []
        self._home = Home()
        self.directory = self._home.path
        try:
            super().__init__(self._initialise())
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start what does not run, at the same address each time, and return when it can be written to."""
        for member in self.members:
            member.launch()
        for member in self.members:
            member.wait_until_it_listens()

    def crash(self) -> None:
        """End all its processes without giving them time to tidy up; ``start`` then has to recover."""
        for member in self.members:
            member.crash()

    def close(self) -> None:
        """End it, and remove all that it left."""
        try:
            self.crash()
        finally:
            self._home.remove()

    @abstractmethod
    def _initialise(self) -> str:
        """Prepare all that is needed for the first start; return the URI of the deployment."""

    def _add_member(self, *options: str) -> Mongod:
        directory = self.directory / f"member-{len(self.members)}"
        directory.mkdir()
        member = Mongod(directory, options, self.parameters)
        self.members.append(member)
        return member
