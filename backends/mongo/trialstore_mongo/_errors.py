"""Turns the errors of pymongo and of the server into those of trialstore."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from bson.errors import BSONError, InvalidBSON
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    CursorNotFound,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from trialstore.errors import (
    ConfigError,
    CorruptStorageError,
    InvalidInputError,
    ReadOnlyError,
    StorageClosedError,
    StorageUnavailableError,
    TransientError,
    TrialstoreError,
)

FOREIGN_ERRORS = (PyMongoError, BSONError, OverflowError)
"""What the driver raises."""

Advice: TypeAlias = tuple[type[TrialstoreError], str]

LOST: Advice = (TransientError, "the connection was lost, or the primary went; another one may answer")
NO_SERVER: Advice = (
    TransientError,
    "look whether the server runs, whether its address is right, and whether a firewall is between",
)
TLS: Advice = (StorageUnavailableError, "look at tls, tls_ca_file and tls_certificate_key_file in the config")
SLOW: Advice = (TransientError, "the members of the replica set did not confirm the write in time")
BUSY: Advice = (TransientError, "another client changes the same at this moment")
CLASH: Advice = (TransientError, "another client wrote the same at this moment")
NO_ACCESS: Advice = (
    StorageUnavailableError,
    "look at the user name, the password, auth_source and the roles of that user",
)
READ_ONLY: Advice = (
    ReadOnlyError,
    "it cannot be written to; open it with read_only=True, or use the primary",
)
FEW_MEMBERS: Advice = (StorageUnavailableError, "the replica set has too few members for a majority")
DISK_FULL: Advice = (StorageUnavailableError, "the server's disk is full; make room and repeat the call")
TOO_LARGE: Advice = (
    InvalidInputError,
    "MongoDB stores at most 16 MiB in one document; store less in a trial",
)
UNSTORABLE: Advice = (InvalidInputError, "BSON has no form for this value")
NOT_OURS: Advice = (
    CorruptStorageError,
    "its collections are not as trialstore made them; restore them from a backup",
)
OPTIONS: Advice = (ConfigError, "look at the options in the config's uri or query")
CLOSED: Advice = (StorageClosedError, "another thread has closed the storage")
UNKNOWN: Advice = (StorageUnavailableError, "the server refuses; look at its log")

_ADVICE: dict[Advice, frozenset[int]] = {
    # Those with which a server leaves its duty, and those of a network between servers.
    LOST: frozenset(
        {6, 7, 43, 63, 89, 91, 133, 134, 150, 189, 202, 217, 234, 262, 290, 317, 358, 384, 9001}
        | {10107, 11600, 11601, 11602, 13388, 13435, 13436}
    ),
    BUSY: frozenset({12, 46, 112, 117, 175, 239, 246, 251, 12586, 12587}),
    CLASH: frozenset({11000, 11001, 12582}),
    SLOW: frozenset({50, 64}),
    NO_ACCESS: frozenset({11, 13, 18, 31, 33, 8000}),
    FEW_MEMBERS: frozenset({100}),
    DISK_FULL: frozenset({14031}),
    TOO_LARGE: frozenset({10334, 17280, 17419, 17420}),
    NOT_OURS: frozenset({85, 86, 121, 166, 167}),
}
"""By the error codes of the server."""
_BY_CODE = {code: advice for advice, codes in _ADVICE.items() for code in codes}
_REFUSED_BY_TLS = re.compile(r"\[SSL: (?!UNEXPECTED_EOF)")  # which is a connection that was lost
_TRANSIENT_LABELS = ("RetryableWriteError", "TransientTransactionError")


def translated(error: BaseException, label: str, where: str) -> TrialstoreError:
    """Return our error for one of the driver.

    Parameters
    ----------
    error
        One of `FOREIGN_ERRORS`.
    label
        The storage, for people.
    where
        The servers, for people.
    """
    kind, words = _advice(error)
    said = _said(error)
    place = label if where in said else f"{label} at {where}"
    return kind(f"{place}: {said}: {words}")


def clashes(error: DuplicateKeyError | BulkWriteError) -> list[str]:
    """Return by which fields the documents that were refused clash with others: ``["_id", "uid,trial_id"]``.

    Raises
    ------
    BulkWriteError
        If documents were refused for another reason, or the write was not confirmed.
    """
    details: Any = error.details or {}
    failed = details["writeErrors"] if isinstance(error, BulkWriteError) else [details]
    is_only_clashes = all(_BY_CODE.get(one.get("code")) is CLASH for one in failed)
    if not is_only_clashes or details.get("writeConcernErrors"):
        raise error
    return [",".join(one.get("keyPattern", ())) for one in failed]


def _advice(error: BaseException) -> Advice:
    kinds: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Advice], ...] = (
        (WTimeoutError, SLOW),
        (DocumentTooLarge, TOO_LARGE),
        (ExecutionTimeout, BUSY),
        (CursorNotFound, BUSY),
        (OperationFailure, _advice_of_server(error)),
        (ConnectionFailure, _advice_of_connection(error)),
        (ConfigurationError, OPTIONS),
        (InvalidOperation, CLOSED),
        (InvalidBSON, NOT_OURS),
        ((BSONError, OverflowError), UNSTORABLE),
    )
    return next((advice for kind, advice in kinds if isinstance(error, kind)), UNKNOWN)


def _advice_of_server(error: BaseException) -> Advice:
    labelled = isinstance(error, PyMongoError) and any(map(error.has_error_label, _TRANSIENT_LABELS))
    found = [_BY_CODE[code] for code in _codes(error) if code in _BY_CODE]
    return found[0] if found else LOST if labelled else UNKNOWN


def _advice_of_connection(error: BaseException) -> Advice:
    if _REFUSED_BY_TLS.search(str(error)):
        return TLS
    return NO_SERVER if isinstance(error, ServerSelectionTimeoutError) else LOST


def _codes(error: BaseException) -> list[int]:
    """Return the codes that the server gave, those of a batch's single writes included."""
    details: Any = getattr(error, "details", None) or {}
    parts = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    codes = [getattr(error, "code", None), *(part.get("code") for part in parts)]
    return [code for code in codes if code is not None]


def _said(error: BaseException) -> str:
    """Return what the driver says, without the documents and descriptions that it appends."""
    details: Any = getattr(error, "details", None) or {}
    parts = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    if parts:
        return str(parts[0].get("errmsg", error))
    return str(error).partition(", full error:")[0].partition(", Timeout:")[0].partition(" (configured")[0]
