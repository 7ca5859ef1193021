"""KPIs over issues and conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tests.oracle.conversations import conversations_of, resolved
from tests.oracle.figures import EVENT_WINDOWS, Figures, Item, begin_of, breakdowns, label
from tests.oracle.issues import deadline, issues_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.oracle.conversations import Conversation
    from tests.oracle.people import Life
    from tests.oracle.settings import OracleSettings

#: When something counts, its dimensions, and what it is.
Row = tuple[int, Mapping[str, str], Item]


def add_conversation_kpis(lives: Iterable[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the five KPIs over issues and conversations at `at` to the figures."""
    outcomes: list[Row[str]] = []
    self_service: list[Row[bool]] = []
    abandonments: list[Row[bool]] = []
    durations: list[Row[int]] = []
    reopened: list[Row[bool]] = []

    for life in lives:
        # What a deleted customer did stays counted; what was still ahead of it never comes.
        horizon = at - 1 if life.ended is None else life.ended
        for issue in issues_of(life, settings):
            if issue.moment <= horizon:
                where = {"channel": label(issue.channel)}
                whose = {"plan": label(issue.plan), "segment": label(issue.segment)}
                outcomes.append((issue.moment, where | whose, issue.outcome))
                if issue.self_service:
                    self_service.append((issue.moment, where, issue.outcome == "abandoned"))
        for conversation in conversations_of(life):
            fate = served_or_abandoned(conversation, settings)
            if fate is not None and fate[0] <= horizon:
                medium = "voice" if conversation.channel in settings.voice_channels else "text"
                dimensions = {"channel": label(conversation.channel), "medium": medium}
                abandonments.append((fate[0], dimensions, fate[1]))
            time_to_resolution(conversation, settings, durations)
            reopening(conversation, reopened)

    self_service_resolution(outcomes, at, figures)
    shares("self_service_abandonment", self_service, ("channel",), at, figures)
    shares("conversation_abandonment", abandonments, ("channel", "medium"), at, figures)
    shares("reopen", reopened, ("channel",), at, figures)
    export_durations("time_to_resolution", durations, ("channel", "resolver"), at, figures)


def served_or_abandoned(conversation: Conversation, settings: OracleSettings) -> tuple[int, bool] | None:
    """When the conversation was served or abandoned, and which; None: neither, or left at once."""
    if conversation.begin is None:
        return None
    events = conversation.events
    begin = events[conversation.begin].time
    unserved = events[conversation.begin : conversation.served]
    abandoned = next((e.time for e in unserved if e.type == "conversation.abandoned"), None)
    if abandoned is not None:
        return None if abandoned - begin < settings.short_abandon_ms else (abandoned, True)
    if conversation.served is not None:
        return events[conversation.served].time, False
    inactivity = settings.inactivity(conversation.channel)
    if conversation.in_phase("conversation.resolved") or inactivity is None:
        return None
    if events[-1].time - begin < settings.short_abandon_ms:
        return None
    return deadline(events[-1].time + inactivity), True


def time_to_resolution(
    conversation: Conversation, settings: OracleSettings, durations: list[Row[int]]
) -> None:
    """Add the conversation's milliseconds from its start to its first resolution, or its last."""
    resolutions = [e for e in conversation.events if resolved(e)]
    resolution = resolutions[0 if settings.resolution == "first" else -1] if resolutions else None
    if conversation.start is None or resolution is None:
        return
    took = max(0, resolution.time - conversation.start.time)
    dimensions = {"channel": label(conversation.channel), "resolver": label(resolution.data("by"))}
    durations.append((resolution.time, dimensions, took))


def reopening(conversation: Conversation, reopened: list[Row[bool]]) -> None:
    """Add whether the conversation was reopened after its first resolution."""
    events = conversation.events
    first = next((n for n, e in enumerate(events) if resolved(e)), None)
    if first is not None:
        again = any(e.type == "conversation.reopened" for e in events[first + 1 :])
        reopened.append((events[first].time, {"channel": label(conversation.channel)}, again))


def within(rows: Iterable[Row[Item]], window: str, at: int) -> list[tuple[Mapping[str, str], Item]]:
    """What counts in the window."""
    return [(dimensions, item) for moment, dimensions, item in rows if begin_of(window, at) <= moment < at]


def shares(kpi: str, rows: Sequence[Row[bool]], dimensions: Sequence[str], at: int, figures: Figures) -> None:
    """A KPI whose numerator is the rows that are true."""
    for window in EVENT_WINDOWS:
        for labels, some in breakdowns(within(rows, window, at), dimensions):
            figures.ratio(kpi, sum(some), len(some), labels | {"window": window})


def self_service_resolution(rows: Sequence[Row[str]], at: int, figures: Figures) -> None:
    splits: dict[str, Callable[[str], bool]] = {
        "all": lambda outcome: outcome in {"confirmed", "assumed"},
        "confirmed": lambda outcome: outcome == "confirmed",
        "assumed": lambda outcome: outcome == "assumed",
    }
    for window in EVENT_WINDOWS:
        for labels, some in breakdowns(within(rows, window, at), ("channel", "plan", "segment")):
            where = labels | {"window": window}
            figures.put("kpi_self_service_resolution_denominator", len(some), where)
            for resolution, belongs in splits.items():
                split = where | {"resolution": resolution}
                count = sum(belongs(outcome) for outcome in some)
                figures.put("kpi_self_service_resolution_numerator", count, split)
                if some:
                    figures.put("kpi_self_service_resolution_ratio", count / len(some), split)


def export_durations(
    kpi: str, rows: Sequence[Row[int]], dimensions: Sequence[str], at: int, figures: Figures
) -> None:
    """A KPI of durations, given in milliseconds."""
    for window in EVENT_WINDOWS:
        for labels, some in breakdowns(within(rows, window, at), dimensions):
            where = labels | {"window": window}
            figures.put(f"kpi_{kpi}_observations", len(some), where)
            if some:
                stats = {
                    "mean": sum(some) / len(some),
                    "p50": quantile(some, 0.50),
                    "p75": quantile(some, 0.75),
                    "p90": quantile(some, 0.90),
                }
                for stat, value in stats.items():
                    figures.put(f"kpi_{kpi}_seconds", value / 1000, where | {"stat": stat})


def quantile(values: Iterable[int], q: float) -> float:
    """Linear between the two ranks beside position q * (n - 1)."""
    ranked = sorted(values)
    position = q * (len(ranked) - 1)
    low = int(position)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (position - low) * (ranked[high] - ranked[low])
