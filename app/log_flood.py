"""Keeps a library that reports every attempt from filling the log: what repeats is told once, then how often.

While no broker answers, the Kafka client reports each attempt to connect, hundreds a second. Whoever is called because
of that needs the first report and to know that it goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

INTERVAL_S: Final = 30.0
"""At least this long between two reports of the same kind."""


class FloodFilter(logging.Filter):
    """Lets one record of each kind (logger and message before formatting) through in `INTERVAL_S`.

    ``loggers`` are the names of those it is about, their children included. `clock` gives seconds.
    """

    def __init__(self, *loggers: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._loggers = loggers
        self._clock = clock
        self._kinds: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record passes. One that passes after others were held back says how many."""
        if not any(record.name == name or record.name.startswith(f"{name}.") for name in self._loggers):
            return True
        kind = (record.name, str(record.msg))
        now = self._clock()
        last, held_back = self._kinds.get(kind, (-INTERVAL_S, 0))
        if now - last < INTERVAL_S:
            self._kinds[kind] = (last, held_back + 1)
            return False
        self._kinds[kind] = (now, 0)
        if held_back:
            record.msg = f"{record.getMessage()} (and {held_back} more like it before)"
            record.args = ()
        return True


def hold_back_floods(*loggers: str) -> None:
    """Put a `FloodFilter` for these loggers before everything that this process writes to its log."""
    held_back = FloodFilter(*loggers)
    for handler in logging.getLogger().handlers:
        handler.addFilter(held_back)
