"""Values, numerators and denominators of each form of KPI, by example."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalogue.model import Kpi
from app.evaluation.evaluate import evaluate
from app.evaluation.reads import Reads
from app.evaluation.samples import Sample
from streams.core.definitions import Definitions
from streams.core.distributions import bucket_of, representative
from streams.core.measures import Measure
from tests.app.evaluation.support import FakeReads, evaluated, kpi, measures

ISSUES = Measure("issues", "event", ("outcome", "channel"), "")
KNOWN = measures(
    ISSUES,
    Measure("durations", "event", ("channel", "bucket"), ""),
    Measure("durations_ms", "event", ("channel",), ""),
    Measure("answers", "event", ("survey", "class"), ""),
    Measure("efforts_sum", "event", ("survey",), ""),
    Measure("members", "edge", ("plan",), ""),
    Measure("active", "last", ("plan",), ""),
    Measure("active_by_platform", "last", ("platform",), ""),
    Measure("teams_active", "last", ("plan", "trial"), ""),
    Measure("active_days", "day", ("plan",), ""),
    Measure("revenue", "event", ("plan", "currency"), ""),
)

RATIO: dict[str, Any] = {
    "value": {
        "form": "ratio",
        "numerator": {"measure": "issues", "how": "event", "where": {"outcome": ["confirmed", "assumed"]}},
        "denominator": {"measure": "issues", "how": "event"},
    },
    "windows": ["1h"],
}


def test_a_ratio_has_its_counts_beside_it() -> None:
    cells = {("confirmed", "chat"): 3, ("assumed", "email"): 1, ("abandoned", "chat"): 4}
    assert evaluated(kpi(**RATIO), {("issues", "1h"): cells}, KNOWN) == {
        "answered_ratio{window=1h,channel=all}": 0.5,
        "answered_ratio{window=1h,channel=chat}": 3 / 7,
        "answered_ratio{window=1h,channel=email}": 1,
        "answered_numerator{window=1h,channel=all}": 4,
        "answered_numerator{window=1h,channel=chat}": 3,
        "answered_numerator{window=1h,channel=email}": 1,
        "answered_denominator{window=1h,channel=all}": 8,
        "answered_denominator{window=1h,channel=chat}": 7,
        "answered_denominator{window=1h,channel=email}": 1,
    }


def test_without_data_the_counts_are_0_and_the_ratio_is_absent() -> None:
    assert evaluated(kpi(**RATIO), {}, KNOWN) == {
        "answered_numerator{window=1h,channel=all}": 0,
        "answered_denominator{window=1h,channel=all}": 0,
    }


def test_a_numerator_of_0_is_a_ratio_of_0() -> None:
    assert (
        evaluated(kpi(**RATIO), {("issues", "1h"): {("abandoned", "chat"): 4}}, KNOWN)[
            "answered_ratio{window=1h,channel=chat}"
        ]
        == 0
    )


def test_a_complement_counts_what_the_numerator_leaves() -> None:
    cells = {("confirmed", "chat"): 3, ("assumed", "email"): 1, ("abandoned", "chat"): 4}
    found = evaluated(
        kpi(**{**RATIO, "value": {**RATIO["value"], "complement": True}}), {("issues", "1h"): cells}, KNOWN
    )
    assert found["answered_numerator{window=1h,channel=all}"] == 4
    assert found["answered_ratio{window=1h,channel=chat}"] == 4 / 7
    assert found["answered_ratio{window=1h,channel=email}"] == 0


def test_cells_that_cancel_out_are_no_data() -> None:
    cells = {("confirmed", "chat"): 0, ("abandoned", "email"): 2, ("assumed", "email"): -2}
    found = evaluated(
        kpi(**{**RATIO, "value": {**RATIO["value"], "numerator": RATIO["value"]["denominator"]}}),
        {("issues", "1h"): cells},
        KNOWN,
    )
    assert set(found.values()) == {0}
    assert not [series for series in found if "ratio" in series or "chat" in series or "email" in series]


def test_parts_of_the_numerator_share_the_denominator() -> None:
    split = {
        "label": "resolution",
        "parts": {"confirmed": {"measure": "issues", "how": "event", "where": {"outcome": ["confirmed"]}}},
    }
    cells = {("confirmed", "chat"): 1, ("assumed", "chat"): 2, ("abandoned", "chat"): 1}
    found = evaluated(
        kpi(**{**RATIO, "value": {**RATIO["value"], "split": split}, "dimensions": []}),
        {("issues", "1h"): cells},
        KNOWN,
    )
    assert found == {
        "answered_ratio{window=1h,resolution=all}": 0.75,
        "answered_ratio{window=1h,resolution=confirmed}": 0.25,
        "answered_numerator{window=1h,resolution=all}": 3,
        "answered_numerator{window=1h,resolution=confirmed}": 1,
        "answered_denominator{window=1h}": 4,
    }


def test_a_reading_may_add_further_measures_up() -> None:
    numerator = {
        "measure": "active",
        "how": "last",
        "plus": [{"measure": "teams_active", "where": {"trial": ["0"]}}],
    }
    value = {"form": "ratio", "numerator": numerator, "denominator": {"measure": "members", "how": "edge"}}
    cells: dict[tuple[str, str], dict[Any, int]] = {
        ("active", "1d"): {("free",): 2, ("pro",): 1},
        ("teams_active", "1d"): {("pro", "0"): 3, ("team", "0"): 1, ("pro", "1"): 9},
        ("members", "all"): {("free",): 4, ("pro",): 5, ("team",): 1},
    }
    found = evaluated(kpi(value=value, windows=["1d"], dimensions=[{"name": "plan"}]), cells, KNOWN)
    numerators = {"all": 7, "free": 2, "pro": 4, "team": 1}
    denominators = {"all": 10, "free": 4, "pro": 5, "team": 1}
    for plan, n in numerators.items():
        assert found[f"answered_numerator{{window=1d,plan={plan}}}"] == n
        assert found[f"answered_ratio{{window=1d,plan={plan}}}"] == n / denominators[plan]


ADOPTION: dict[str, Any] = {
    "value": {
        "form": "ratio",
        "numerator": {"measure": "active", "how": "last"},
        "denominator": {"measure": "members", "how": "edge"},
    },
    "windows": ["1d"],
    "dimensions": [{"name": "platform", "measures": {"active": "active_by_platform"}}, {"name": "plan"}],
}


def test_a_denominator_that_is_not_broken_down_is_that_of_all() -> None:
    cells: dict[Any, Any] = {
        ("active", "1d"): {("free",): 2, ("pro",): 1},
        ("active_by_platform", "1d"): {("ios",): 2, ("web",): 3},
        ("members", "all"): {("free",): 5, ("pro",): 1, ("old",): 4},
    }
    found = evaluated(kpi(**ADOPTION), cells, KNOWN)
    assert found == {
        "answered_ratio{window=1d,platform=all,plan=all}": 0.3,
        "answered_ratio{window=1d,platform=ios,plan=all}": 0.2,
        "answered_ratio{window=1d,platform=web,plan=all}": 0.3,
        "answered_ratio{window=1d,platform=all,plan=free}": 0.4,
        "answered_ratio{window=1d,platform=all,plan=pro}": 1,
        "answered_ratio{window=1d,platform=all,plan=old}": 0,
        "answered_numerator{window=1d,platform=all,plan=all}": 3,
        "answered_numerator{window=1d,platform=ios,plan=all}": 2,
        "answered_numerator{window=1d,platform=web,plan=all}": 3,
        "answered_numerator{window=1d,platform=all,plan=free}": 2,
        "answered_numerator{window=1d,platform=all,plan=pro}": 1,
        "answered_numerator{window=1d,platform=all,plan=old}": 0,
        "answered_denominator{window=1d,platform=all,plan=all}": 10,
        "answered_denominator{window=1d,platform=ios,plan=all}": 10,
        "answered_denominator{window=1d,platform=web,plan=all}": 10,
        "answered_denominator{window=1d,platform=all,plan=free}": 5,
        "answered_denominator{window=1d,platform=all,plan=pro}": 1,
        "answered_denominator{window=1d,platform=all,plan=old}": 4,
    }


def test_a_fixed_window_is_read_whatever_the_kpis_own() -> None:
    fixed = {
        "numerator": {"measure": "active", "how": "last", "window": "1d"},
        "denominator": {"measure": "active", "how": "last", "window": "30d"},
    }
    one = kpi(value={"form": "ratio", **fixed}, windows=[], dimensions=[])
    cells = {("active", "1d"): {("free",): 1}, ("active", "30d"): {("free",): 4}}
    assert evaluated(one, cells, KNOWN, windows=["5m"])["answered_ratio{}"] == 0.25


def test_a_level_at_the_start_of_the_window() -> None:
    at_start = {"measure": "members", "how": "edge", "at": "start"}
    one = kpi(
        value={"form": "ratio", "numerator": at_start, "denominator": at_start},
        windows=["7d", "30d"],
        dimensions=[],
    )
    cells = {("members", "start of 7d"): {("free",): 3}, ("members", "start of 30d"): {("free",): 2}}
    found = evaluated(one, cells, KNOWN)
    assert found["answered_denominator{window=7d}"] == 3
    assert found["answered_denominator{window=30d}"] == 2


def test_a_level_counts_calendar_days_by_its_day_reading() -> None:
    one = kpi(
        kind="level",
        value={
            "form": "level",
            "read": {"measure": "active", "how": "last"},
            "day": {"measure": "active_days", "how": "day"},
        },
        windows=["1h", "day"],
        dimensions=[{"name": "plan"}],
        help={"value": "Customers"},
    )
    cells = {("active", "1h"): {("free",): 1}, ("active_days", "day"): {("pro",): 7}}
    assert evaluated(one, cells, KNOWN) == {
        "answered{window=1h,plan=all}": 1,
        "answered{window=1h,plan=free}": 1,
        "answered{window=day,plan=all}": 7,
        "answered{window=day,plan=pro}": 7,
    }


SECONDS: dict[str, Any] = {
    "kind": "seconds",
    "value": {
        "form": "distribution",
        "read": {"measure": "durations", "how": "event"},
        "sums": {"measure": "durations_ms", "how": "event"},
    },
    "windows": ["1h"],
    "help": {"value": "Duration", "observations": "How many"},
}


def test_durations_have_an_exact_mean_and_quantiles_in_seconds() -> None:
    slow = bucket_of(10_000)
    cells: dict[Any, Any] = {
        ("durations", "1h"): {("chat", 20): 3, ("chat", slow): 1, ("web", 40): 1},
        ("durations_ms", "1h"): {("chat",): 10_060, ("web",): 40},
    }
    found = evaluated(kpi(**SECONDS), cells, KNOWN)
    assert found == {
        "answered_seconds{window=1h,stat=mean,channel=all}": 10_100 / 5 / 1000,
        "answered_seconds{window=1h,stat=p50,channel=all}": 0.02,
        "answered_seconds{window=1h,stat=p75,channel=all}": 0.04,
        "answered_seconds{window=1h,stat=p90,channel=all}": pytest.approx(
            (40 + 0.6 * (representative(slow) - 40)) / 1000
        ),
        "answered_seconds{window=1h,stat=mean,channel=chat}": 10_060 / 4 / 1000,
        "answered_seconds{window=1h,stat=p50,channel=chat}": 0.02,
        "answered_seconds{window=1h,stat=p75,channel=chat}": pytest.approx(
            (20 + 0.25 * (representative(slow) - 20)) / 1000
        ),
        "answered_seconds{window=1h,stat=p90,channel=chat}": pytest.approx(
            (20 + 0.7 * (representative(slow) - 20)) / 1000
        ),
        "answered_seconds{window=1h,stat=mean,channel=web}": 0.04,
        "answered_seconds{window=1h,stat=p50,channel=web}": 0.04,
        "answered_seconds{window=1h,stat=p75,channel=web}": 0.04,
        "answered_seconds{window=1h,stat=p90,channel=web}": 0.04,
        "answered_observations{window=1h,channel=all}": 5,
        "answered_observations{window=1h,channel=chat}": 4,
        "answered_observations{window=1h,channel=web}": 1,
    }


def test_without_durations_there_are_0_observations_and_no_statistics() -> None:
    assert evaluated(kpi(**SECONDS), {}, KNOWN) == {"answered_observations{window=1h,channel=all}": 0}


def test_durations_beyond_the_shown_values_are_folded_with_their_buckets() -> None:
    cells: dict[Any, Any] = {
        ("durations", "1h"): {("chat", 20): 5, ("web", 40): 1, ("sms", 80): 1},
        ("durations_ms", "1h"): {("chat",): 100, ("web",): 40, ("sms",): 80},
    }
    found = evaluated(kpi(**SECONDS), cells, KNOWN, top=1)
    assert found["answered_observations{window=1h,channel=other}"] == 2
    assert found["answered_seconds{window=1h,stat=mean,channel=other}"] == 0.06
    assert found["answered_seconds{window=1h,stat=p50,channel=other}"] == 0.06
    assert not [series for series in found if "web" in series or "sms" in series]


def test_a_score_by_weights_shows_its_answers() -> None:
    one = kpi(
        kind="score",
        value={
            "form": "score",
            "read": {"measure": "answers", "how": "event"},
            "weights": {"promoter": 100, "passive": 0, "detractor": -100},
        },
        dimensions=[{"name": "survey"}],
        windows=["7d"],
        help={"value": "Score", "responses": "Answers"},
    )
    empty = {
        "answered_responses{window=7d,class=detractor,survey=all}": 0,
        "answered_responses{window=7d,class=passive,survey=all}": 0,
        "answered_responses{window=7d,class=promoter,survey=all}": 0,
    }
    assert evaluated(one, {}, KNOWN) == empty
    cells = {("a", "promoter"): 3, ("a", "detractor"): 1, ("b", "passive"): 1}
    found = evaluated(one, {("answers", "7d"): cells}, KNOWN)
    assert found["answered_score{window=7d,survey=all}"] == 40
    assert found["answered_score{window=7d,survey=a}"] == 50
    assert found["answered_score{window=7d,survey=b}"] == 0
    assert found["answered_responses{window=7d,class=promoter,survey=all}"] == 3
    assert found["answered_responses{window=7d,class=detractor,survey=b}"] == 0


def test_a_score_by_sums() -> None:
    one = kpi(
        kind="score",
        value={
            "form": "score",
            "read": {"measure": "answers", "how": "event"},
            "sums": {"measure": "efforts_sum", "how": "event"},
            "label": None,
        },
        dimensions=[{"name": "survey"}],
        windows=["7d"],
        help={"value": "Score"},
    )
    cells: dict[Any, Any] = {
        ("answers", "7d"): {("a", "2"): 1, ("a", "5"): 1, ("b", "1"): 2},
        ("efforts_sum", "7d"): {("a",): 7, ("b",): 2},
    }
    assert evaluated(one, cells, KNOWN) == {
        "answered_score{window=7d,survey=all}": 2.25,
        "answered_score{window=7d,survey=a}": 3.5,
        "answered_score{window=7d,survey=b}": 1,
    }


def test_values_that_must_not_be_added_up_have_no_overall() -> None:
    one = kpi(
        kind="amount",
        value={"form": "level", "read": {"measure": "revenue", "how": "event"}},
        dimensions=[{"name": "plan"}, {"name": "currency", "overall": False}],
        windows=["7d"],
        help={"value": "Money"},
    )
    assert evaluated(one, {}, KNOWN) == {}
    cells = {("free", "EUR"): 5, ("pro", "EUR"): 7, ("pro", "USD"): 11}
    assert evaluated(one, {("revenue", "7d"): cells}, KNOWN) == {
        "answered_minor_units{window=7d,plan=all,currency=EUR}": 12,
        "answered_minor_units{window=7d,plan=all,currency=USD}": 11,
        "answered_minor_units{window=7d,plan=free,currency=EUR}": 5,
        "answered_minor_units{window=7d,plan=pro,currency=EUR}": 7,
        "answered_minor_units{window=7d,plan=pro,currency=USD}": 11,
    }
    shown = evaluated(one, {("revenue", "7d"): cells}, KNOWN, top=1)
    assert shown["answered_minor_units{window=7d,plan=pro,currency=EUR}"] == 7
    assert shown["answered_minor_units{window=7d,plan=other,currency=EUR}"] == 5


def test_a_derived_dimension_comes_from_the_definitions() -> None:
    medium = {
        "name": "medium",
        "derived": {
            "field": "channel",
            "definition": "voice_channels",
            "listed": "voice",
            "unlisted": "text",
        },
    }
    cells = {("confirmed", "phone"): 1, ("abandoned", "radio"): 1, ("abandoned", "chat"): 2}
    found = evaluated(
        kpi(**{**RATIO, "dimensions": [medium]}),
        {("issues", "1h"): cells},
        KNOWN,
        definitions=Definitions(voice_channels=("phone", "radio")),
    )
    assert found["answered_ratio{window=1h,medium=voice}"] == 0.5
    assert found["answered_denominator{window=1h,medium=text}"] == 2


def test_an_extra_family_has_its_own_dimensions() -> None:
    extra = {
        "suffix": "waiting",
        "value": {"form": "level", "read": {"measure": "members", "how": "edge"}},
        "dimensions": [{"name": "plan"}],
    }
    one = kpi(**{**RATIO, "extras": [extra], "help": {**kpi().help, "waiting": "Not yet"}})
    found = evaluated(one, {("members", "all"): {("free",): 2}}, KNOWN)
    assert found["answered_waiting{plan=all}"] == 2
    assert found["answered_waiting{plan=free}"] == 2


def double(one: Kpi, reads: Reads, window: str | None, definitions: Definitions) -> list[Sample]:
    n = sum(reads.cells("members", window or "all").values())
    return [Sample("kpi_answered", (("window", window or ""),), 2.0 * n)]


def test_a_computed_kpi_reads_for_itself() -> None:
    one = kpi(
        kind="level",
        value={"form": "computed", "function": f"{__name__}:double", "measures": ["members"]},
        dimensions=[],
        windows=["1h", "1d"],
        help={"value": "Twice"},
    )
    cells = {("members", "1h"): {("free",): 2}, ("members", "1d"): {("free",): 3}}
    assert evaluated(one, cells, KNOWN) == {"answered{window=1h}": 4, "answered{window=1d}": 6}


def test_only_the_wanted_windows_are_evaluated_and_all_only_when_wanted() -> None:
    one = kpi(**{**RATIO, "windows": ["1h", "1d"]})

    def windows(wanted: list[str] | None) -> set[str]:
        found = evaluated(one, {}, KNOWN, windows=wanted)
        return {series.split("window=")[1].split(",")[0] for series in found}

    assert windows(None) == {"1h", "1d"}
    assert windows(["all", "1d", "30d"]) == {"1d", "all"}
    assert windows([]) == set()


def test_a_kpi_that_is_switched_off_has_no_samples() -> None:
    reads = FakeReads({})
    on, off = kpi(), kpi(id="off", enabled=False)
    samples = evaluate({one.id: one for one in (on, off)}, reads, definitions=Definitions())
    assert {sample.metric for sample in samples} == {"kpi_answered_numerator", "kpi_answered_denominator"}


def test_samples_of_a_family_stand_together() -> None:
    one = kpi(**{**RATIO, "windows": ["1h", "1d"]})
    reads = FakeReads({("issues", "1d"): {("confirmed", "0", "chat", "free", "smb"): 1}})
    metrics = [sample.metric for sample in evaluate({one.id: one}, reads, definitions=Definitions())]
    assert sorted(set(metrics), key=metrics.index) == [
        "kpi_answered_ratio",
        "kpi_answered_numerator",
        "kpi_answered_denominator",
    ]
    assert metrics == sorted(metrics, key=[*dict.fromkeys(metrics)].index)
