"""The PromQL expressions of a KPI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.catalogue.model import Kpi
from app.catalogue.naming import OVERALL, STAT, VALUE, WINDOW, family_of
from app.catalogue.reads import Ratio, Score
from app.config.alerts import AlertTimes
from app.generation import burn, names
from app.generation.timing import seconds

WEEKS: Final = 3
"""How many weeks the median is of."""

SPREADS: Final = 3
"""How many spreads from the mean a value is an anomaly."""

LEAST_SPREAD: Final = 0.02
"""No spread is taken for smaller: a quiet week is no promise. A part of the scale, where the value has one, else of the
mean."""

LEAST_SCORE: Final = 0.05
"""A change of a score is measured against at least this part of its scale: scores around 0 have no parts."""

LEAST_SECONDS: Final = 60
"""A rise of a duration is measured against at least this: from nothing to seconds is no incident."""

RESTS_ON_ITSELF: Final = frozenset({"count", "level", "amount"})
"""Kinds whose value is a number of items itself."""


class KpiQueries:
    """Expressions over the recorded series of one KPI."""

    def __init__(self, kpi: Kpi, times: AlertTimes) -> None:
        self._kpi = kpi
        self._fresh = fresh(times)
        self.rests_on = names.samples_role(kpi)
        """Role of the family that says on how many items the value rests; `None` where there is none."""

    @property
    def rests_on_itself(self) -> bool:
        """Whether the value is a number of items, so that its own size says whether it means anything."""
        return self._kpi.kind in RESTS_ON_ITSELF

    @property
    def recorded_value(self) -> str:
        """What the recorded value is: one series for all exporters, which all publish the same."""
        return self._overall(VALUE)

    @property
    def recorded_samples(self) -> str | None:
        """The same of the items that the value rests on; `None` where the KPI does not say."""
        if self.rests_on is None:
            return None
        classes = self._kpi.value.label if isinstance(self._kpi.value, Score) else None
        samples = self._overall(self.rests_on)
        return samples if classes is None else f"sum without ({classes}) ({samples})"

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
        deviation = f"stddev_over_time({self.value(window)}[1w])"
        if (scale := scale_of(self._kpi)) is not None:
            return f"clamp_min({deviation}, {number(LEAST_SPREAD * scale)})"
        mean = self.recorded_mean(window)
        floor = f"{number(LEAST_SPREAD)} * {f'abs({mean})' if self._kpi.kind == 'score' else mean}"
        return f"{deviation} > {floor}\nor {floor}\n"

    def value(self, window: str | None) -> str:
        """Return the value over a window; `None` for a KPI without windows."""
        return names.value_record(self._kpi) + self.selector(window)

    def samples(self, window: str | None, weeks: int = 0) -> str | None:
        """Return the items that the value rests on, now or ``weeks`` ago; `None` where nothing says so."""
        if self.rests_on is not None:
            offset = f" offset {weeks}w" if weeks else ""
            return names.samples_record(self._kpi) + _braces(self._window(window)) + offset
        if self.rests_on_itself and weeks:
            # What it was: its own fall must not silence the alert on it.
            return f"{self.value(window)} offset {weeks}w"
        return None

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
        return self._worse(self.weeks_ago(window, 1), by, self._enough(window, min_samples, (0, 1)), window)

    def unusual(self, by: float, window: str | None, min_samples: int) -> str:
        """Return what is true while the value is worse by that than the median of the last weeks."""
        enough = self._enough(window, min_samples, range(WEEKS + 1))
        return self._worse(self.median(window), by, enough, window)

    def outside(self, band: str, window: str | None, min_samples: int) -> str:
        """Return what is true while the value is worse than ``band``, an objective or the name of a band."""
        return self._guarded(
            f"{self.value(window)} {self._comparison(band)} {number(self.bound(band))}",
            *self._enough(window, min_samples, (0,)),
        )

    def anomaly(self, window: str | None, min_samples: int) -> str:
        """Return what is true while the value lies on the bad side of its spread."""
        compared = f"< -{SPREADS}" if self._kpi.better == "higher" else f"> {SPREADS}"
        return self._guarded(
            f"(\n    {self.value(window)}\n    - {self.mean(window)}\n  )",
            f"/ {self.spread(window)}",
            compared,
            *self._enough(window, min_samples, (0, 1)),
        )

    def burst(self, times: float, window: str, min_samples: int) -> str:
        """Return what is true while the value rests on more than ``times`` as many items as a week ago, and on more than ``min_samples``."""
        assert self.rests_on is not None
        return self._guarded(
            f"{self.samples(window)}",
            f"/ clamp_min({self.samples_a_week_ago(window)}, {number(min_samples / times)})",
            f"> {number(times)}",
        )

    def samples_a_week_ago(self, window: str | None) -> str:
        """Return the mean of the items in the hour around the same moment of last week."""
        return f"avg_over_time({self.samples(window)}[1h] offset 6d23h30m)"

    def burning(self, pace: burn.Pace, min_samples: int) -> str:
        """Return what is true while the error budget is spent at a pace."""
        above = number(burn.limit(self._kpi, pace))
        return self._guarded(
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

    def _worse(self, then: str, by: float, enough: Iterable[str], window: str | None) -> str:
        now = self.value(window)
        worse, better = (now, then) if self._kpi.better == "higher" else (then, now)
        return self._guarded(
            f"(\n    {better}\n    - {worse}\n  )", f"/ {self._base(then)}", f"> {number(by)}", *enough
        )

    def _base(self, then: str) -> str:
        """Return what a change is a part of: the value before it, or the least that it is taken for."""
        base = f"abs({then})" if self._kpi.kind == "score" else then
        least = least_base(self._kpi)
        return base if least is None else f"clamp_min({base}, {number(least)})"

    def _enough(self, window: str | None, min_samples: int, weeks: Iterable[int]) -> list[str]:
        """Return the conditions that there are enough items, now (0) and so many weeks ago."""
        split: list[str] = []
        if self.rests_on is not None:
            of_samples = {*family_of(self._kpi, self.rests_on).labels}
            split = [label for label in family_of(self._kpi, VALUE).labels if label not in of_samples]
        both = f"and ignoring ({', '.join(split)}) " if split else "and "
        found = [self.samples(window, week) for week in weeks]
        return [f"{both}{samples} >= {min_samples}" for samples in found if samples is not None]

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

    def _overall(self, role: str) -> str:
        family = family_of(self._kpi, role)
        fixed = [
            f'{label}="{value}"'
            for label, value in overall_labels(self._kpi).items()
            if label in family.labels
        ]
        return f"max without (instance, pod) ({family.name}{_braces(fixed)})"

    def _guarded(self, *lines: str) -> str:
        """Return an expression of these lines that is silent on old figures."""
        body = "".join(f"  {line}\n" for line in lines)
        return f"(\n{body})\n{self._fresh}\n"


def fresh(times: AlertTimes) -> str:
    """Return the condition that silences what it is put behind while the figures are stale."""
    return f"unless on () ({names.LAG} > {seconds(times.stale_after_ms)})"


def overall_labels(kpi: Kpi) -> dict[str, str]:
    """Return the labels of what is recorded that have one value, and that value: the whole of everything else."""
    found: dict[str, str] = {}
    if isinstance(kpi.value, Ratio) and kpi.value.split is not None:
        found[kpi.value.split.label] = kpi.value.split.whole
    kept = names.kept_labels(kpi)
    return found | {it.name: OVERALL for it in kpi.dimensions if it.name not in kept}


def scale_of(kpi: Kpi) -> float | None:
    """Return how far apart the least and the greatest possible value are; `None` where nothing says so."""
    if kpi.kind == "ratio":
        return 1.0
    if isinstance(kpi.value, Score) and kpi.value.weights is not None:
        weights = kpi.value.weights.values()
        return max(weights) - min(weights)
    return None


def least_base(kpi: Kpi) -> float | None:
    """Return the least that a change is measured against: parts of next to nothing mean nothing."""
    if kpi.kind == "score":
        scale = scale_of(kpi)
        return None if scale is None else LEAST_SCORE * scale
    if kpi.better == "higher":
        return None
    # Where hardly anything was bad, one bad item more is no rise; after none at all it would be an infinite one.
    return {
        "ratio": 1 / kpi.alerts.min_samples,
        "quotient": 1 / kpi.alerts.min_samples,
        "seconds": LEAST_SECONDS,
        "distribution": 1 / kpi.alerts.min_samples,
    }.get(kpi.kind)


def number(value: float) -> str:
    """Return ``value`` as PromQL has it."""
    return f"{value:.10g}"


def _braces(matchers: Iterable[str]) -> str:
    inside = ",".join(matchers)
    return f"{{{inside}}}" if inside else ""
