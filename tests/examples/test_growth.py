"""The worked examples of docs/examples/growth.md: the events there, the figures here."""

from __future__ import annotations

from tests.examples.page import Page, milliseconds
from tests.oracle import compute
from tests.support.figures import batch_figures, differing

PAGE = Page("growth.md")
SIGNUPS = "Five signups"
NOON, EARLY, LATE = "2025-01-06T12:00Z", "2025-01-06T10:00Z", "2025-01-06T14:00Z"


def test_referral() -> None:
    assert PAGE.figures(SIGNUPS, NOON).ratio("referral", window="1d") == (2, 3)
    assert PAGE.figures(SIGNUPS, LATE).ratio("referral", window="1d") == (3, 4)


def test_fake_signups() -> None:
    noon = PAGE.figures(SIGNUPS, NOON)
    assert noon.ratio("fake_signups", window="1d") == (2, 5)
    assert noon.ratio("fake_signups", window="1d", reason="bot") == (1, 5)
    assert noon.ratio("fake_signups", window="1d", reason="fake") == (1, 5)
    assert PAGE.figures(SIGNUPS, EARLY).ratio("fake_signups", window="1d") == (0, 5)
    assert PAGE.figures(SIGNUPS, LATE).ratio("fake_signups", window="1d") == (1, 5)


def test_viral_coefficient() -> None:
    noon = PAGE.figures(SIGNUPS, NOON)
    assert noon.value("viral_coefficient_numerator", window="1d") == 2
    assert noon.value("viral_coefficient_denominator", window="1d") == 2
    assert noon.value("viral_coefficient_quotient", window="1d") == 1


def test_expansion_mrr() -> None:
    noon = PAGE.figures("Three subscriptions", NOON)

    def added(**labels: str) -> float | None:
        return noon.value("expansion_mrr_minor_units", window="1d", **labels)

    assert added(currency="EUR") == 9_000
    assert added(currency="EUR", plan="pro") == 1_500
    assert added(currency="EUR", plan="enterprise") == 7_500
    assert added(currency="USD") == 1_500
    assert added() is None


def test_conversion() -> None:
    noon = PAGE.figures("A shop", NOON)
    assert noon.value("conversion_quotient", window="1d") == 0.25
    assert noon.value("conversion_quotient", window="1d", platform="web") == 0.5
    assert noon.value("conversion_quotient", window="1d", platform="ios") == 0


def test_four_thousand_sales_at_two_hundred_thousand_visits() -> None:
    # One in a hundred of each.
    visits, sales = 2_000, 40
    at = milliseconds(NOON)
    common = {"topic": "account.events", "platform": "web", "time": at - 3_600_000}
    events = [
        common | {"id": f"v{n}", "type": "visit.started", "anonymous_id": f"a{n}", "data": {}}
        for n in range(visits)
    ]
    events += [
        common
        | {"id": f"o{n}", "type": "order.completed", "anonymous_id": f"a{n}", "data": {"order_id": f"o{n}"}}
        for n in range(sales)
    ]
    figures = batch_figures(events, at)
    assert not differing(compute(events, at), figures)
    assert figures["kpi_conversion_quotient", (("platform", "all"), ("window", "1d"))] == 0.02


PLANS, TUESDAY = "From free to paid", "2025-01-07T12:00Z"


def test_free_to_paid() -> None:
    figures = PAGE.figures(PLANS, TUESDAY)
    assert figures.ratio("free_to_paid", window="1d") == (1, 4)
    assert figures.ratio("free_to_paid", window="1d", segment="small") == (1, 3)
    assert figures.ratio("free_to_paid", window="1d", segment="large") == (0, 1)


def test_upgrade() -> None:
    figures = PAGE.figures(PLANS, TUESDAY)
    assert figures.ratio("upgrade", window="1d") == (1, 2)
    assert figures.ratio("upgrade", window="1d", plan="enterprise") == (1, 1)
    assert figures.ratio("upgrade", window="1d", plan="starter") == (0, 1)


def test_time_to_upgrade() -> None:
    figures = PAGE.figures(PLANS, TUESDAY)
    assert figures.value("time_to_upgrade_observations", window="1d") == 1
    assert figures.value("time_to_upgrade_seconds", window="1d", stat="mean") == 95_400
    assert figures.value("time_to_upgrade_seconds", window="7d", stat="mean") == 47_700
