"""In which situations alerts on a KPI must fire, and in which they must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from app.catalogue.alerts import BandAlert, BurstAlert, DropAlert
from app.catalogue.model import Kpi
from app.catalogue.naming import OVERALL
from app.config.alerts import AlertTimes
from app.generation import burn, names
from app.generation.kpi_series import Course, Situation
from app.generation.queries import (
    LEAST_SPREAD,
    RESTS_ON_ITSELF,
    WEEKS,
    KpiQueries,
    least_base,
    scale_of,
)
from app.generation.rule_tests import LAST_WEEK

CHAT: Final = "chat"
"""A channel in which the same happens as overall; the names of other channels say what happens in them."""

NO_DATA: Final = "no_data"
FEW: Final = "few_samples"
"""Names of the situations that nothing may fire in: what is watched is gone, or rests on too little."""


@dataclass(frozen=True)
class Situations:
    """The situations by name, and ``share``: what the alert's own value is where it fires, if that is a share."""

    by_name: Mapping[str, Situation]
    share: float = 0.0


def drop(kpi: Kpi, settings: DropAlert) -> Situations:
    """Return those of the alert on a change since last week."""
    change, usual, bad = _fall(kpi, settings)
    found = _changes(kpi, usual, bad, weeks=1) | {
        "same_last_week": _situation(kpi, Course(usual, bad, weeks={1: bad})),
        "smaller_change": _situation(kpi, Course(usual, usual + (bad - usual) * settings.by * 0.9 / change)),
        "recovers_in_time": _situation(kpi, Course(usual, bad, back=LAST_WEEK.step)),
    }
    least = least_base(kpi)
    if least is not None:
        found["from_nothing_to_next_to_nothing"] = _situation(
            kpi, Course(0.0, _worse(kpi) * settings.by * 0.9 * least)
        )
    return Situations(found, change)


def unusual(kpi: Kpi, settings: DropAlert) -> Situations:
    """Return those of the alert on a change since the last three weeks."""
    change, usual, bad = _fall(kpi, settings)
    found = _changes(kpi, usual, bad, weeks=WEEKS) | {
        "one_bad_week": _situation(kpi, Course(usual, bad, weeks={1: bad}), fires=True),
        "one_good_week": _situation(kpi, Course(usual, bad, weeks={2: bad, 3: bad})),
        "smaller_change": _situation(kpi, Course(usual, usual + (bad - usual) * settings.by * 0.9 / change)),
    }
    return Situations(found, change)


def band(kpi: Kpi, settings: BandAlert, times: AlertTimes, recovers: int, ends: int) -> Situations:
    """Return those of the alert on a value outside of its band.

    In one of them the value is inside again after ``recovers`` minutes, and the alert ends after ``ends``.
    """
    bound = KpiQueries(kpi, times).bound(settings.worse_than)
    room = min(bound, 1 - bound) if kpi.kind == "ratio" else abs(bound) or 1.0
    worse = _worse(kpi)
    inside, bad = bound - worse * room / 2, bound + worse * room / 10
    found = {
        OVERALL: _situation(kpi, Course(inside, bad), fires=True),
        CHAT: _situation(kpi, Course(inside, bad), fires=True),
        "recovers": replace(_situation(kpi, Course(inside, bad, back=recovers), fires=True), ends=ends),
        "inside": _situation(kpi, Course(inside, inside)),
        NO_DATA: _situation(kpi, Course(inside, None), _samples(kpi, now=None)),
    }
    if names.samples_role(kpi) is not None:
        found[FEW] = _situation(kpi, Course(inside, bad), _samples(kpi, now=-1))
    if any(it.name == settings.worse_than and bound in it for it in kpi.bands):
        found["at_the_bound"] = _situation(kpi, Course(inside, bound))
    return Situations(found)


def anomaly(kpi: Kpi) -> Situations:
    """Return those of the alert on a value far outside of its usual spread."""
    usual, worse = _usual(kpi), _worse(kpi)
    spread = LEAST_SPREAD * (scale_of(kpi) or usual)
    bad = usual + worse * 10 * spread
    # One such morning in the week, and the same distance is nothing unusual.
    extreme = usual + worse * 50 * spread
    if kpi.kind == "ratio":
        extreme = (1 + worse) / 2
    elif kpi.kind in RESTS_ON_ITSELF:
        extreme = 2 * usual
    found = _changes(kpi, usual, bad, weeks=1) | {
        "within_the_spread": _situation(kpi, Course(usual, usual + worse * 2 * spread)),
        "usually_far_spread": _situation(kpi, Course(usual, bad, weeks={1: extreme})),
        "for_the_better": _situation(kpi, Course(usual, usual - worse * 9 * spread)),
        "recovers_in_time": _situation(kpi, Course(usual, bad, back=LAST_WEEK.step)),
    }
    return Situations(found)


