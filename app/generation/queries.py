"""The PromQL expressions of a KPI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.catalogue.model import Kind, Kpi
from app.catalogue.naming import DENOMINATOR, OBSERVATIONS, OVERALL, STAT, VALUE, WINDOW, family_of
from app.generation import burn, names

STALE_AFTER_S: Final = 120
"""Figures older than this are not alerted upon: there is an alert for that."""

WEEKS: Final = 3
"""How many weeks the median is of."""

SPREADS: Final = 3
"""How many spreads from the mean a value is an anomaly."""

LEAST_SPREAD: Final = 0.02
"""No spread is taken for smaller, in a ratio's own unit and else as a part of the mean: a quiet week is no promise."""

FRESH: Final = f"unless on () ({names.LAG} > {STALE_AFTER_S})"

RESTS_ON: Final[dict[Kind, str | None]] = {
    "ratio": DENOMINATOR,
    "quotient": DENOMINATOR,
    "seconds": OBSERVATIONS,
    "count": None,
    "level": None,
}
"""Kinds that alerts can be generated for, and the role of the family that says on how many items a value rests."""


class KpiQueries:
    """Expressions over the recorded series of one KPI. Raises `ValueError` for a kind that has no alerts."""

    def __init__(self, kpi: Kpi) -> None:
        if kpi.kind not in RESTS_ON:
            raise ValueError(f"{kpi.id} is of kind {kpi.kind}, for which there are no alerts")
        self._kpi = kpi
        self.rests_on = RESTS_ON[kpi.kind]

    @property
    def recorded_value(self) -> str:
        """What the recorded value is: one series for all exporters, which all publish the same."""
        split = () if self._kpi.split_label is None else (self._kpi.split_label,)
        return self._overall(VALUE, *split)

    @property
    def recorded_samples(self) -> str | None:
        """The same of the items that the value rests on; `None` for a level."""
        return None if self.rests_on is None else self._overall(self.rests_on)

    def recorded_median(self, window: str | None) -> str:
        """What the recorded median is: of the hours around the same moment in the last weeks."""
        each = [
            f'label_replace({self.weeks_ago(window, weeks)}, "weeks_ago", "{weeks}", "", "")'
            for weeks in range(1, WEEKS + 1)
        ]
        return "quantile without (weeks_ago) (\n  0.5,\n  " + "\n  or ".join(each) + "\n)\n"

    def recorded_mean(self, window: str | None) -> str:
        """What the recorded mean is: that of the last week."""
        return f"avg_over_time({self.value(window)}[1w])"

    def recorded_spread(self, window: str | None) -> str:
        """What the recorded spread is: the standard deviation of the last week, or the least that is believed."""
        deviation, least = f"stddev_over_time({self.value(window)}[1w])", number(LEAST_SPREAD)
        if self._kpi.kind == "ratio":
            return f"clamp_min({deviation}, {least})"
        floor = f"{least} * {self.recorded_mean(window)}"
        return f"{deviation} > {floor}\nor {floor}\n"

    def value(self, window: str | None) -> str:
        """Return the value over a window; `None` for a KPI without windows."""
        return names.value_record(self._kpi) + self.selector(window)

    def samples(self, window: str | None, weeks: int = 0) -> str:
        """Return the items that the value rests on, now or ``weeks`` ago."""
        if self.rests_on is None:
            # A level rests on what it was: its own fall must not silence the alert on it.
            return f"{self.value(window)} offset {weeks or 1}w"
        offset = f" offset {weeks}w" if weeks else ""
        return names.samples_record(self._kpi) + _braces(self._window(window)) + offset

    def weeks_ago(self, window: str | None, weeks: int) -> str:
        """Return the mean of the hour around the same moment that many weeks ago: one moment may have been an odd one."""
        return f"avg_over_time({self.value(window)}[1h] offset {weeks * 7 - 1}d23h30m)"

    def median(self, window: str | None) -> str:
        """Return what is usual at this hour."""
        return names.median_record(self._kpi) + self.selector(window)

    def mean(self, window: str | None) -> str:
        """Return the mean of the last week."""
        return names.mean_record(self._kpi) + self.selector(window)

    def spread(self, window: str | None) -> str:
        """Return the spread of the last week."""
        return names.spread_record(self._kpi) + self.selector(window)

    def drop(self, by: float, window: str | None, min_samples: int) -> str:
        """Return what is true while the value is worse than last week's by more than the part ``by`` of that."""
        return self._worse(self.weeks_ago(window, 1), by, window, self._enough(window, min_samples, (0, 1)))

    def unusual(self, by: float, window: str | None, min_samples: int) -> str:
        """Return what is true while the value is worse by that than the median of the last weeks."""
        enough = self._enough(window, min_samples, range(WEEKS + 1))
        return self._worse(self.median(window), by, window, enough)

    def outside(self, band: str, window: str | None, min_samples: int) -> str:
        """Return what is true while the value is worse than ``band``, an objective or the name of a band."""
        return _guarded(
            f"{self.value(window)} {self._comparison(band)} {number(self.bound(band))}",
            *self._enough(window, min_samples, (0,)),
        )

    def anomaly(self, window: str | None, min_samples: int) -> str:
        """Return what is true while the value lies on the bad side of its spread."""
        compared = f"< -{SPREADS}" if self._kpi.better == "higher" else f"> {SPREADS}"
        return _guarded(
            f"(\n    {self.value(window)}\n    - {self.mean(window)}\n  )",
            f"/ {self.spread(window)}",
            compared,
            *self._enough(window, min_samples, (0, 1)),
        )

    def burning(self, pace: burn.Pace, min_samples: int) -> str:
        """Return what is true while the error budget is spent at a pace."""
        above = number(burn.limit(self._kpi, pace))
        return _guarded(
            f"({self.bad(pace.long)} > {above})",
            f"and ignoring ({WINDOW}) ({self.bad(pace.short)} > {above})",
            *self._enough(pace.long, min_samples, (0,)),
        )

    def bad(self, window: str | None) -> str:
        """Return the share of bad outcomes of a ratio."""
        return self.value(window) if self._kpi.better == "lower" else f"1 - {self.value(window)}"

    def bound(self, band: str) -> float:
        """Return the value beyond which ``band`` is left for the worse."""
        return next(target.value for target in self._kpi.targets if target.band == band)

    def selector(self, window: str | None, *more: str) -> str:
        """Return the label matchers of the value that is watched, with ``more`` of them."""
        stat = self._kpi.alerts.stat
        return _braces([*self._window(window), *([] if stat is None else [f'{STAT}="{stat}"']), *more])

    def _worse(self, then: str, by: float, window: str | None, enough: Iterable[str]) -> str:
        now, base = self.value(window), then
        worse, better = (now, then) if self._kpi.better == "higher" else (then, now)
        if self._kpi.better == "lower" and self._kpi.kind == "ratio":
            # Where hardly anything was bad, one bad item more is no rise; after none at all it would be an infinite one.
            base = f"clamp_min({then}, {number(1 / self._kpi.alerts.min_samples)})"
        return _guarded(f"(\n    {better}\n    - {worse}\n  )", f"/ {base}", f"> {number(by)}", *enough)

    def _enough(self, window: str | None, min_samples: int, weeks: Iterable[int]) -> list[str]:
        """Return the conditions that there are enough items, now (0) and so many weeks ago."""
        split = STAT if self._kpi.kind == "seconds" else self._kpi.split_label
        both = "and " if split is None or self.rests_on is None else f"and ignoring ({split}) "
        found = [f"{both}{self.samples(window, week)} >= {min_samples}" for week in weeks]
        return list(dict.fromkeys(found))

    def _comparison(self, band: str) -> str:
        """How a value outside compares: the bound itself may lie inside."""
        inside = True
        for found in self._kpi.bands:
            if found.name == band:
                inside = self.bound(band) in found
        sign = "<" if self._kpi.better == "higher" else ">"
        return sign if inside else sign + "="

    def _window(self, window: str | None) -> list[str]:
        return [] if window is None else [f'{WINDOW}="{window}"']

    def _overall(self, role: str, *labels: str) -> str:
        dimensions = [dimension.name for dimension in self._kpi.dimensions if dimension.name != names.CHANNEL]
        fixed = [f'{label}="{OVERALL}"' for label in (*labels, *dimensions)]
        return f"max without (instance, pod) ({family_of(self._kpi, role).name}{_braces(fixed)})"


def number(value: float) -> str:
    """Return ``value`` as PromQL has it."""
    return f"{value:.10g}"


def _braces(matchers: Iterable[str]) -> str:
    inside = ",".join(matchers)
    return f"{{{inside}}}" if inside else ""


def _guarded(*lines: str) -> str:
    """Return an expression of these lines that is silent on old figures."""
    body = "".join(f"  {line}\n" for line in lines)
    return f"(\n{body})\n{FRESH}\n"
