"""Measures over uses of the help: searches, articles, and help inside the product."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure("searches", "event", ("found", "platform"), "searches of the help, with or without a result"),
    Measure(
        "searches_decided",
        "event",
        ("solved", "platform"),
        "searches at the end of their assumption time; solved: a result was clicked and no agent contacted",
    ),
    Measure(
        "views_decided",
        "event",
        ("solved", "article"),
        "views of articles at the end of their assumption time; solved: no agent was contacted",
    ),
    Measure("article_ratings", "event", ("helpful", "article"), "latest ratings of an article by a customer"),
    Measure(
        "in_app_help",
        "last",
        (),
        "customers at the last minute since which they had both help inside the product and an active event",
    ),
    Measure("in_app_help_by_platform", "last", ("platform",), "the same, for each platform"),
)
