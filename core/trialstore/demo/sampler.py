"""Samples what this process takes from the machine, while a trial runs."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event, Thread
from types import TracebackType
from typing import Self

import psutil

__all__ = ["ResourceSampler", "Sample"]

Sample = tuple[datetime, str, float]
"""When, which metric, and its value: a telemetry row."""


class ResourceSampler:
    """Takes samples in a thread of its own, from entering to leaving it, and once more at the end.

    Parameters
    ----------
    interval
        Seconds between two samples.

    Attributes
    ----------
    samples
        ``cpu_percent`` (of one core), ``memory_mib``, and, where the platform counts them for a process,
        ``read_mib`` and ``written_mib`` (to and from the disk since the sampler was entered).
    """

    def __init__(self, interval: float = 0.05) -> None:
        self.samples: list[Sample] = []
        self._interval = interval
        self._process = psutil.Process()
        self._done = Event()
        self._thread = Thread(target=self._run, name="trialstore-demo-sampler", daemon=True)

    def __enter__(self) -> Self:
        self._process.cpu_percent()  # measures since the call before
        self._start_io = self._disk_bytes()
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()
        self._sample()

    def _run(self) -> None:
        while not self._done.wait(self._interval):
            self._sample()

    def _sample(self) -> None:
        now = datetime.now(UTC)
        values = {
            "cpu_percent": self._process.cpu_percent(),
            "memory_mib": self._process.memory_info().rss / 2**20,
        }
        for metric, count in self._disk_bytes().items():
            values[metric] = (count - self._start_io[metric]) / 2**20
        self.samples += [(now, metric, value) for metric, value in values.items()]

    def _disk_bytes(self) -> dict[str, int]:
        try:
            counters = self._process.io_counters()
        except (AttributeError, psutil.Error):  # macOS does not count them, some containers do not tell them
            return {}
        return {"read_mib": counters.read_bytes, "written_mib": counters.write_bytes}
