"""Values over cohorts: which are shown, and what counts as having come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.catalogue.load import load_catalogue
from app.evaluation.evaluate import evaluate
from streams.core.definitions import Definitions
from tests.app.evaluation.support import TODAY, Cells, FakeReads

Found = dict[tuple[str, tuple[str, ...]], float]


def figures(days: Mapping[int, Cells], *kpis: str, top: int = 20) -> Found:
    """The samples by family, without prefix, and label values in order; ``days`` are counted back from today."""
    reads = FakeReads({("cohorts", f"day {TODAY - ago}"): cells for ago, cells in days.items()})
    catalogue = {kpi: load_catalogue()[kpi] for kpi in kpis}
    samples = evaluate(catalogue, reads, definitions=Definitions(), top=top)
    return {(s.metric.removeprefix("kpi_"), tuple(value for _, value in s.labels)): s.value for s in samples}


def test_on_the_day_later_and_never() -> None:
    cells = {
        ("pro", "on", "on", "on"): 1,
        ("pro", "later", "never", "never"): 2,
        ("free", "never", "on", "on"): 5,
    }
    day = date.fromordinal(TODAY - 2).isoformat()
    found = figures({2: cells}, "retention_d1", "inactive_d1")
    assert found["retention_d1_numerator", ("n_day", day, "all")] == 1
    assert found["retention_d1_numerator", ("unbounded", day, "all")] == 3
    assert found["retention_d1_denominator", (day, "all")] == 8
    assert found["retention_d1_ratio", ("unbounded", "all", "pro")] == 1
    assert found["retention_d1_ratio", ("n_day", "all", "free")] == 0
    assert found["inactive_d1_ratio", (day,)] == 7 / 8


def test_without_cohorts_the_counts_are_0_and_the_ratio_is_absent() -> None:
    found = figures({}, "retention_d7")
    assert found == {
        ("retention_d7_numerator", ("n_day", "all", "all")): 0,
        ("retention_d7_numerator", ("unbounded", "all", "all")): 0,
        ("retention_d7_denominator", ("all", "all")): 0,
    }


def test_the_twelve_latest_mature_days_are_shown_and_a_year_is_counted() -> None:
    one = {("pro", "on", "on", "on"): 1}
    found = figures(dict.fromkeys(range(400), one), "retention_d1")
    shown = sorted(labels[0] for family, labels in found if family == "retention_d1_denominator")
    wanted = [date.fromordinal(TODAY - ago).isoformat() for ago in range(13, 1, -1)]
    assert shown == [*wanted, "all", "all"]
    assert found["retention_d1_denominator", ("all", "all")] == 364


def test_weeks_are_shown_when_all_of_their_days_are_mature() -> None:
    one = {("pro", "on", "on", "on"): 1}
    found = figures(dict.fromkeys(range(400), one), "inactive_d7")
    weeks = sorted(labels[0] for family, labels in found if family == "inactive_d7_denominator")
    assert len(weeks) == 13
    assert {
        n
        for (family, labels), n in found.items()
        if family == "inactive_d7_denominator" and labels != ("all",)
    } == {7}
    newest = date.fromisocalendar(int(weeks[-2][:4]), int(weeks[-2][-2:]), 7).toordinal()
    assert newest + 7 < TODAY <= newest + 14


def test_plans_are_ranked_by_customers_and_never_added_up() -> None:
    cells = {(f"plan{n}", "on", "on", "on"): n for n in range(1, 6)}
    found = figures({5: cells}, "retention_d1", top=2)
    plans = [
        labels[1] for family, labels in found if family == "retention_d1_denominator" and labels[0] == "all"
    ]
    assert plans == ["all", "plan4", "plan5"]
