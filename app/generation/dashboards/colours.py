"""Colours of values, from the bands of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from app.catalogue.model import Kpi
from app.catalogue.pages import format_value
from app.catalogue.targets import Band, Better

GOOD: Final = "green"
FAIR: Final = "yellow"
POOR: Final = "orange"
BAD: Final = "red"
NEUTRAL: Final = "text"
PAST: Final = "#808080"
"""Of a curve to compare with."""

NO_STEPS: Final = ((NEUTRAL, None),)


class Step(NamedTuple):
    """From ``bound`` on, a value has ``colour``; the first step has no bound."""

    colour: str
    bound: float | None


def steps(kpi: Kpi) -> list[Step]:
    """Return the colours by the KPI's bands, or by its objective where it has no bands; ascending.

    Grafana's steps begin at their bound, so a value that is exactly a bound has the colour of the band above it.
    """
    if kpi.bands:
        ranked = list(zip(kpi.bands, _ranks(len(kpi.bands)), strict=True))
        ascending = ranked[::-1] if kpi.better == "higher" else ranked
        return [Step(colour, band.lower) for band, colour in ascending]
    if kpi.objective is not None:
        worst_first = [POOR, GOOD]
        low, high = worst_first if kpi.better == "higher" else worst_first[::-1]
        return [Step(low, None), Step(high, kpi.objective)]
    return [Step(NEUTRAL, None)]


def meaning(kpi: Kpi) -> str:
    """Return what the colours say, in words; empty for a KPI without."""
    if kpi.bands:
        bands = "; ".join(
            f"{colour}: {band.title} ({_range(band, kpi.unit)})"
            for band, colour in zip(kpi.bands, _ranks(len(kpi.bands)), strict=True)
        )
        return f"Colours are the bands. {bands[0].upper()}{bands[1:]}."
    if kpi.objective is not None:
        side = "at least" if kpi.better == "higher" else "at most"
        return (
            f"{GOOD.capitalize()} where the objective is met: {side} {format_value(kpi.objective, kpi.unit)}."
        )
    return ""


def scale(better: Better) -> str:
    """Return the continuous scale from red to green in the direction in which a value improves."""
    return "continuous-RdYlGr" if better == "higher" else "continuous-GrYlRd"


def _ranks(n: int) -> Sequence[str]:
    """Return a colour for each of ``n`` bands, the best first."""
    if n == 2:
        return [GOOD, BAD]
    if n == 3:
        return [GOOD, FAIR, BAD]
    return [GOOD, FAIR, *[POOR] * (n - 3), BAD]


def _range(band: Band, unit: str) -> str:
    ends = ((band.above, "above"), (band.at_least, "from"), (band.at_most, "to"), (band.below, "below"))
    return " ".join(f"{word} {format_value(bound, unit)}" for bound, word in ends if bound is not None)
