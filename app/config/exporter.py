"""The section ``exporter``: how the figures are published."""

from __future__ import annotations

from dataclasses import dataclass

from app.config.forms import ADDRESS, PORT
from app.config.keys import key, section_of
from app.config.kinds import Duration, Integer


@dataclass(frozen=True)
class ExporterSettings:
    """The process that turns panes into KPI values."""

    listen: str = key(
        "127.0.0.1",
        ADDRESS,
        "Address of the port with metrics, API and page; `0.0.0.0` opens it to the network.",
        environment="SELFSERVE_LISTEN",
    )
    port: int = key(8000, PORT, "That port. 0 takes a free one and logs it.")
    stale_after_ms: int = key(
        60_000,
        Duration(1_000, 3_600_000),
        "An exporter that lags further behind than this publishes no KPI, so that an old value never passes for a"
        " new one.",
    )
    dimension_top: int = key(
        20,
        Integer(1, 1_000),
        "Values shown of each unbounded dimension, the largest first; counts of the rest are folded into `other`.",
    )


EXPORTER = section_of("exporter", ExporterSettings)
