"""Measures over surveys, feedback, e-mails and what is said elsewhere."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure(
        "nps",
        "last",
        ("class", "plan"),
        "customers at their latest complete nps answer, by what it makes them",
    ),
    Measure("nps_by_survey", "last", ("class", "survey"), "the same for each survey"),
    Measure("csat", "event", ("satisfied", "channel", "survey"), "csat answers, the latest of each request"),
    Measure("csat_points", "event", ("channel", "survey"), "their boxes, 1 to 5, added up"),
    Measure("csat_requests", "event", ("answered", "channel", "survey"), "csat requests, at the sending"),
    Measure(
        "ces",
        "event",
        ("class", "survey", "feature"),
        "ces answers by box, 1 to 7, the latest of each request",
    ),
    Measure("feedback", "event", ("actionable", "feature", "milestone"), "feedback submitted"),
    Measure(
        "emails", "event", ("engaged", "campaign"), "deliveries, at the click or when the time for it is over"
    ),
    Measure(
        "reaches",
        "event",
        ("engaged", "channel"),
        "messages to a customer, at its reaction or when the time is over",
    ),
    Measure("enhancement_lead_time", "event", ("bucket",), "shipped enhancements by time since the request"),
    Measure("enhancement_lead_time_ms", "event", (), "milliseconds from request to shipping"),
    Measure("mentions", "event", ("network", "sentiment"), "mentions in social networks"),
)
