"""How fast an error budget may be spent before somebody is called."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.catalogue.alerts import Severity
from app.catalogue.model import Kpi
from app.config.alerts import AlertTimes


class Pace(NamedTuple):
    """One burn-rate rule: the value must be bad over ``long``, and still be over ``short``.

    ``factor`` is the usual one, as a multiple of the rate at which the budget lasts exactly as long as it should.
    ``part`` is the greatest part of the highest rate that is possible at all.
    """

    name: str
    long: str
    short: str
    factor: float
    part: float
    severity: Severity

    def hold(self, times: AlertTimes) -> int:
        """Return for how long that must be so (ms)."""
        return times.burn_fast_hold_ms if self.name == "fast" else times.burn_slow_hold_ms


PACES: Final = (
    Pace("fast", "1h", "5m", 14.4, 0.5, "critical"),
    Pace("slow", "6h", "30m", 6.0, 0.3, "warning"),
)
"""The usual factors suit an objective of 99.9 %. When everything is bad, the rate is 1/budget: 5 at an objective of 80 %.
So a factor is never more than a part of that, or its alert could not fire."""


def budget(kpi: Kpi) -> float:
    """Return the share of bad outcomes that the objective of a ratio leaves room for."""
    if kpi.objective is None:
        raise ValueError(f"{kpi.id} has no objective, so there is no budget")
    return kpi.objective if kpi.better == "lower" else 1 - kpi.objective


def limit(kpi: Kpi, pace: Pace) -> float:
    """Return the share of bad outcomes above which the budget is spent at this pace; below 1."""
    return min(pace.factor * budget(kpi), pace.part)
