"""KPIs over accounts: account_activity, core_feature_usage, self_serve_upsell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.accounts import Account, accounts_of, payers_of
from tests.oracle.figures import CUSTOMER_WINDOWS, Figures, begin_of, breakdowns, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.people import Event, Lives
    from tests.oracle.settings import OracleSettings

KINDS = ("subscription.started", "subscription.changed", "subscription.cancelled")


def add_account_kpis(lives: Lives, at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs over accounts at `at` to the figures."""
    accounts = accounts_of(lives, settings)
    for window in CUSTOMER_WINDOWS:
        self_serve_upsell(lives, window, begin_of(window, at), settings, figures)
    eligible = [a for a in accounts if a.eligible]
    for window in CUSTOMER_WINDOWS:
        begin = begin_of(window, at)
        account_activity(eligible, window, begin, settings, figures)
        active = sum(a.active_since(begin, settings) for a in accounts)
        core_feature_usage(lives, active, window, begin, figures)


def account_activity(
    eligible: Sequence[Account], window: str, begin: int, settings: OracleSettings, figures: Figures
) -> None:
    for labels, some in breakdowns([({"plan": a.plan}, a) for a in eligible], ("plan",)):
        active = [a for a in some if a.active_since(begin, settings)]
        figures.ratio("account_activity", len(active), len(some), labels | {"window": window})


def self_serve_upsell(
    lives: Lives, window: str, begin: int, settings: OracleSettings, figures: Figures
) -> None:
    paying = [
        ({"plan": plan}, events)
        for plan, events, there in payers_of(lives, settings)
        if there and pays(events)
    ]
    for labels, some in breakdowns(paying, ("plan",)):
        upsold = [events for events in some if any(is_upsell(e) and e.time >= begin for e in events)]
        figures.ratio("self_serve_upsell", len(upsold), len(some), labels | {"window": window})


def pays(events: Sequence[Event]) -> bool:
    """Whether some subscription is not cancelled and worth something: by the last event, of a tie that of later kind, then greater revenue."""
    last: dict[str, Event] = {}
    for event in sorted(events, key=lambda e: (e.time, KINDS.index(e.type), e.data("mrr"))):
        last[event.data("subscription_id")] = event
    return any(e.type != "subscription.cancelled" and e.data("mrr") > 0 for e in last.values())


def is_upsell(event: Event) -> bool:
    return (
        event.type == "subscription.changed"
        and event.data("initiated_by") == "customer"
        and event.data("mrr_delta") > 0
    )


def core_feature_usage(lives: Lives, active: int, window: str, begin: int, figures: Figures) -> None:
    used = [
        label(e.field("feature"))
        for life in lives
        for e in life.events
        if e.type == "feature.used" and e.data("core") and e.time >= begin
    ]
    figures.quotient("core_feature_usage", len(used), active, {"window": window, "feature": "all"})
    for feature in sorted(set(used)):
        labels = {"window": window, "feature": feature}
        figures.quotient("core_feature_usage", used.count(feature), active, labels)
