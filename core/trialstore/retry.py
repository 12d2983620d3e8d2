"""Repeats calls that failed in passing; every call to a backend may be repeated, because every write is idempotent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from trialstore.errors import StorageUnavailableError, TransientError

if TYPE_CHECKING:
    from tenacity import RetryCallState

_P = ParamSpec("_P")
_T = TypeVar("_T")
_LOG = logging.getLogger(__name__)
_WARN_AFTER = 2.0


def retried(seconds: float, operation: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Call `operation`, and call it again with jitter for `seconds` while it raises `TransientError`.

    Raises
    ------
    StorageUnavailableError
        If it still fails after that time.
    """
    began = monotonic()
    try:
        return operation(*args, **kwargs)  # tenacity costs more than a call to a fast backend does
    except TransientError as error:
        left = seconds - (monotonic() - began)
        if left <= 0:
            raise _given_up(error, seconds) from error
    try:
        return _with_patience(left, operation, *args, **kwargs)
    except TransientError as error:
        raise _given_up(error, seconds) from error


def _with_patience(seconds: float, operation: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    import tenacity

    patience = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_random_exponential(multiplier=0.01, max=1.0),
        before_sleep=_Warning(),
        reraise=True,
    )
    return patience(operation, *args, **kwargs)


def _given_up(error: TransientError, seconds: float) -> StorageUnavailableError:
    tried = f" (gave up after {seconds:.3g} s of retries)" if seconds > 0 else ""
    return StorageUnavailableError(f"{error}{tried}")


class _Warning:
    """Says once, when it takes long, what the call is waiting for."""

    def __init__(self) -> None:
        self._was_given = False

    def __call__(self, state: RetryCallState) -> None:
        elapsed, outcome = state.seconds_since_start or 0.0, state.outcome
        if not self._was_given and elapsed >= _WARN_AFTER and outcome is not None:
            self._was_given = True
            _LOG.warning("still trying after %.1f s: %s", elapsed, outcome.exception())
