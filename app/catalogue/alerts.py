"""When a KPI calls somebody: the settings from which alerting rules are generated."""

from __future__ import annotations

from typing import Final, Literal

from app.catalogue.reads import Frozen

Severity = Literal["info", "warning", "critical"]

BURN_RATE_WINDOWS: Final = ("5m", "30m", "1h", "6h")
"""Windows that the fast and the slow burn-rate rule compare."""


class BandAlert(Frozen, frozen=True):
    """Fires when the value over ``window`` (left out where the KPI has none) is worse than band ``worse_than``."""

    worse_than: str
    window: str | None = "7d"
    severity: Severity = "warning"


class DropAlert(Frozen, frozen=True):
    """Fires when the value is worse than at the same hour of last week by more than the part ``by`` of it.

    Worse is lower or higher, as the KPI says. ``window`` is left out where the KPI has none.
    """

    by: float
    window: str | None = "1h"
    severity: Severity = "warning"

    def __post_init__(self) -> None:
        if not 0 < self.by < 1:
            raise ValueError(f"by is a part of last week's value, between 0 and 1, not {self.by}")


class BurstAlert(Frozen, frozen=True):
    """Fires when the value rests on more than ``times`` as many items as at the same hour of last week, whatever the value."""

    times: float
    window: str = "1h"
    severity: Severity = "warning"

    def __post_init__(self) -> None:
        if self.times <= 1:
            raise ValueError(f"times is how many times as much is a burst, above 1, not {self.times}")


class AlertSettings(Frozen, frozen=True):
    """The alerts of one KPI.

    None fires on fewer than ``min_samples`` items in the denominator (for durations: observations; for scores: answers;
    for counts, levels and amounts: their own value a week ago, where that is compared with). ``anomaly`` compares with the mean and spread of the last week. ``burn_rate`` spends the
    error budget that the objective leaves; only sensible where an outcome is known at once. ``stat`` is the statistic
    of durations that is watched. ``burst`` watches the denominator itself.
    """

    min_samples: int = 50
    band: BandAlert | None = None
    drop: DropAlert | None = None
    anomaly: bool = False
    burn_rate: bool = False
    burst: BurstAlert | None = None
    stat: Literal["mean", "p50", "p75", "p90"] | None = None

    def __post_init__(self) -> None:
        if self.min_samples < 1:
            raise ValueError(f"min_samples must be at least 1, not {self.min_samples}")
