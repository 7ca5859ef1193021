"""KPIs over visits and orders, signups, invitations and expansion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.figures import CUSTOMER_WINDOWS, EVENT_WINDOWS, Figures, begin_of, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.people import Event, Life, Lives
    from tests.oracle.settings import OracleSettings


def add_growth_kpis(lives: Lives, at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    for window in EVENT_WINDOWS:
        begin = begin_of(window, at)
        conversion(lives, window, begin, figures)
        referral(lives, window, begin, figures)
        fake_signups(lives, window, begin, figures)
        expansion_mrr(lives, window, begin, figures)
    for window in CUSTOMER_WINDOWS:
        viral_coefficient(lives, window, begin_of(window, at), settings, figures)


def of_type(life: Life, type_: str) -> list[Event]:
    return [e for e in life.events if e.type == type_]


def once(life: Life, type_: str, name: str) -> list[Event]:
    """The first event for each id; of one millisecond the one whose platform sorts first."""
    first: dict[str, Event] = {}
    for event in sorted(of_type(life, type_), key=lambda e: (e.time, label(e.field("platform")))):
        first.setdefault(event.data(name), event)
    return list(first.values())


def conversion(lives: Sequence[Life], window: str, begin: int, figures: Figures) -> None:
    visits = [e for life in lives for e in of_type(life, "visit.started") if e.time >= begin]
    sales = [e for life in lives for e in once(life, "order.completed", "order_id") if e.time >= begin]
    visited = [label(e.field("platform")) for e in visits]
    sold = [label(e.field("platform")) for e in sales]
    figures.quotient("conversion", len(sold), len(visited), {"window": window, "platform": "all"})
    for platform in sorted({*visited, *sold}):
        labels = {"window": window, "platform": platform}
        figures.quotient("conversion", sold.count(platform), visited.count(platform), labels)


def signed_up(life: Life, begin: int) -> bool:
    """Whether the customer's signup, which is the first of them, lies in the window."""
    times = [e.time for e in of_type(life, "user.signed_up")]
    return bool(times) and min(times) >= begin


def referral(lives: Sequence[Life], window: str, begin: int, figures: Figures) -> None:
    new = [life for life in lives if signed_up(life, begin)]
    referred = [
        life
        for life in new
        if any(e.data("referred_by") or e.data("invite_id") for e in of_type(life, "user.signed_up"))
    ]
    figures.ratio("referral", len(referred), len(new), {"window": window})


def fake_signups(lives: Lives, window: str, begin: int, figures: Figures) -> None:
    found_out = [life.flag_reason for life in lives.flagged if signed_up(life, begin)]
    everyone = len(found_out) + sum(signed_up(life, begin) for life in lives)
    figures.ratio("fake_signups", len(found_out), everyone, {"window": window, "reason": "all"})
    for reason in sorted(set(found_out)):
        labels = {"window": window, "reason": reason}
        figures.ratio("fake_signups", found_out.count(reason), everyone, labels)


def viral_coefficient(
    lives: Sequence[Life], window: str, begin: int, settings: OracleSettings, figures: Figures
) -> None:
    accepted = [e for life in lives for e in once(life, "invite.accepted", "invite_id") if e.time >= begin]
    active = [
        life
        for life in lives
        if life.ended is None
        and any(e.type in settings.active_events and e.time >= begin for e in life.events)
    ]
    figures.quotient("viral_coefficient", len(accepted), len(active), {"window": window})


def expansion_mrr(lives: Sequence[Life], window: str, begin: int, figures: Figures) -> None:
    grown: dict[tuple[str, str], int] = {}
    for life in lives:
        for type_ in ("subscription.started", "subscription.changed"):
            for event in of_type(life, type_):
                delta = event.data("mrr_delta")
                if event.time >= begin and event.data("initiated_by") == "customer" and delta > 0:
                    plan = label(event.data("to") or event.field("plan"))
                    currency = label(event.data("currency").upper())
                    for whose in ("all", plan):
                        grown[whose, currency] = grown.get((whose, currency), 0) + delta
    for (plan, currency), amount in grown.items():
        labels = {"window": window, "plan": plan, "currency": currency}
        figures.put("kpi_expansion_mrr_minor_units", amount, labels)
