"""What the demo found out: each configuration by its medians, against the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from trialstore.demo.risk import Risk

if TYPE_CHECKING:
    import pandas as pd

    from trialstore.data import ExperimentData

__all__ = ["ConfigSummary", "Report", "summarize"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSummary:
    """One configuration and what was measured of it, in all of its successful trials."""

    tunable_config_id: int
    is_default: bool
    changes: dict[str, Any]
    """The parameters that differ from the defaults."""
    risk: Risk
    """What a power cut may cost."""
    throughputs: tuple[float, ...]
    """Operations per second, of each trial."""
    throughput: float
    """Their median."""
    write_p95_ms: float
    """The median of the trials' 95th percentiles of the latency of a transaction."""
    read_p95_ms: float
    scan_p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All configurations of an experiment that succeeded at least once, the fastest first."""

    configs: tuple[ConfigSummary, ...]
    trials: int
    failed: int

    @property
    def default(self) -> ConfigSummary | None:
        """The defaults, once they have been measured."""
        return next((config for config in self.configs if config.is_default), None)

    @property
    def best_without_risk(self) -> ConfigSummary | None:
        """The fastest configuration that keeps every commit, as the defaults do."""
        return next((config for config in self.configs if config.risk is Risk.NOTHING), None)

    def speed_up(self, config: ConfigSummary) -> float | None:
        """Return the throughput as a multiple of the defaults'."""
        return config.throughput / self.default.throughput if self.default else None


def summarize(experiment: ExperimentData, defaults: dict[str, Any]) -> Report:
    """Read an experiment of the demo.

    Parameters
    ----------
    experiment
        The experiment.
    defaults
        The default values of its tunables.
    """
    results = experiment.results_df
    succeeded = results[results["status"] == "SUCCEEDED"]
    configs = [
        _summary(config_id, config.config_dict, trials, defaults)
        for config_id, config in experiment.tunable_configs.items()
        if len(trials := succeeded[succeeded["tunable_config_id"] == config_id])
    ]
    return Report(
        configs=tuple(sorted(configs, key=lambda config: -config.throughput)),
        trials=len(results),
        failed=int((results["status"] == "FAILED").sum()),
    )


def _summary(
    config_id: int, values: dict[str, Any], trials: pd.DataFrame, defaults: dict[str, Any]
) -> ConfigSummary:
    changes = {name: values[name] for name in defaults if values[name] != defaults[name]}
    throughputs = trials["result.throughput"].tolist()
    return ConfigSummary(
        tunable_config_id=config_id,
        is_default=not changes,
        changes=changes,
        risk=Risk.of(values),
        throughputs=tuple(throughputs),
        throughput=median(throughputs),
        write_p95_ms=median(trials["result.write_p95_ms"]),
        read_p95_ms=median(trials["result.read_p95_ms"]),
        scan_p95_ms=median(trials["result.scan_p95_ms"]),
    )
