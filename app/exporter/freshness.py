"""How far the exporter itself lags behind the changelog."""

from __future__ import annotations


class Freshness:
    """Knows for each partition when everything that had been committed was last seen to be read.

    All times are wall times in milliseconds, passed in.
    """

    def __init__(self, partitions: int, stale_after_ms: int) -> None:
        self.stale_after_ms = stale_after_ms
        self._complete: list[int | None] = [None] * partitions

    def observe(self, partition: int, *, at_end: bool, fetched: int | None) -> None:
        """Say whether a partition has been read to the end that its last successful fetch, at ``fetched``, reported."""
        if at_end and fetched is not None:
            self._complete[partition] = fetched

    def reset(self) -> None:
        """Start anew: nothing has been read."""
        self._complete = [None] * len(self._complete)

    @property
    def behind(self) -> list[int]:
        """Partitions that have never been read to their end."""
        return [partition for partition, complete in enumerate(self._complete) if complete is None]

    def lag_ms(self, now: int) -> int | None:
        """Return for how long a partition may have had something unread; None before all have been read once."""
        complete = [time for time in self._complete if time is not None]
        if len(complete) < len(self._complete):
            return None
        return max(0, now - min(complete, default=now))

    def is_current(self, now: int) -> bool:
        """Whether the figures may be published."""
        lag = self.lag_ms(now)
        return lag is not None and lag <= self.stale_after_ms