def burst(kpi: Kpi, settings: BurstAlert) -> Situations:
    """Return those of the alert on far more items than last week."""
    least, value = kpi.alerts.min_samples, _usual(kpi)
    share = settings.times * 1.2
    many = least * share

    def items(course: Course, *, fires: bool = False) -> Situation:
        return _situation(kpi, Course(value, value), course, fires=fires)

    found = {
        OVERALL: items(Course(least, many), fires=True),
        CHAT: items(Course(least, many), fires=True),
        NO_DATA: items(Course(least, None)),
        FEW: items(Course(0, least * 0.9)),
        "no_history": items(Course(None, many)),
        "same_last_week": items(Course(least, many, weeks={1: many})),
        "smaller_change": items(Course(least, least * settings.times * 0.9)),
        "recovers_in_time": items(Course(least, many, back=LAST_WEEK.step)),
    }
    return Situations(found, share)


def burning(kpi: Kpi, pace: burn.Pace, passed: int) -> Situations:
    """Return those of the alert on an error budget that is spent at a pace, whose hold has ``passed`` after so long."""
    limit, allowed = burn.limit(kpi, pace), burn.budget(kpi)

    def share(bad: float) -> float:
        return bad if kpi.better == "lower" else 1 - bad

    ok, bad, tolerable = share(allowed / 2), share((limit + 1) / 2), share(limit * 0.99)
    least = kpi.alerts.min_samples
    high, slower, none = Course(ok, bad), Course(ok, tolerable), Course(ok, None)
    enough = Course(least, least)
    found = {
        OVERALL: Situation(high, enough, fires=True, short=high),
        CHAT: Situation(high, enough, fires=True, short=high),
        "over": Situation(high, enough, short=slower),
        "just_begun": Situation(slower, enough, short=high),
        "recovers_in_time": Situation(high, enough, short=Course(ok, bad, back=passed)),
        FEW: Situation(high, Course(least, least - 1), short=high),
        NO_DATA: Situation(none, Course(least, None), short=none),
    }
    return Situations(found, (limit + 1) / 2)


def _changes(kpi: Kpi, usual: float, bad: float, weeks: int) -> dict[str, Situation]:
    """Return the situations of all alerts that look back: a change that counts, and changes on too little."""
    found = {
        OVERALL: _situation(kpi, Course(usual, bad), fires=True),
        CHAT: _situation(kpi, Course(usual, bad), fires=True),
        NO_DATA: _situation(kpi, Course(usual, None), _samples(kpi, now=None)),
        "no_history": _situation(kpi, Course(None, bad), Course(None, kpi.alerts.min_samples)),
    }
    if kpi.kind in RESTS_ON_ITSELF:
        before = kpi.alerts.min_samples - 1
        found[FEW] = _situation(kpi, Course(before, before * bad / usual))
    elif names.samples_role(kpi) is not None:
        found[FEW] = _situation(kpi, Course(usual, bad), _samples(kpi, now=-1))
        for week in range(1, weeks + 1):
            few = Course(
                kpi.alerts.min_samples, kpi.alerts.min_samples, weeks={week: kpi.alerts.min_samples - 1}
            )
            found[f"{FEW}_{week}_weeks_ago"] = _situation(kpi, Course(usual, bad), few)
    return found


def _fall(kpi: Kpi, settings: DropAlert) -> tuple[float, float, float]:
    """Return a change that is large enough as a part, the usual value, and the value after it."""
    change = settings.by + min(0.05, (1 - settings.by) / 2)
    usual = _usual(kpi)
    return change, usual, usual * (1 + _worse(kpi) * change)


def _usual(kpi: Kpi) -> float:
    """Return a value from which there is room for changes, and of which no least takes the place."""
    if kpi.kind == "ratio":
        return 0.8 if kpi.better == "higher" else 0.2
    if kpi.kind == "score":
        return 0.4 * (scale_of(kpi) or 100.0)
    return 7200.0 if kpi.kind == "seconds" else 2.0 * kpi.alerts.min_samples


def _worse(kpi: Kpi) -> int:
    return -1 if kpi.better == "higher" else 1


def _samples(kpi: Kpi, now: int | None) -> Course:
    """Return enough samples before the change, and by ``now`` more than enough afterwards, or none."""
    least = kpi.alerts.min_samples
    return Course(least, None if now is None else least + now)


def _situation(kpi: Kpi, value: Course, samples: Course | None = None, *, fires: bool = False) -> Situation:
    enough = _samples(kpi, now=0) if samples is None else samples
    return Situation(value, None if names.samples_role(kpi) is None else enough, fires)
