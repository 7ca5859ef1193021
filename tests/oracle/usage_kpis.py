"""KPIs over sessions and features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.customer_kpis import customers_of
from tests.oracle.figures import CUSTOMER_WINDOWS, Figures, begin_of, label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.oracle.people import Life
    from tests.oracle.settings import OracleSettings


def add_usage_kpis(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    for window in CUSTOMER_WINDOWS:
        usage_frequency_sessions(lives, window, begin_of(window, at), settings, figures)


def usage_frequency_sessions(
    lives: Sequence[Life], window: str, begin: int, settings: OracleSettings, figures: Figures
) -> None:
    # What a customer did stays counted when it is deleted; who is active is a question about those who are here.
    plans = [
        label(e.field("plan"))
        for life in lives
        for e in life.events
        if e.type == "session.started" and e.time >= begin
    ]
    active = [c.now["plan"] for c in customers_of(lives, settings) if not c.deleted and c.active_since(begin)]
    figures.quotient("usage_frequency_sessions", len(plans), len(active), {"window": window, "plan": "all"})
    for plan in sorted({*plans, *active}):
        labels = {"window": window, "plan": plan}
        figures.quotient("usage_frequency_sessions", plans.count(plan), active.count(plan), labels)
