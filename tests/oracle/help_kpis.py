"""KPIs over searches of the help, its articles, and help inside the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.conversation_kpis import Row, shares
from tests.oracle.figures import CUSTOMER_WINDOWS, Figures, begin_of, label
from tests.oracle.issues import deadline
from tests.oracle.support_kpis import Case

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.oracle.people import Event, Life
    from tests.oracle.settings import OracleSettings


def add_help_kpis(lives: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    """Add the KPIs of this family at `at` to the figures."""
    successes: list[Row[bool]] = []
    empty: list[Row[bool]] = []
    views: list[Row[bool]] = []
    ratings: list[Row[bool]] = []
    for life in lives:
        # What was still undecided when the customer was deleted never is.
        horizon = at - 1 if life.ended is None else life.ended
        case = Case(life, settings)
        successes += [row for row in searches_decided(case, life) if row[0] <= horizon]
        views += [row for row in views_decided(case, life) if row[0] <= horizon]
        empty += [
            (time, {"platform": where}, not results) for time, results, where in searches(life).values()
        ]
        ratings += latest_ratings(life)
    shares("help_search_success", successes, ("platform",), at, figures)
    shares("help_search_no_result", empty, ("platform",), at, figures)
    shares("article_effectiveness", views, ("article",), at, figures)
    shares("article_helpful", ratings, ("article",), at, figures)
    in_app_help_usage([life for life in lives if life.ended is None], at, settings, figures)


def of_type(life: Life, type_: str) -> list[Event]:
    return [e for e in life.events if e.type == type_]


def searches(life: Life) -> dict[str, tuple[int, int, str]]:
    """Each search as its earliest event told it: time, results, platform."""
    told: dict[str, list[tuple[int, int, str]]] = {}
    for event in of_type(life, "help.searched"):
        row = (event.time, event.data("results"), label(event.field("platform")))
        told.setdefault(event.data("search_id"), []).append(row)
    return {name: min(rows) for name, rows in told.items()}


def searches_decided(case: Case, life: Life) -> Iterator[Row[bool]]:
    clicks = of_type(life, "help.result_clicked")
    for name, (time, _, platform) in searches(life).items():
        end = time + case.settings.assumption_ms
        clicked = any(e.data("search_id") == name and e.time < end for e in clicks)
        yield deadline(end), {"platform": platform}, clicked and not case.contact_in(time, end)


def views_decided(case: Case, life: Life) -> Iterator[Row[bool]]:
    for time, article in {(e.time, label(e.data("article"))) for e in of_type(life, "help.article_viewed")}:
        end = time + case.settings.assumption_ms
        yield deadline(end), {"article": article}, not case.contact_in(time, end)


def latest_ratings(life: Life) -> Iterator[Row[bool]]:
    given: dict[str, list[tuple[int, bool]]] = {}
    for event in of_type(life, "help.article_rated"):
        given.setdefault(label(event.data("article")), []).append((event.time, event.data("helpful")))
    for article, rated in given.items():
        time, helpful = max(rated)
        yield time, {"article": article}, helpful


def inside_product(event: Event) -> bool:
    if not event.type.startswith("help."):
        return False
    return event.field("channel") == "in_app" or bool(
        event.type == "help.article_viewed" and event.data("in_app")
    )


def in_app_help_usage(present: Sequence[Life], at: int, settings: OracleSettings, figures: Figures) -> None:
    for window in CUSTOMER_WINDOWS:
        begin = begin_of(window, at)
        helped: list[set[str]] = []
        active: list[set[str]] = []
        for life in present:
            recent = [e for e in life.events if e.time >= begin]
            helped.append({label(e.field("platform")) for e in recent if inside_product(e)})
            active.append({label(e.field("platform")) for e in recent if e.type in settings.active_events})
        pairs = list(zip(helped, active, strict=True))
        both = sum(bool(h) and bool(a) for h, a in pairs)
        whole = {"window": window, "platform": "all"}
        figures.ratio("in_app_help_usage", both, sum(map(bool, active)), whole)
        for platform in sorted(set().union(*active)):
            both = sum(platform in h and platform in a for h, a in pairs)
            of = sum(platform in a for a in active)
            figures.ratio("in_app_help_usage", both, of, whole | {"platform": platform})
