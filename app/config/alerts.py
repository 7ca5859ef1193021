"""The section ``alerts``: how long alerts wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.config.keys import Clash, key, section_of
from app.config.kinds import Duration

_HOUR: Final = 3_600_000

_LIMIT = Duration(1_000, 24 * _HOUR)
_HOLD = Duration(0, 3 * _HOUR)


@dataclass(frozen=True)
class AlertTimes:
    """How long alerts wait. `selfserve generate` writes these into the alerting rules, their tests and the runbooks.

    The defaults suit live figures. A trial that must not take hours writes short ones.
    """

    evaluation_interval_ms: int = key(
        60_000,
        Duration(1_000, 300_000),
        "How often the rules of KPIs are evaluated. Looking back over weeks costs more than figures that move once a"
        " second are worth.",
    )
    stale_after_ms: int = key(
        120_000,
        _LIMIT,
        "Figures older than this are stale: no alert on a KPI fires on them, and `SelfserveStalled` does.",
    )
    stalled_hold_ms: int = key(
        60_000,
        _HOLD,
        "For how long figures are stale before `SelfserveStalled` fires. Shorter than the holds of all alerts that it"
        " mutes.",
    )
    absent_hold_ms: int = key(
        300_000,
        _HOLD,
        "For how long there is no figure at all before `SelfserveAbsent` fires. Longer than an exporter takes to start.",
    )
    no_events_after_ms: int = key(
        900_000,
        _LIMIT,
        "Age of the newest event from which events are missing. Longer than a quiet spell at night.",
    )
    no_events_hold_ms: int = key(300_000, _HOLD, "For how long that lasts before `SelfserveNoEvents` fires.")
    behind_hold_ms: int = key(
        600_000,
        _HOLD,
        "For how long workers are behind before `SelfserveBehind` fires. Longer than a take-over of partitions, during"
        " which records pile up by design.",
    )
    drop_hold_ms: int = key(
        1_800_000,
        _HOLD,
        "For how long a KPI is worse than in earlier weeks before `…Drop`, `…Rise` or `…Burst` fires. Half the shortest window that"
        " is compared: one odd minute is out of sight, an incident is not.",
    )
    anomaly_hold_ms: int = key(1_800_000, _HOLD, "The same for `…Anomaly`.")
    band_hold_ms: int = key(
        3_600_000, _HOLD, "For how long a KPI is outside of its band before `…Low` or `…High` fires."
    )
    band_keep_ms: int = key(
        1_800_000,
        _HOLD,
        "For how long it goes on firing afterwards: a value over days crosses its bound back and forth for a while.",
    )
    burn_fast_hold_ms: int = key(
        120_000,
        _HOLD,
        "For how long an error budget is spent before `…BurnFast` fires. The longer window says already that it lasts;"
        " this keeps one odd evaluation from calling somebody.",
    )
    burn_slow_hold_ms: int = key(900_000, _HOLD, "The same for `…BurnSlow`.")


def _check(times: AlertTimes) -> list[Clash]:
    muted = {
        "drop_hold": times.drop_hold_ms,
        "anomaly_hold": times.anomaly_hold_ms,
        "band_hold": times.band_hold_ms,
        "burn_fast_hold": times.burn_fast_hold_ms,
        "burn_slow_hold": times.burn_slow_hold_ms,
    }
    return [
        Clash(
            name,
            "is not longer than stalled_hold, so the alert would fire before the one that mutes it",
            ("stalled_hold",),
        )
        for name, hold in muted.items()
        if hold <= times.stalled_hold_ms
    ]


ALERTS = section_of("alerts", AlertTimes, _check)
