"""KPIs over surveys, feedback, e-mails, enhancements and mentions."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle.conversation_kpis import Row, export_durations, shares, within
from tests.oracle.conversations import conversations_of, wrote
from tests.oracle.figures import CUSTOMER_WINDOWS, EVENT_WINDOWS, Figures, begin_of, breakdowns, label
from tests.oracle.people import milliseconds
from tests.oracle.settings import MINUTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.oracle.people import Event, Life
    from tests.oracle.settings import OracleSettings


def add_satisfaction_kpis(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    nps(lives, at, figures)
    csat(lives, at, figures)
    ces(lives, at, figures)
    feedback(lives, at, figures)
    mentions(lives, at, figures)
    enhancement_lead_time(lives, at, figures)
    emails: list[Row[bool]] = []
    reached: list[Row[bool]] = []
    for life in lives:
        # What was still undecided when the customer was deleted never is.
        horizon = at if life.ended is None else life.ended
        emails += [row for row in mail_rows(life, settings) if row[0] <= horizon]
        reached += [row for row in reach_rows(life, settings) if row[0] <= horizon]
    shares("email_engagement", emails, ("campaign",), at, figures)
    shares("customer_engagement", reached, ("channel",), at, figures)


def boxed(event: Event, low: int, high: int) -> int:
    """The answer on a scale from low to high, rounded, a half upwards."""
    scale, score = event.data("scale"), event.data("score")
    if score in ("good", "bad"):
        return high if score == "good" else low
    if scale <= low:
        return high
    exact = low + Fraction(score - low) * Fraction(high - low, scale - low)
    return int(max(low, min(high, math.floor(exact + Fraction(1, 2)))))


def of_type(life: Life, *types: str) -> list[Event]:
    return [e for e in life.events if e.type in types]


def answers(life: Life, kind: str) -> list[Event]:
    return [e for e in of_type(life, "survey.responded") if e.data("kind") == kind]


# ---- surveys -------------------------------------------------------------------------------------------------------


def nps(lives: Sequence[Life], at: int, figures: Figures) -> None:
    names = ("promoter", "passive", "detractor")
    latest: list[tuple[int, str, str, str]] = []
    overall: list[tuple[int, str, str]] = []
    for life in lives:
        if life.ended is not None:
            continue
        by_survey: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for event in answers(life, "nps"):
            if event.data("complete"):
                by_survey[label(event.data("survey"))].append((event.time, boxed(event, 0, 10)))
        kinds = {s: (max(given)[0], class_of(max(given)[1])) for s, given in by_survey.items()}
        latest += [(time, kind, survey, "") for survey, (time, kind) in kinds.items()]
        if by_survey:
            time, score = max(max(given) for given in by_survey.values())
            overall.append((time, class_of(score), label(life.latest("plan"))))
    for window in CUSTOMER_WINDOWS:
        begin = begin_of(window, at)
        plans = [(plan, kind) for time, kind, plan in overall if time >= begin]
        surveys = [(survey, kind) for time, kind, survey, _ in latest if time >= begin]
        series = [("all", "all", [kind for _, kind in plans])]
        series += [("all", p, [k for plan, k in plans if plan == p]) for p in sorted({p for p, _ in plans})]
        series += [
            (s, "all", [k for survey, k in surveys if survey == s]) for s in sorted({s for s, _ in surveys})
        ]
        for survey, plan, kinds_here in series:
            labels = {"window": window, "survey": survey, "plan": plan}
            for name in names:
                figures.put("kpi_nps_responses", kinds_here.count(name), labels | {"class": name})
            if kinds_here:
                balance = kinds_here.count("promoter") - kinds_here.count("detractor")
                figures.put("kpi_nps_score", 100 * balance / len(kinds_here), labels)


def class_of(score: int) -> str:
    if score > 8:
        return "promoter"
    return "passive" if score > 6 else "detractor"


def latest_of_each(life: Life, kind: str, high: int) -> list[tuple[int, int, dict[str, str], str | None]]:
    """Time, box, labels and request of the answer that counts for each request."""
    found: dict[str, list[tuple[int, int, str, str, str, str | None]]] = defaultdict(list)
    for event in answers(life, kind):
        request = event.data("request_id")
        own = f"to {request}" if request else f"by itself {event.raw.get('source')} {event.id}"
        row = (
            event.time,
            boxed(event, 1, high),
            label(event.field("channel")),
            label(event.data("survey")),
            label(event.field("feature")),
            request,
        )
        found[own].append(row)
    rows = [max(given, key=lambda row: row[:5]) for given in found.values()]
    return [(t, b, {"channel": c, "survey": s, "feature": f}, request) for t, b, c, s, f, request in rows]


def csat(lives: Sequence[Life], at: int, figures: Figures) -> None:
    given = [row for life in lives for row in latest_of_each(life, "csat", 5)]
    shares("csat", [(t, labels, b >= 4) for t, b, labels, _ in given], ("channel", "survey"), at, figures)
    sent: list[Row[bool]] = []
    for life in lives:
        answered = {row[3] for row in latest_of_each(life, "csat", 5)}
        first: dict[str, tuple[int, str, str]] = {}
        for event in of_type(life, "survey.sent"):
            if event.data("kind") == "csat":
                request = event.data("request_id")
                mine = (event.time, label(event.field("channel")), label(event.data("survey")))
                first[request] = min(mine, first.get(request, mine))
        sent += [
            (time, {"channel": channel, "survey": survey}, request in answered)
            for request, (time, channel, survey) in first.items()
        ]
    for window in EVENT_WINDOWS:
        begin = begin_of(window, at)
        boxes = [(where, b) for t, b, where, _ in given if at > t >= begin]
        for labels, some in breakdowns(boxes, ("channel", "survey")):
            if some:
                figures.put("kpi_csat_mean", sum(some) / len(some), labels | {"window": window})
        asked = [(labels, yes) for t, labels, yes in sent if at > t >= begin]
        for labels, hits in breakdowns(asked, ("channel", "survey")):
            if hits:
                figures.put("kpi_csat_response_ratio", sum(hits) / len(hits), labels | {"window": window})


def ces(lives: Sequence[Life], at: int, figures: Figures) -> None:
    given = [row for life in lives for row in latest_of_each(life, "ces", 7)]
    for window in EVENT_WINDOWS:
        begin = begin_of(window, at)
        rows = [(labels, b) for t, b, labels, _ in given if at > t >= begin]
        for labels, boxes in breakdowns(rows, ("survey", "feature")):
            for box in range(1, 8):
                mine = labels | {"window": window, "class": str(box)}
                figures.put("kpi_ces_responses", boxes.count(box), mine)
            if boxes:
                figures.put("kpi_ces_score", sum(boxes) / len(boxes), labels | {"window": window})


# ---- counts --------------------------------------------------------------------------------------------------------


def feedback(lives: Sequence[Life], at: int, figures: Figures) -> None:
    rows = [
        (
            e.time,
            {"feature": label(e.field("feature")), "milestone": label(e.data("milestone") or None)},
            bool(e.data("actionable")),
        )
        for life in lives
        for e in of_type(life, "feedback.submitted")
    ]
    shares("feedback_quality", rows, ("feature",), at, figures)
    numbers("feedback_volume", rows, ("feature", "milestone"), at, figures)


def mentions(lives: Sequence[Life], at: int, figures: Figures) -> None:
    rows = [
        (e.time, {"network": label(e.data("network")), "sentiment": label(e.data("sentiment"))}, True)
        for life in lives
        for e in of_type(life, "social.mentioned")
    ]
    numbers("social_mentions", rows, ("network", "sentiment"), at, figures)


def enhancement_lead_time(lives: Sequence[Life], at: int, figures: Figures) -> None:
    shipped: list[tuple[int, int]] = []
    for life in lives:
        first: dict[str, tuple[int, int]] = {}
        for event in of_type(life, "enhancement.shipped"):
            mine = (event.time, milliseconds(event.data("requested_at")))
            name = event.data("enhancement_id")
            first[name] = min(mine, first.get(name, mine))
        shipped += first.values()
    waits: list[Row[int]] = [(time, {}, max(0, time - asked)) for time, asked in shipped]
    export_durations("enhancement_lead_time", waits, (), at, figures)


# ---- reaches -------------------------------------------------------------------------------------------------------


def decided(reached: int, reacted: list[int], within: int, labels: dict[str, str]) -> Row[bool]:
    """Reacted to within the time, or so old."""
    if reacted and min(reacted) < reached + within:
        return max(reached, min(reacted)), labels, True
    return -(-(reached + within) // MINUTE) * MINUTE, labels, False


def mail_rows(life: Life, settings: OracleSettings) -> Iterator[Row[bool]]:
    for name, (time, _, campaign) in deliveries(life).items():
        yield decided(
            time,
            reactions(life, name, settings.email_engaged_by),
            settings.reaction_ms,
            {"campaign": campaign},
        )


def deliveries(life: Life) -> dict[str, tuple[int, str, str]]:
    first: dict[str, tuple[int, str, str]] = {}
    for event in of_type(life, "email.delivered"):
        mine = (event.time, label(event.field("channel") or "email"), label(event.data("campaign")))
        name = event.data("email_id")
        first[name] = min(mine, first.get(name, mine))
    return first


def reactions(life: Life, name: str, least: str) -> list[int]:
    kinds = ("click",) if least == "click" else ("click", "open")
    return [
        e.time
        for e in of_type(life, "email.engaged")
        if e.data("email_id") == name and e.data("action") in kinds
    ]


def reach_rows(life: Life, settings: OracleSettings) -> Iterator[Row[bool]]:
    for name, (time, channel, _) in deliveries(life).items():
        yield decided(time, reactions(life, name, "click"), settings.reaction_ms, {"channel": channel})
    asked: dict[str, tuple[int, str]] = {}
    for event in of_type(life, "survey.sent"):
        mine = (event.time, label(event.field("channel")))
        asked[event.data("request_id")] = min(mine, asked.get(event.data("request_id"), mine))
    for request, (time, channel) in asked.items():
        given = [e.time for e in of_type(life, "survey.responded") if e.data("request_id") == request]
        yield decided(time, given, settings.reaction_ms, {"channel": channel})
    for conversation in conversations_of(life):
        starts = [e for e in conversation.events if e.type == "conversation.started"]
        if starts and starts[0].data("initiated_by") in ("bot", "agent"):
            replies = [e.time for e in conversation.events if wrote(e, "customer")]
            yield decided(
                starts[0].time, replies, settings.reaction_ms, {"channel": label(conversation.channel)}
            )


def numbers(
    kpi: str, rows: Sequence[Row[bool]], dimensions: tuple[str, ...], at: int, figures: Figures
) -> None:
    """A KPI that counts its rows."""
    for window in EVENT_WINDOWS:
        for labels, some in breakdowns(within(rows, window, at), dimensions):
            figures.put(f"kpi_{kpi}", len(some), labels | {"window": window})
