"""What holds for every KPI of the catalogue."""

from __future__ import annotations

import pytest

from app.catalogue.load import Catalogue, load_catalogue
from app.catalogue.reads import Computed, Distribution, Level, Ratio, Read
from app.catalogue.targets import Benchmark, Case
from streams.core.measures import MEASURES
from streams.core.time import WINDOWS
from tests.app.catalogue.rows import ROWS

KPIS = list(load_catalogue())
EVENT_WINDOWS = tuple(WINDOWS)
DISTINCT_WINDOWS = ("1h", "1d", "7d", "30d")


def test_every_kpi_has_the_kind_the_dimensions_and_the_family_that_were_asked_for(
    catalogue: Catalogue,
) -> None:
    found = {
        family: {
            kpi.id: (kpi.kind, tuple(dimension.name for dimension in kpi.dimensions))
            for kpi in catalogue.values()
            if kpi.family == family
        }
        for family in catalogue.families
    }
    assert found == ROWS
    assert sum(map(len, ROWS.values())) == 67


def test_every_family_that_has_kpis_has_a_title(catalogue: Catalogue) -> None:
    assert {kpi.family for kpi in catalogue.values()} <= set(catalogue.families)
    assert all(catalogue.families.values())


@pytest.mark.parametrize("kpi", KPIS)
class TestEveryKpi:
    def test_windows_are_those_of_its_readings(self, catalogue: Catalogue, kpi: str) -> None:
        found = catalogue[kpi]
        windowed = [read for _, read in found.value.readings() if read.windowed]
        trailing = tuple(window for window in found.windows if window != "day")
        if not windowed:
            assert found.windows == ()
        elif any(read.days for read in windowed):
            assert trailing == ("7d", "30d")
        elif any(read.how in ("last", "edge", "still") for read in windowed):
            assert trailing == DISTINCT_WINDOWS
        else:
            assert trailing == EVENT_WINDOWS

    def test_a_ratio_counts_a_part_of_its_whole(self, catalogue: Catalogue, kpi: str) -> None:
        value = catalogue[kpi].value
        if isinstance(value, Ratio) and value.split is not None:
            parts = value.split.parts.values()
            assert all(read.measure == value.numerator.measure for read in parts)
            outcomes = [outcome for read in parts for outcome in read.where["outcome"]]
            assert sorted(outcomes) == sorted(value.numerator.where["outcome"])

    def test_benchmarks_and_cases_have_sources_and_lie_in_range(self, catalogue: Catalogue, kpi: str) -> None:
        found = catalogue[kpi]
        items: list[Benchmark | Case] = [*found.benchmarks, *found.cases]
        for item in items:
            assert item.who
            assert item.source
        values = [item.value for item in found.benchmarks] + [
            v for c in found.cases for v in (c.before, c.after)
        ]
        assert all(0 < value < 1 if found.kind == "ratio" else value > 0 for value in values)
        for case in found.cases:
            assert (case.after > case.before) == (found.better == "higher")

    def test_bands_order_every_value(self, catalogue: Catalogue, kpi: str) -> None:
        found = catalogue[kpi]
        if found.bands:
            for value in [i / 100 for i in range(101)]:
                assert sum(value in band for band in found.bands) == 1
            best_first = [found.band_of(i / 100) for i in range(100, -1, -1)]
            if found.better == "lower":
                best_first.reverse()
            ranks = [found.bands.index(band) for band in best_first if band is not None]
            assert ranks == sorted(ranks)
            assert set(ranks) == set(range(len(found.bands)))

    def test_it_is_watched_and_reviewed(self, catalogue: Catalogue, kpi: str) -> None:
        found = catalogue[kpi]
        assert found.alerts.drop is not None
        assert found.review

    def test_an_error_budget_only_where_outcomes_are_immediate(self, catalogue: Catalogue, kpi: str) -> None:
        found = catalogue[kpi]
        assumed = any(read.measure == "issues" for _, read in found.value.readings())
        assert not (found.alerts.burn_rate and assumed)


def test_the_readings(catalogue: Catalogue) -> None:
    issues = Read("issues", "event")
    self_service = Read("issues", "event", where={"self_service": ("1",)})

    resolution = catalogue["self_service_resolution"].value
    assert isinstance(resolution, Ratio)
    assert resolution.numerators == (
        ("all", Read("issues", "event", where={"outcome": ("confirmed", "assumed")})),
        ("confirmed", Read("issues", "event", where={"outcome": ("confirmed",)})),
        ("assumed", Read("issues", "event", where={"outcome": ("assumed",)})),
    )
    assert resolution.denominator == issues
    values = {
        "self_service_adoption": Ratio(Read("self_service", "last"), Read("eligible", "edge")),
        "self_service_abandonment": Ratio(
            Read("issues", "event", where={"self_service": ("1",), "outcome": ("abandoned",)}), self_service
        ),
        "conversation_abandonment": Ratio(
            Read("conversations_served", "event", where={"result": ("abandoned",)}),
            Read("conversations_served", "event"),
        ),
        "time_to_resolution": Distribution(
            Read("time_to_resolution", "event"), Read("time_to_resolution_ms", "event"), "bucket"
        ),
        "reopen": Ratio(
            Read("resolved_first", "event", where={"reopened": ("1",)}), Read("resolved_first", "event")
        ),
        "active_users": Level(Read("active", "last"), Read("active_days", "day")),
        "stickiness": Ratio(Read("active", "last", window="1d"), Read("active", "last", window="30d")),
        "adoption": Ratio(Read("active", "last", where={"eligible": ("1",)}), Read("eligible", "edge")),
    }
    assert {kpi: catalogue[kpi].value for kpi in values} == values


def test_the_dimensions(catalogue: Catalogue) -> None:
    channel = catalogue["self_service_adoption"].dimensions[0]
    assert channel.measure_for("self_service") == "self_service_by_channel"
    assert channel.measure_for("eligible") == "eligible"
    medium = catalogue["conversation_abandonment"].dimensions[1]
    assert medium.cell_field == "channel"


def test_the_catalogue_reads_every_measure(catalogue: Catalogue) -> None:
    used = set()
    for kpi in (form for one in catalogue.values() for form in one.forms()):
        if isinstance(kpi.value, Computed):
            used |= set(kpi.value.measures)
        for _, read in kpi.readings():
            for part in read.parts:
                used |= {part.measure, *(dimension.measure_for(part.measure) for dimension in kpi.dimensions)}

    assert used == set(MEASURES)


def test_the_published_targets(catalogue: Catalogue) -> None:
    adoption, resolution = catalogue["self_service_adoption"], catalogue["self_service_resolution"]

    assert adoption.targets == (("objective", 0.7),)
    assert [(case.before, case.after, case.months) for case in adoption.cases] == [(0.45, 0.75, 6)]
    assert resolution.targets == (("objective", 0.8), ("excellent", 0.8), ("good", 0.7))
    assert {(item.who, item.value) for item in resolution.benchmarks} == {
        ("Gartner", 0.85),
        ("Forrester", 0.65),
        ("Zendesk", 0.70),
    }
    assert [(case.before, case.after) for case in resolution.cases] == [(0.6, 0.78)]
    bands = {value: resolution.band_of(value) for value in (0.81, 0.8, 0.7, 0.69)}
    assert [band.name for band in bands.values() if band] == [
        "excellent",
        "good",
        "good",
        "improvement_needed",
    ]
    assert resolution.alerts.band is not None
    assert resolution.alerts.band.window == "7d"
