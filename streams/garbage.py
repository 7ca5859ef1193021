"""Garbage collection on the engine's terms: the state is not searched, and nothing is searched while events wait.

Python's collector would go through every customer again and again; it costs a third of the throughput. What was there
when the worker became ready is set aside, and what came later is looked through when there is nothing else to do.
"""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Final

from streams.owner import Owner

IDLE_S: Final = 0.5
"""No batch for this long is idle."""
INTERVAL_S: Final = 60.0
"""At least this long between two collections."""
FORCED_S: Final = 900.0
"""At most this long between two collections, idle or not, so that memory is bounded."""
_TICK_S: Final = 1.0


async def collect_when_idle(owner: Owner) -> None:
    """Run the collector for as long as the worker runs."""
    gc.disable()
    was_ready = False
    collected = time.monotonic()
    while True:
        await asyncio.sleep(_TICK_S)
        now = time.monotonic()
        if owner.ready and not was_ready:
            gc.freeze()
            collected = now
        was_ready = owner.ready
        since = now - collected
        idle = now - owner.last_batch >= IDLE_S
        if (idle and since >= INTERVAL_S) or since >= FORCED_S:
            gc.collect()
            gc.freeze()
            collected = now
