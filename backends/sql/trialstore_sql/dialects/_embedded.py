"""What engines have in common that live inside this process, on a file or in memory."""

from __future__ import annotations

import logging

from trialstore.errors import ConfigError
from trialstore_sql._settings import Settings
from trialstore_sql.dialects._base import Dialect
from trialstore_sql.dialects._files import path_of

_OF_SERVERS = ("host", "port", "username", "password", "query")
_LOG = logging.getLogger(__name__)


class EmbeddedDialect(Dialect):
    """An engine inside this process: one writer at a time."""

    one_writer = True  # its own lock is polled, or fails the second: threads can do better

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        if settings.host and not settings.database:
            raise ConfigError(
                f"{self.name} needs the path of a file, and there is only a host: a URL of a file has three slashes, "
                f"as in '{self.name}:///trials.db'"
            )
        ignored = [key for key in _OF_SERVERS if getattr(settings, key)]
        if ignored:
            _LOG.debug("%s: a file needs no %s: ignored", self.label, ", ".join(ignored))
        in_memory = settings.database in {None, "", ":memory:"}
        self.file = None if in_memory else path_of(str(settings.database))

    @property
    def label(self) -> str:
        return f"{self.name}:{self.settings.database or ':memory:'}"
