"""How long events take until they are in the figures."""

from __future__ import annotations

from collections import deque
from typing import Final

from prometheus_client import CollectorRegistry, Histogram

from streams.core.records import Meta
from streams.core.time import MINUTE_MS

_BUCKETS: Final = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0)

_MOST_WAITING: Final = 10_000
"""Checkpoints that are remembered while the evaluation time stands still."""


class Latency:
    """Observes the newest event of each checkpoint, from its event time until the figures hold it.

    That is when its checkpoint has been applied and the evaluation time has reached its minute.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._histogram = Histogram(
            "selfserve_event_to_value_seconds",
            "Age of the newest event of each checkpoint at the moment from which on the KPIs hold it",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._waiting: deque[int] = deque(maxlen=_MOST_WAITING)

    def arrived(self, before: Meta | None, meta: Meta) -> None:
        """Take a checkpoint that has been applied, and the one before it."""
        newest = max(meta.newest.values(), default=None)
        if newest is not None and (before is None or newest > max(before.newest.values(), default=-1)):
            self._waiting.append(newest)

    def visible(self, time: int, now: int) -> None:
        """Observe what evaluation time ``time`` has reached, at the wall time ``now`` (both ms)."""
        for _ in range(len(self._waiting)):
            newest = self._waiting.popleft()
            if newest // MINUTE_MS * MINUTE_MS < time:
                self._histogram.observe(max(0, now - newest) / 1000)
            else:
                self._waiting.append(newest)
