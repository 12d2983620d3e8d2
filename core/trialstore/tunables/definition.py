"""The definition of a tunable: immutable, and shared by all copies of it."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trialstore.errors import ConfigError, InvalidInputError
from trialstore.tunables.domains import CategoricalDomain, NumericDomain
from trialstore.values import plain_name, plain_scalar

if TYPE_CHECKING:
    from trialstore.tunables.domains import Domain
    from trialstore.values import Scalar

_NOTES = frozenset({"description", "meta"})


@dataclass(frozen=True, slots=True)
class Definition:
    """What a tunable is, apart from its current value."""

    name: str
    label: str
    """How an error calls it."""
    domain: NumericDomain | CategoricalDomain
    default: Scalar
    config: dict[str, Any] = field(repr=False)
    """The definition as JSON, with its values in the tunable's type; not to be changed."""

    @classmethod
    def of(cls, name: str, config: dict[str, Any]) -> Definition:
        """Return the definition in `config`, which fits the schema and becomes its own.

        Raises
        ------
        ConfigError
            If the range, the values, their weights and the default do not fit each other.
        """
        label = f"tunable {plain_name(name, 'the name of a tunable')!r}"
        try:
            domain = (CategoricalDomain if config["type"] == "categorical" else NumericDomain).of(config)
            _check_weights(config)
        except (ValueError, OverflowError) as error:
            raise ConfigError(f"{label}: {error}") from error
        try:
            default = domain.coerce(config["default"])
        except (ValueError, OverflowError):
            raise ConfigError(_refusal(f"the default of {label}", config["default"], domain)) from None
        return cls(name, label, domain, default, {**config, **domain.as_config(), "default": default})

    def coerce(self, value: Any) -> Scalar:
        """Return the value of the tunable that `value` stands for.

        Raises
        ------
        InvalidInputError
            If it stands for none; the message says what the tunable takes.
        """
        plain = plain_scalar(value, self.label)
        try:
            return self.domain.coerce(plain)
        except (ValueError, OverflowError):
            raise InvalidInputError(_refusal(self.label, plain, self.domain)) from None

    def changes(self, other: Definition) -> list[str]:
        """Return the properties in which the two differ, but for notes to the reader."""
        keys = dict.fromkeys([*self.config, *other.config])
        return [k for k in keys if k not in _NOTES and self.config.get(k) != other.config.get(k)]


def _refusal(what: str, value: Scalar, domain: Domain) -> str:
    return f"{what} cannot be {reprlib.repr(value)}; it takes {domain}"


def _check_weights(config: dict[str, Any]) -> None:
    """Raise ValueError unless every value of a tunable with weights has one."""
    if ("special_weights" in config) != ("range_weight" in config):
        raise ValueError("special_weights and range_weight need each other")
    for values, weights in (("values", "values_weights"), ("special", "special_weights")):
        if weights in config and len(config[weights]) != len(config.get(values, ())):
            raise ValueError(f"{weights} must have one weight for each of {values}")
