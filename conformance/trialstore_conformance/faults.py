"""A backend around another one, whose calls fail where a real engine's would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from enum import Enum
from threading import Lock
from typing import Any, ParamSpec, TypeAlias, TypeVar

from trialstore.backend import Backend
from trialstore.errors import TransientError
from trialstore_conformance.passing import PassingBackend

WRITES = frozenset(
    {
        "add_telemetry",
        "add_trials",
        "change_trial",
        "claim_trials",
        "delete_experiment",
        "expire_leases",
        "put_experiment",
    }
)
"""The names of the methods that write."""


class Fault(Enum):
    """What may go wrong with a call; either way its caller sees a `TransientError`."""

    REFUSED = "refused"
    """The call never reached the engine."""
    LOST_ANSWER = "lost answer"
    """The call was performed, and its answer was lost on the way."""


_P = ParamSpec("_P")
_T = TypeVar("_T")

Plan: TypeAlias = Callable[[str, tuple[Any, ...]], Fault | None]
"""Says for each call, by the name of its method and its arguments, what goes wrong with it."""


class FaultInjectingBackend(PassingBackend):
    """Passes every call on to another backend, and spoils those that a plan names.

    Parameters
    ----------
    backend
        The backend that does the work.
    plan
        Which calls fail, and how; see `lose_each_answer_once`, `fail_each_write_once` and `every`.

    Attributes
    ----------
    plan
        The plan, which may be replaced at any time.
    calls
        How often each method was called.
    faults
        How often a call of each method failed.
    """

    def __init__(self, backend: Backend, plan: Plan) -> None:
        super().__init__(backend)
        self.calls: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.plan = plan
        self._lock = Lock()

    def _call(self, method: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        fault = self._next_fault(method.__name__, args)
        if fault is Fault.REFUSED:
            raise TransientError(f"injected: {method.__name__} did not reach {self.label}")
        answer = method(*args, **kwargs)
        if fault is Fault.LOST_ANSWER:
            raise TransientError(f"injected: the answer of {method.__name__} from {self.label} was lost")
        return answer

    def _next_fault(self, name: str, args: tuple[Any, ...]) -> Fault | None:
        with self._lock:
            self.calls[name] += 1
            fault = self.plan(name, args)
            self.faults[name] += fault is not None
            return fault


def no_faults(name: str, args: tuple[Any, ...]) -> Fault | None:  # noqa: ARG001 - a plan's signature
    """Let every call pass: the plan of a calm day."""
    return None


def lose_each_answer_once() -> Plan:
    """Return a plan by which every write is performed, its answer lost, and its repetition answered."""
    return _each_write_once(Fault.LOST_ANSWER)


def fail_each_write_once() -> Plan:
    """Return a plan by which every write is refused once, and its repetition performed."""
    return _each_write_once(Fault.REFUSED)


def every(nth: int, fault: Fault, methods: Collection[str] = WRITES) -> Plan:
    """Return a plan by which every `nth` call of some methods, counted together, fails."""
    count = Counter[str]()

    def plan(name: str, args: tuple[Any, ...]) -> Fault | None:  # noqa: ARG001 - a plan's signature
        count.update(["call"] if name in methods else [])
        return fault if name in methods and count["call"] % nth == 0 else None

    return plan


def _each_write_once(fault: Fault) -> Plan:
    met: set[tuple[str, str]] = set()

    def plan(name: str, args: tuple[Any, ...]) -> Fault | None:
        call = (name, repr(args))
        if name not in WRITES or call in met:
            return None
        met.add(call)
        return fault

    return plan
