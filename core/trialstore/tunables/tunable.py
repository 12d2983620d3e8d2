"""One tunable parameter: a definition and a current value."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from trialstore.errors import InvalidInputError
from trialstore.tunables.definition import Definition
from trialstore.tunables.domains import CategoricalDomain, NumericDomain
from trialstore.tunables.schema import conforming

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trialstore.values import Scalar

_Dtype: TypeAlias = type[int] | type[float] | type[str]


class Tunable:
    """A parameter of the system that is tuned, with its current value.

    Two tunables are equal if their names, types and current values are.

    Parameters
    ----------
    name
        Its name, without ``!``.
    config
        Its definition: ``type`` and ``default``, and then ``values`` of a categorical tunable, the ``range``
        of an int or float. The other keys are in ``tunables.schema.json``.

    Raises
    ------
    ConfigError
        If the definition is not valid.

    Examples
    --------
    >>> tunable = Tunable("cache_mb", {"type": "int", "range": [1, 64], "special": [-1], "default": 8})
    >>> tunable.value = "16"
    >>> tunable.value, tunable.is_default(), tunable.is_valid(-1), tunable.is_valid(65)
    (16, False, True, False)
    """

    __slots__ = ("_definition", "_value")

    def __init__(self, name: str, config: Mapping[str, Any]) -> None:
        self._define(Definition.of(name, conforming({name: config}, "params", "tunable")[name]))

    @classmethod
    def of(cls, definition: Definition) -> Tunable:
        """Return a tunable with this definition, at its default."""
        tunable: Tunable = cls.__new__(cls)
        tunable._define(definition)
        return tunable

    def _define(self, definition: Definition) -> None:
        self._definition = definition
        self._value = definition.default

    def copy(self) -> Tunable:
        """Return an independent tunable of the same definition and value."""
        twin: Tunable = self.of(self._definition)
        twin._value = self._value
        return twin

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Tunable:
        return self.copy()

    def __repr__(self) -> str:
        domain = list(self.categories) if self.is_categorical else self.range
        return f"{self.name}[{self.type}]({reprlib.repr(domain)}:{self.default!r})={self.value!r}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tunable):
            return NotImplemented
        return (self.name, self.type, self._value) == (other.name, other.type, other._value)

    __hash__ = None  # type: ignore[assignment]  # equality follows the current value

    def __lt__(self, other: object) -> bool:
        return self.name < other.name if isinstance(other, Tunable) else NotImplemented

    @property
    def definition(self) -> Definition:
        """What it is, apart from its current value."""
        return self._definition

    @property
    def name(self) -> str:
        """Its name, unique among the tunables of its groups."""
        return self._definition.name

    @property
    def type(self) -> Literal["int", "float", "categorical"]:
        """The type as its definition names it."""
        kind: Literal["int", "float", "categorical"] = self._definition.config["type"]
        return kind

    @property
    def dtype(self) -> _Dtype:
        """The Python type of its values, but for special ones."""
        domain = self._definition.domain
        return domain.kind if isinstance(domain, NumericDomain) else str

    @property
    def default(self) -> Scalar:
        """The value that it begins with."""
        return self._definition.default

    @property
    def description(self) -> str | None:
        """What it is, in words."""
        return self._definition.config.get("description")

    @property
    def meta(self) -> dict[str, Any]:
        """Whatever its definition tells the user's scripts."""
        return dict(self._definition.config.get("meta", {}))

    @property
    def value(self) -> Scalar:
        """The current value; one that is assigned is coerced to the type, or refused with `InvalidInputError`."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = self._definition.coerce(value)

    def update(self, value: Any) -> bool:
        """Assign a value, and tell whether it is another than before."""
        before = self._value
        self.value = value
        return self._value != before

    def is_default(self) -> bool:
        """Tell whether the current value is the default."""
        return self._value == self.default

    def is_valid(self, value: Any) -> bool:
        """Tell whether the value can be assigned."""
        try:
            self._definition.coerce(value)
        except InvalidInputError:
            return False
        return True

    def in_range(self, value: Any) -> bool:
        """Tell whether the value is a number within the range; special values beside it are not."""
        domain = self._definition.domain
        return (
            isinstance(domain, NumericDomain)
            and isinstance(value, (int, float))
            and domain.low <= value <= domain.high
        )

    @property
    def is_categorical(self) -> bool:
        """Whether its values are categories."""
        return isinstance(self._definition.domain, CategoricalDomain)

    @property
    def is_numerical(self) -> bool:
        """Whether its values are numbers, but for special ones."""
        return not self.is_categorical

    @property
    def _categorical(self) -> CategoricalDomain:
        domain = self._definition.domain
        if not isinstance(domain, CategoricalDomain):
            raise InvalidInputError(f"tunable {self.name!r} is of type {self.type}: it has no categories")
        return domain

    @property
    def _numeric(self) -> NumericDomain:
        domain = self._definition.domain
        if not isinstance(domain, NumericDomain):
            raise InvalidInputError(f"tunable {self.name!r} is categorical: it has no range and no numbers")
        return domain

    @property
    def categories(self) -> list[str | None]:
        """The values of a categorical tunable; of another it is an error to ask."""
        return list(self._categorical.categories)

    @property
    def category(self) -> str | None:
        """The current value of a categorical tunable; of another it is an error to ask."""
        value = self._categorical.coerce(self._value)
        return None if value is None else str(value)

    @property
    def numerical_value(self) -> int | float:
        """The current number; it is an error to ask while the value is none."""
        if self.is_categorical or not isinstance(self._value, (int, float)):
            raise InvalidInputError(f"tunable {self.name!r} is {self._value!r}, which is no number")
        return self._value

    @property
    def range(self) -> tuple[int, int] | tuple[float, float]:
        """The lowest and the highest number; of a categorical tunable it is an error to ask."""
        return self._numeric.low, self._numeric.high

    @property
    def span(self) -> int | float:
        """The highest number minus the lowest."""
        return self._numeric.high - self._numeric.low

    @property
    def special(self) -> list[Scalar]:
        """The values with a meaning of their own."""
        domain = self._definition.domain
        return list(domain.special) if isinstance(domain, NumericDomain) else []

    @property
    def is_special(self) -> bool:
        """Whether the current value is a special one."""
        return self._value in self.special

    @property
    def weights(self) -> list[float] | None:
        """The weights of the categories or of the special values, in their order."""
        config = self._definition.config
        weights = config.get("values_weights" if self.is_categorical else "special_weights")
        return None if weights is None else list(weights)

    @property
    def range_weight(self) -> float | None:
        """The weight of the range, beside those of the special values."""
        return self._definition.config.get("range_weight")

    @property
    def is_log(self) -> bool | None:
        """Whether its range is to be searched on a logarithmic scale; None if the definition does not say."""
        return self._definition.config.get("log")

    @property
    def distribution(self) -> Literal["uniform", "normal", "beta"] | None:
        """How its range is to be sampled; None if the definition does not say."""
        kind: Literal["uniform", "normal", "beta"] | None = self._hints.get("type")
        return kind

    @property
    def distribution_params(self) -> dict[str, float]:
        """The parameters of the distribution."""
        return dict(self._hints.get("params", {}))

    @property
    def _hints(self) -> dict[str, Any]:
        hints: dict[str, Any] = self._definition.config.get("distribution", {})
        return hints

    @property
    def quantization_bins(self) -> int | None:
        """Into how many values its range is to be divided; None if the definition does not say."""
        return self._definition.config.get("quantization_bins")

    @property
    def quantized_values(self) -> Sequence[float] | None:
        """The values into which the range is divided, ends included; None for floats without bins."""
        return self._numeric.quantized(self.quantization_bins)

    @property
    def values(self) -> Sequence[str | None] | Sequence[float] | None:
        """The categories, or the quantized values."""
        return self.categories if self.is_categorical else self.quantized_values

    @property
    def cardinality(self) -> int | None:
        """How many `values` there are; None if they are not counted."""
        if self.is_categorical:
            return len(self.categories)
        return self._numeric.cardinality(self.quantization_bins)
