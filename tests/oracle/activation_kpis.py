"""KPIs over new customers: activation, first value, key action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.oracle.conversation_kpis import Row, quantile, shares, within
from tests.oracle.figures import EVENT_WINDOWS, Figures, begin_of, breakdowns, label
from tests.oracle.issues import deadline

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tests.oracle.people import Event, Life
    from tests.oracle.settings import OracleSettings

COMPLETING = frozenset({"milestone.reached", "flow.completed", "order.completed"})


def add_activation_kpis(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures, but for the one that is off by default."""
    activated: list[Row[bool]] = []
    first_values: list[Row[int]] = []
    key_actions: list[Row[int]] = []
    waiting: list[tuple[Mapping[str, str], None]] = []
    for life in lives:
        signups = [(e.time, label(e.field("platform"))) for e in life.events if e.type == "user.signed_up"]
        if not signups:
            continue
        signup, platform = min(signups)
        whose = {"plan": label(life.latest("plan"))}
        where = whose | {"platform": platform}
        horizon = at - 1 if life.ended is None else life.ended
        reached = first(milestones(life.events, settings.activation_milestones))
        if reached is not None and reached < signup + settings.activation_ms:
            activated.append((max(signup, reached), where, True))
        elif deadline(signup + settings.activation_ms) <= horizon:
            activated.append((deadline(signup + settings.activation_ms), where, False))
        value = first(milestones(life.events, settings.first_value_milestones))
        if value is not None:
            first_values.append((max(value, signup), where, max(0, value - signup)))
        elif life.ended is None:
            waiting.append((where, None))
        action = first(
            milestones(life.events, settings.key_action_milestones)
            + [e for e in life.events if e.type == "feature.used" and e.data("key_action")]
        )
        if action is not None:
            key_actions.append((max(action, signup), whose, max(0, action - signup)))
    shares("activation", activated, ("plan", "platform"), at, figures)
    durations("time_to_first_value", first_values, ("plan", "platform"), at, figures)
    durations("time_to_key_action", key_actions, ("plan",), at, figures)
    for labels, some in breakdowns(waiting, ("plan", "platform")):
        figures.put("kpi_time_to_first_value_waiting", len(some), labels)


def sessions_per_activity(lives: Sequence[Life], at: int) -> Figures:
    """The KPI that is off by default."""
    figures = Figures()
    for window in EVENT_WINDOWS:
        types = [e.type for life in lives for e in life.events if e.time >= begin_of(window, at)]
        figures.quotient(
            "activation_sessions_per_activity",
            types.count("session.started"),
            sum(type_ in COMPLETING for type_ in types),
            {"window": window},
        )
    return figures


def milestones(events: Sequence[Event], names: Collection[str]) -> list[Event]:
    return [e for e in events if e.type == "milestone.reached" and e.data("milestone") in names]


def first(events: Sequence[Event]) -> int | None:
    return min((e.time for e in events), default=None)


def durations(
    kpi: str, rows: Sequence[Row[int]], dimensions: Sequence[str], at: int, figures: Figures
) -> None:
    """Observations of a KPI of durations (ms), and where there are any, their statistics in seconds."""
    for window in EVENT_WINDOWS:
        for labels, some in breakdowns(within(rows, window, at), dimensions):
            where = labels | {"window": window}
            figures.put(f"kpi_{kpi}_observations", len(some), where)
            if some:
                stats = {"mean": sum(some) / len(some), "p50": quantile(some, 0.5)}
                stats |= {"p75": quantile(some, 0.75), "p90": quantile(some, 0.9)}
                for stat, value in stats.items():
                    figures.put(f"kpi_{kpi}_seconds", value / 1000, where | {"stat": stat})
