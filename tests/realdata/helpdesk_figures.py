"""The help desk's published figures beside selfserve's."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final

from streams.core.batch import Batch, Sums, in_order
from streams.core.definitions import Definitions
from streams.core.distributions import quantiles
from streams.core.time import ALL
from tests.realdata import helpdesk
from tests.realdata.actives import Actives, compare_actives, compare_months_of_30_days, compare_trailing
from tests.realdata.comparison import EACH, QUANTILE, Comparison, Place, Reference
from tests.realdata.helpdesk import CLOSURE, RESOLUTION, activities, conversations
from tests.realdata.values import Read, days_of, evaluated, midnight, months_of, over_all, read_events

TO_RESOLUTION = "ttr_first_resolve_minus_first_event"
TO_CLOSURE = "ttc_first_closed_minus_first_event"
TO_REPLY = "first_response_first_take_in_charge_minus_first_event"
EXPORTED: Final = {"mean_s": "mean", "p50_s": "p50", "p75_s": "p75", "p90_s": "p90"}
"""Statistics that the KPI has: the name in the reference, and the label."""
FURTHER: Final = {"min_s": 0.0, "p25_s": 0.25, "p95_s": 0.95, "p99_s": 0.99, "max_s": 1.0}
"""Those that only its buckets have."""
MEASURE_OF: Final = {"time_to_resolution": "time_to_resolution", "first_response_time": "first_response"}
"""The measures whose last field is the bucket."""
_PRODUCT: Final = "by_product(first event)"
FIELDS: Final = {
    "by_service_type(first event)": "service_type",
    "by_seriousness_2(first event)": "seriousness_2",
    _PRODUCT: "product",
}
USERS: Final = {"customer_actives(user=customer)": "customer", "agent_actives(user=Resource)": "Resource"}

_ROWS = "counts rows, which no KPI does"
_ORDER = "is about the order of activities, which no KPI is"
_CONTEXT = "describes the log"
NOT_COMPARED: Final[dict[Place, str]] = {
    ("sha256",): _CONTEXT,
    ("columns",): _CONTEXT,
    ("published",): _CONTEXT,
    ("range",): _CONTEXT,
    **{(key, "tz"): _CONTEXT for key in USERS},
    ("tax_subset",): "is of another extract, which is not there",
    ("activity_counts",): _ROWS,
    ("resolve_events",): _ROWS,
    ("wait_events",): _ROWS,
    ("reopened(work activity after a Resolve)", "events"): _ROWS,
    ("mean_events_per_case",): _ROWS,
    ("variants",): _ORDER,
    ("last_activity",): _ORDER,
    ("case_duration",): "ends with the last row of a ticket, whatever it says; no KPI does",
    ("multi_resolve_cases",): "counts repeated resolutions, also where nothing was reopened; no KPI does",
    ("one_touch_cases(distinct Resource==1)",): "counts agents, whom the contract does not name",
    (_PRODUCT, "Value 21", "cases"): "is the least of 21 values, of which only the 20 greatest have a series",
}
"""Figures that no present KPI has, by the place they begin with, and why."""


class Helpdesk:
    """The log, read once."""

    def __init__(self, data: Path) -> None:
        self.reference = Reference(data / "helpdesk" / "reference.json")
        self.rows, self.sha256 = helpdesk.read_rows(data)

    @cached_property
    def tickets(self) -> Read:
        """Each ticket as a customer of its own."""
        return read_events(activities(self.rows, user="Case ID"))

    def conversations(self, *, resolution: str = RESOLUTION, channel: str | None = None) -> Read:
        """The tickets as conversations of the customers."""
        return read_events(conversations(self.rows, resolution=resolution, channel=channel))


def compare_counts(log: Helpdesk) -> list[Comparison]:
    """How many tickets there are, came in, were resolved and came back."""
    reference = log.reference
    values = over_all(log.conversations().events, "reopen")
    resolved = values.number("kpi_reopen_denominator", window=ALL)
    reopened = values.number("kpi_reopen_numerator", window=ALL)
    tickets = over_all(log.tickets.events, "adoption").number("kpi_adoption_denominator", window=ALL)
    eligible = "adoption, denominator, each ticket a customer"
    return [
        reference.compare("rows", found=len(log.tickets.events), by="events accepted"),
        reference.compare("cases", found=tickets, by=eligible),
        reference.compare(
            "cases_opened_per_month", found=_opened(log), by=f"{eligible}: growth in the month"
        ),
        reference.compare(
            "resolved_cases(>=1 'Resolve ticket')", found=resolved, by="reopen, denominator, all"
        ),
        reference.compare(
            "never_resolved", found=tickets - resolved, by=f"{eligible} − reopen, denominator, all"
        ),
        reference.compare(
            "reopened(work activity after a Resolve)", "cases", found=reopened, by="reopen, numerator, all"
        ),
    ]


def _opened(log: Helpdesk) -> dict[str, float]:
    months = months_of(days_of(log.tickets.events))
    edges = [midnight(start) for start, _ in months.values()]
    edges.append(midnight(max(end for _, end in months.values())))
    values = evaluated(log.tickets.events, edges, "adoption", windows=[ALL])
    levels = [values[edge].number("kpi_adoption_denominator", window=ALL) for edge in edges]
    growth = {month: after - before for month, (before, after) in zip(months, pairwise(levels), strict=True)}
    return {month: n for month, n in growth.items() if n}


def compare_durations(log: Helpdesk) -> list[Comparison]:
    """From the first row to the first reply and resolution; and to the first closure, where closing is taken for resolving."""
    closed = log.conversations(resolution=CLOSURE)
    tickets = over_all(closed.events, "reopen").number("kpi_reopen_denominator", window=ALL)
    remark = ", closing as resolving"
    return [
        *_durations(log.reference, TO_REPLY, log.conversations(), "first_response_time"),
        *_durations(log.reference, TO_RESOLUTION, log.conversations(), "time_to_resolution"),
        log.reference.compare("closed_cases", found=tickets, by=f"reopen, denominator, all{remark}"),
        *_durations(log.reference, TO_CLOSURE, closed, "time_to_resolution", remark),
    ]


def _durations(reference: Reference, key: str, log: Read, kpi: str, remark: str = "") -> list[Comparison]:
    values = over_all(log.events, kpi)
    observations = values.number(f"kpi_{kpi}_observations", window=ALL)
    found = [reference.compare(key, "count", found=observations, by=f"{kpi}, observations, all{remark}")]
    for name, stat in EXPORTED.items():
        seconds = values.number(f"kpi_{kpi}_seconds", window=ALL, stat=stat)
        by = f"{kpi}, {stat}, all{remark}"
        tolerance = 0.0 if stat == "mean" else QUANTILE
        found.append(reference.compare(key, name, found=seconds, by=by, tolerance=tolerance))
    by = f"buckets of {kpi}, not exported{remark}"
    for name, ms in zip(FURTHER, quantiles(_buckets(log, MEASURE_OF[kpi]), FURTHER.values()), strict=True):
        found.append(reference.compare(key, name, found=ms / 1000, by=by, tolerance=QUANTILE))
    return found


def _buckets(log: Read, measure: str) -> dict[int, int]:
    batch = Batch(Definitions())
    for event in in_order(log.events):
        batch.fold(event)
    sums = Sums(batch.contributions(), max(event.time for event in log.events) + 1, batch.rules)
    counts: dict[int, int] = {}
    for (*_, bucket), n in sums.cells(measure, ALL).items():
        counts[int(bucket)] = counts.get(int(bucket), 0) + n
    return counts


def compare_fields(log: Helpdesk) -> list[Comparison]:
    """By what the ticket's first row says of it: as the conversation's channel, and as the plan of the ticket."""
    found = []
    for key, field in FIELDS.items():
        plans = read_events(activities(log.rows, user="Case ID", plan=field))
        tickets = over_all(plans.events, "adoption").by("plan", "kpi_adoption_denominator", window=ALL)
        conversations_ = log.conversations(channel=field)
        values = over_all(conversations_.events, "time_to_resolution", "reopen")
        none = dict.fromkeys(log.reference.at(key), 0.0)
        resolved = none | values.by("channel", "kpi_reopen_denominator", window=ALL)
        medians = values.by("channel", "kpi_time_to_resolution_seconds", window=ALL, stat="p50")
        by = f"{field} as channel"
        found += [
            log.reference.compare(
                key,
                EACH,
                "cases",
                found=tickets,
                by=f"adoption, denominator, each ticket a customer, {field} as plan",
            ),
            log.reference.compare(
                key, EACH, "resolved", found=resolved, by=f"reopen, denominator, all, {by}"
            ),
            log.reference.compare(
                key,
                EACH,
                "median_ttr_s",
                found=medians,
                by=f"time_to_resolution, p50, all, {by}",
                tolerance=QUANTILE,
            ),
        ]
    return found


def compare_users(log: Helpdesk) -> list[Comparison]:
    """Daily and monthly actives, where every row is an activity of the customer, or of the agent."""
    found = []
    for key, user in USERS.items():
        actives = Actives(read_events(activities(log.rows, user=user)), Definitions())
        found += [
            *compare_actives(log.reference, key, actives),
            compare_months_of_30_days(log.reference, key, actives),
            *compare_trailing(log.reference, key, actives),
        ]
    return found


GROUPS: Final = (compare_counts, compare_durations, compare_fields, compare_users)
