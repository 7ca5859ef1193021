"""Records values into the history as time goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

import structlog

from app.exporter.closing import close
from app.exporter.history import History, Key, Point, slot_of
from app.exporter.live import Live
from app.exporter.views import KpiView

log = structlog.get_logger(__name__)

Write = Callable[[Iterable[tuple[Key, Point]], Iterable[Key]], Awaitable[None]]


class Recorder:
    """Files the overall values of every KPI once in each slot, and has them written in the background."""

    def __init__(self, live: Live, history: History, views: Mapping[str, KpiView], write: Write) -> None:
        self._live = live
        self._history = history
        self._views = views
        self._write = write
        self._writing: asyncio.Task[None] | None = None

    def record_if_due(self) -> None:
        """Record the current slot, unless it has been, or there are no current figures.

        While an earlier slot is still being written, the next one waits.
        """
        time = self._live.time
        if time is None or not self._history.is_due(time) or self._is_writing():
            return
        figures = self._live.figures()
        if figures is None:
            return
        slot = slot_of(time)
        points = [
            (
                Key(view.kpi.id, series.labels, slot),
                Point(time, series.value, series.numerator, series.denominator),
            )
            for view in self._views.values()
            for series in view.overall(figures)
            if series.value is not None
        ]
        for key, point in points:
            self._history.put(key, point)
        # A slot without a single value is over as well.
        self._history.last_slot = slot
        expired = self._history.expire(time)
        self._writing = asyncio.ensure_future(self._write(points, expired))
        log.debug("recorded", points=len(points), expired=len(expired), at=time)

    def _is_writing(self) -> bool:
        if self._writing is None or not self._writing.done():
            return self._writing is not None
        # Whatever the writing does not handle itself is a bug, and ends the process.
        self._writing.result()
        return False

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._writing is not None:
            await close("history", self._writing)
