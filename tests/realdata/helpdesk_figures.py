"""The help desk's published figures beside selfserve's."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Final

from streams.core.definitions import Definitions
from streams.core.time import ALL
from tests.realdata import helpdesk
from tests.realdata.actives import Actives, compare_actives, compare_months_of_30_days, compare_trailing
from tests.realdata.comparison import EACH, QUANTILE, Comparison, Place, Reference
from tests.realdata.durations import compare_duration
from tests.realdata.helpdesk import CLOSURE, LAST, RESOLUTION, activities, conversations
from tests.realdata.values import Read, days_of, evaluated, midnight, months_of, over_all, read_events

TO_RESOLUTION = "ttr_first_resolve_minus_first_event"
TO_CLOSURE = "ttc_first_closed_minus_first_event"
TO_REPLY = "first_response_first_take_in_charge_minus_first_event"
_PRODUCT: Final = "by_product(first event)"
FIELDS: Final = {
    "by_service_type(first event)": "service_type",
    "by_seriousness_2(first event)": "seriousness_2",
    _PRODUCT: "product",
}
USERS: Final = {"customer_actives(user=customer)": "customer", "agent_actives(user=Resource)": "Resource"}

_CONTEXT = "describes the log"
NOT_COMPARED: Final[dict[Place, str]] = {
    ("sha256",): _CONTEXT,
    ("columns",): _CONTEXT,
    ("published",): _CONTEXT,
    ("range",): _CONTEXT,
    **{(key, "tz"): _CONTEXT for key in USERS},
    ("tax_subset",): "is of another extract, which is not there",
    (
        "reopened(work activity after a Resolve)",
        "events",
    ): "counts all rows of work after a resolution, of which one reopens; no KPI does",
    ("variants",): "is about the order of activities, which no KPI is",
    ("multi_resolve_cases",): "counts repeated resolutions, also where nothing was reopened; no KPI does",
    ("one_touch_cases(distinct Resource==1)",): "counts agents, whom the contract does not name",
    (_PRODUCT, "Value 21", "cases"): "is the least of 21 values, of which only the 20 greatest have a series",
}
"""Figures that no KPI has, by the place they begin with, and why."""


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
        *compare_duration(log.reference, TO_REPLY, log.conversations(), "first_response_time"),
        *compare_duration(log.reference, TO_RESOLUTION, log.conversations(), "time_to_resolution"),
        log.reference.compare("closed_cases", found=tickets, by=f"reopen, denominator, all{remark}"),
        *compare_duration(log.reference, TO_CLOSURE, closed, "time_to_resolution", remark),
        *compare_duration(
            log.reference,
            "case_duration",
            log.conversations(resolution=LAST),
            "time_to_resolution",
            ", a ticket's last row as resolving",
        ),
    ]


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


def compare_activities(log: Helpdesk) -> list[Comparison]:
    """How many activities of each kind there are, and which of them came last."""
    read = read_events(activities(log.rows, user="Case ID", core=True))
    values = over_all(read.events, "core_feature_usage")
    uses = values.by("feature", "kpi_core_feature_usage_numerator", window=ALL)
    last = read_events(activities(log.rows, user="Case ID", told="Activity"))
    plans = over_all(last.events, "adoption").by("plan", "kpi_adoption_denominator", window=ALL)
    by = "core_feature_usage, numerator, all"
    return [
        log.reference.compare("activity_counts", found=uses, by=f"{by}, activity as feature"),
        log.reference.compare("resolve_events", found=uses[RESOLUTION], by=f"{by}, activity as feature"),
        log.reference.compare("wait_events", found=uses["Wait"], by=f"{by}, activity as feature"),
        log.reference.compare(
            "mean_events_per_case",
            found=values.number("kpi_core_feature_usage_quotient", window=ALL),
            by="core_feature_usage, all, each ticket an account",
        ),
        log.reference.compare(
            "last_activity",
            found=plans,
            by="adoption, denominator, each ticket a customer, activity as plan",
        ),
    ]


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


GROUPS: Final = (compare_counts, compare_durations, compare_activities, compare_fields, compare_users)
