"""The PromQL expressions of a ratio."""

from __future__ import annotations

from typing import Final

from app.catalogue.model import Kpi
from app.catalogue.naming import DENOMINATOR, OVERALL, VALUE, WINDOW, family_of
from app.generation import names

STALE_AFTER_S: Final = 120
"""Figures older than this are not alerted upon: there is an alert for that."""

LAST_WEEK: Final = "[1h] offset 6d23h30m"
"""The hour around the same moment a week ago. Its mean, because one moment may have been an odd one."""

FRESH: Final = f"unless on () ({names.LAG} > {STALE_AFTER_S})"


class RatioQueries:
    """Expressions over the recorded series of one ratio."""

    def __init__(self, kpi: Kpi) -> None:
        if kpi.kind != "ratio":
            raise ValueError(f"{kpi.id} is a {kpi.kind}, not a ratio")
        self._kpi = kpi

    @property
    def recorded_value(self) -> str:
        """What the recorded value is: one series for all exporters, which all publish the same."""
        split = () if self._kpi.split_label is None else (self._kpi.split_label,)
        return self._overall(VALUE, *split)

    @property
    def recorded_samples(self) -> str:
        """The same of the items that the value rests on."""
        return self._overall(DENOMINATOR)

    def value(self, window: str | None) -> str:
        """Return the value over a window; `None` for a KPI without windows."""
        return names.value_record(self._kpi) + self._selector(window)

    def samples(self, window: str | None) -> str:
        """Return the items that the value rests on."""
        return names.samples_record(self._kpi) + self._selector(window)

    def last_week(self, window: str | None) -> str:
        """Return the value around the same moment a week ago."""
        return f"avg_over_time({self.value(window)}{LAST_WEEK})"

    def drop(self, by: float, window: str | None, min_samples: int) -> str:
        """Return what is true while the value is worse than last week's by more than the part ``by`` of that."""
        now, then = self.value(window), self.last_week(window)
        higher = self._kpi.better == "higher"
        worse, better = (now, then) if higher else (then, now)
        return (
            "(\n"
            f"  (\n    {better}\n    - {worse}\n  )\n"
            f"  / {then}\n"
            f"  > {number(by)}\n"
            f"  {self._and}{self.samples(window)} >= {min_samples}\n"
            f"  {self._and}{self.samples(window)} offset 1w >= {min_samples}\n"
            ")\n"
            f"{FRESH}\n"
        )

    def outside(self, band: str, window: str | None, min_samples: int) -> str:
        """Return what is true while the value is worse than ``band``, an objective or the name of a band."""
        return (
            "(\n"
            f"  {self.value(window)} {self._comparison(band)} {number(self.bound(band))}\n"
            f"  {self._and}{self.samples(window)} >= {min_samples}\n"
            ")\n"
            f"{FRESH}\n"
        )

    def bound(self, band: str) -> float:
        """Return the value beyond which ``band`` is left for the worse."""
        return next(target.value for target in self._kpi.targets if target.band == band)

    def _comparison(self, band: str) -> str:
        """How a value outside compares: the bound itself may lie inside."""
        inside = True
        for found in self._kpi.bands:
            if found.name == band:
                inside = self.bound(band) in found
        sign = "<" if self._kpi.better == "higher" else ">"
        return sign if inside else sign + "="

    @property
    def _and(self) -> str:
        # The items have no label that splits the value's numerator.
        split = self._kpi.split_label
        return "and " if split is None else f"and ignoring ({split}) "

    def _selector(self, window: str | None) -> str:
        return "" if window is None else f'{{{WINDOW}="{window}"}}'

    def _overall(self, role: str, *labels: str) -> str:
        dimensions = [dimension.name for dimension in self._kpi.dimensions if dimension.name != names.CHANNEL]
        fixed = ",".join(f'{label}="{OVERALL}"' for label in (*labels, *dimensions))
        selector = f"{{{fixed}}}" if fixed else ""
        return f"max without (instance, pod) ({family_of(self._kpi, role).name}{selector})"


def number(value: float) -> str:
    """Return ``value`` as PromQL has it."""
    return f"{value:.10g}"
