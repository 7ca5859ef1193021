"""Value, numerator and denominator of each series, put together."""

from __future__ import annotations

from typing import Any

from app.evaluation.samples import Sample
from app.exporter.figures import Figures
from app.exporter.views import KpiView, Series
from tests.app.evaluation.support import kpi
from tests.app.evaluation.test_forms import RATIO, SECONDS
from tests.app.exporter.support import NOW


def figures(*samples: tuple[str, dict[str, str], float]) -> Figures:
    return Figures(
        NOW, [Sample(f"kpi_answered{name}", tuple(labels.items()), n) for name, labels, n in samples]
    )


def labelled(series: Series) -> tuple[dict[str, str], Any, Any, Any]:
    return dict(series.labels), series.value, series.numerator, series.denominator


def test_a_ratio_without_data_is_a_series_without_a_value() -> None:
    view = KpiView(kpi(**RATIO))
    labels = {"window": "1h", "channel": "all"}
    found = figures(("_numerator", labels, 0), ("_denominator", labels, 0))
    assert [labelled(series) for series in view.series(found)] == [(labels, None, 0, 0)]


def test_the_parts_of_a_numerator_share_the_denominator() -> None:
    read = {"measure": "issues", "how": "event", "where": {"outcome": ["confirmed"]}}
    view = KpiView(
        kpi(**{**RATIO, "value": {**RATIO["value"], "split": {"label": "part", "parts": {"a": read}}}})
    )
    whole = {"window": "1h", "part": "all", "channel": "all"}
    part = {**whole, "part": "a"}
    found = figures(
        ("_ratio", whole, 0.5),
        ("_ratio", part, 0.25),
        ("_numerator", whole, 2),
        ("_numerator", part, 1),
        ("_denominator", {"window": "1h", "channel": "all"}, 4),
    )
    assert [labelled(series) for series in view.series(found)] == [(whole, 0.5, 2, 4), (part, 0.25, 1, 4)]
    assert [view.is_first(series.labels) for series in view.series(found)] == [True, False]


def test_durations_rest_on_their_observations() -> None:
    view = KpiView(kpi(**SECONDS))
    labels = {"window": "1h", "channel": "all"}
    found = figures(
        *(
            ("_seconds", {"window": "1h", "stat": stat, "channel": "all"}, n)
            for stat, n in (("mean", 2), ("p50", 1))
        ),
        ("_observations", labels, 3),
    )
    assert [(series.value, series.denominator) for series in view.series(found)] == [
        (2, 3),
        (1, 3),
        (None, 3),
        (None, 3),
    ]
    assert [view.is_first(series.labels) for series in view.series(found)] == [False, True, False, False]


def test_a_score_rests_on_its_answers() -> None:
    view = KpiView(
        kpi(
            kind="score",
            value={
                "form": "score",
                "read": {"measure": "answers", "how": "event"},
                "weights": {"promoter": 100, "detractor": -100},
            },
            dimensions=[],
            windows=["7d"],
            help={"value": "Score", "responses": "Answers"},
        )
    )
    found = figures(
        ("_score", {"window": "7d"}, 50),
        ("_responses", {"window": "7d", "class": "promoter"}, 3),
        ("_responses", {"window": "7d", "class": "detractor"}, 1),
    )
    assert [labelled(series) for series in view.series(found)] == [({"window": "7d"}, 50, None, 4)]


def test_overall_is_what_no_dimension_breaks_down() -> None:
    dimensions = [{"name": "plan"}, {"name": "currency", "overall": False}]
    view = KpiView(
        kpi(
            kind="amount",
            value={"form": "level", "read": {"measure": "revenue", "how": "event"}},
            dimensions=dimensions,
            windows=["7d"],
            help={"value": "Money"},
        )
    )
    found = figures(
        ("_minor_units", {"window": "7d", "plan": "all", "currency": "EUR"}, 5),
        ("_minor_units", {"window": "7d", "plan": "all", "currency": "USD"}, 6),
        ("_minor_units", {"window": "7d", "plan": "pro", "currency": "USD"}, 6),
    )
    assert [series.value for series in view.overall(found)] == [5, 6]


BANDS = [{"name": "good", "title": "Good", "at_least": 0.7}, {"name": "poor", "title": "Poor", "below": 0.7}]


def test_bands_hold_for_the_window_that_the_alert_names() -> None:
    view = KpiView(
        kpi(
            **{
                **RATIO,
                "windows": ["1h", "1d", "7d"],
                "bands": BANDS,
                "alerts": {"band": {"worse_than": "good", "window": "1d"}},
            }
        )
    )
    assert view.window == "1d"

    def band(window: str, channel: str, value: float | None) -> str | None:
        found = view.band(Series((("window", window), ("channel", channel)), value, None, None))
        return None if found is None else found.name

    assert band("1d", "all", 0.7) == "good"
    assert band("1d", "all", 0.69) == "poor"
    assert band("1d", "all", None) is None
    assert band("7d", "all", 0.9) is None
    assert band("1d", "chat", 0.9) is None


def test_without_an_alert_a_week_is_shown_first_or_the_longest_window() -> None:
    assert KpiView(kpi(**{**RATIO, "windows": ["1h", "7d", "30d"]})).window == "7d"
    assert KpiView(kpi(**{**RATIO, "windows": ["5m", "1h"]})).window == "1h"
