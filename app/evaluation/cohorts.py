"""Values over cohorts: what became of the customers who signed up on the same local days.

A cohort is mature for an age once that day is over for all of it. Daily cohorts are named by their date, weekly ones by
their ISO week; `all` stands for every mature day of the last `ALL_DAYS` days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from app.catalogue.model import Kpi
from app.catalogue.naming import DENOMINATOR, NUMERATOR, OVERALL, VALUE, family_names
from app.evaluation.families import FamilySamples
from app.evaluation.forms import Context
from app.evaluation.projection import Key
from app.evaluation.reads import ALL_DAYS, Reads
from app.evaluation.samples import Sample
from streams.core.groups.cohorts import LATER, NEVER, ON
from streams.core.measures import MEASURES

MEASURE: Final = "cohorts"
SHOWN: Final = 12
"""How many cohorts are shown by name, the latest mature ones."""

MODES: Final[Mapping[str | None, tuple[str, ...]]] = {"n_day": (ON,), "unbounded": (ON, LATER)}
"""What counts as having come back, by the value of label `mode`."""
INACTIVE: Final[Mapping[str | None, tuple[str, ...]]] = {None: (LATER, NEVER)}
"""The complement of mode n_day."""


class _Cohort(NamedTuple):
    """Local days, both ends included."""

    name: str
    first: int
    last: int


def retention_d1(kpi: Kpi, reads: Reads, window: str | None, context: Context) -> Iterator[Sample]:
    """Yield who came back the day after, by day of signup."""
    del window
    return _samples(kpi, reads, context, MODES, _days(reads.today, 1), "d1")


def retention_d7(kpi: Kpi, reads: Reads, window: str | None, context: Context) -> Iterator[Sample]:
    """Yield who came back after seven days, by week of signup."""
    del window
    return _samples(kpi, reads, context, MODES, _weeks(reads.today, 7), "d7")


def retention_d30(kpi: Kpi, reads: Reads, window: str | None, context: Context) -> Iterator[Sample]:
    """Yield who came back after thirty days, by week of signup."""
    del window
    return _samples(kpi, reads, context, MODES, _weeks(reads.today, 30), "d30")


def inactive_d1(kpi: Kpi, reads: Reads, window: str | None, context: Context) -> Iterator[Sample]:
    """Yield who stayed away the day after, by day of signup."""
    del window
    return _samples(kpi, reads, context, INACTIVE, _days(reads.today, 1), "d1")


def inactive_d7(kpi: Kpi, reads: Reads, window: str | None, context: Context) -> Iterator[Sample]:
    """Yield who stayed away on the seventh day, by week of signup."""
    del window
    return _samples(kpi, reads, context, INACTIVE, _weeks(reads.today, 7), "d7")


def inactive_d30(kpi: Kpi, reads: Reads, window: str | None, context: Context) -> Iterator[Sample]:
    """Yield who stayed away on the thirtieth day, by week of signup."""
    del window
    return _samples(kpi, reads, context, INACTIVE, _weeks(reads.today, 30), "d30")


def _days(today: int, age: int) -> list[_Cohort]:
    """The cohort of all, and the latest mature days."""
    everyone = _everyone(today, age)
    days = range(everyone.last - SHOWN + 1, everyone.last + 1)
    return [everyone, *(_Cohort(date.fromordinal(day).isoformat(), day, day) for day in days)]


def _weeks(today: int, age: int) -> list[_Cohort]:
    """The cohort of all, and the latest weeks from Monday to Sunday that are mature as a whole."""
    everyone = _everyone(today, age)
    sunday = everyone.last - everyone.last % 7
    found = [everyone]
    for end in range(sunday - 7 * (SHOWN - 1), sunday + 1, 7):
        year, week, _ = date.fromordinal(end).isocalendar()
        found.append(_Cohort(f"{year}-W{week:02}", end - 6, end))
    return found


def _everyone(today: int, age: int) -> _Cohort:
    # Of the youngest mature signups the day that decides was yesterday.
    return _Cohort(OVERALL, today - ALL_DAYS, today - 1 - age)


def _samples(
    kpi: Kpi,
    reads: Reads,
    context: Context,
    modes: Mapping[str | None, tuple[str, ...]],
    cohorts: list[_Cohort],
    age: str,
) -> Iterator[Sample]:
    families = {family.role: FamilySamples(family) for family in family_names(kpi)}
    by_plan = len(kpi.dimensions) > 1
    for key, counts in _counts(reads, cohorts, age, context.top, by_plan=by_plan):
        size = counts.total()
        families[DENOMINATOR].series(None).add(key, size)
        for mode, states in modes.items():
            n = sum(counts[state] for state in states)
            families[NUMERATOR].series(None, mode).add(key, n)
            if size:
                families[VALUE].series(None, mode).add(key, n / size)
    for family in families.values():
        yield from family.take()


def _counts(
    reads: Reads, cohorts: list[_Cohort], age: str, top: int, *, by_plan: bool
) -> Iterator[tuple[Key, Counter[str]]]:
    """Yield customers by state for each series: the cohort of all, with or without customers, its plans, the others."""
    fields = MEASURES[MEASURE].fields
    plan_at, state_at = fields.index("plan"), fields.index(age)
    for name, first, last in cohorts:
        total: Counter[str] = Counter()
        plans: dict[str, Counter[str]] = {}
        for cell, n in reads.cells_of_days(MEASURE, first, last).items():
            state = str(cell[state_at])
            total[state] += n
            if by_plan and name == OVERALL:
                plans.setdefault(str(cell[plan_at]), Counter())[state] += n
        if name == OVERALL or total.total():
            yield ((name, OVERALL) if by_plan else (name,)), total
        sized = [(-counts.total(), plan) for plan, counts in plans.items() if counts.total()]
        for plan in sorted(plan for _, plan in sorted(sized)[:top]):
            yield (OVERALL, plan), plans[plan]
