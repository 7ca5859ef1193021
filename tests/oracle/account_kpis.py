"""KPIs over accounts: account_activity, core_feature_usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.accounts import Account, accounts_of
from tests.oracle.figures import CUSTOMER_WINDOWS, Figures, begin_of, breakdowns, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.people import Lives
    from tests.oracle.settings import OracleSettings


def add_account_kpis(lives: Lives, at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs over accounts at `at` to the figures."""
    accounts = accounts_of(lives, settings)
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
