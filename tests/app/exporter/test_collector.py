"""What Prometheus gets."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.catalogue.load import load_catalogue
from app.catalogue.naming import family_names
from app.evaluation.samples import Sample
from app.exporter.collector import KpiCollector
from app.exporter.figures import Figures
from app.exporter.selfmetrics import self_registry
from tests.app.exporter.support import NOW, World, world_with_figures

CATALOGUE = load_catalogue()


def values(text: bytes) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def test_every_sample_is_on_the_page_with_its_value() -> None:
    world = world_with_figures()
    figures = world.live.figures()
    assert figures is not None
    page = KpiCollector(CATALOGUE, world.live.figures).text(openmetrics=True) + b"# EOF\n"
    expected = {(sample.metric, frozenset(sample.labels)): sample.value for sample in figures.samples}
    found = values(page)
    assert {series: value for series, value in found.items() if series in expected} == expected
    assert {name for name, _ in found.keys() - expected.keys()} == {"kpi_target", "kpi_info"}


def test_targets_and_titles_come_from_the_catalogue() -> None:
    found = values(KpiCollector(CATALOGUE, lambda: None).text(openmetrics=True) + b"# EOF\n")
    band = {("kpi", "self_service_resolution"), ("unit", "ratio")}
    assert found["kpi_target", frozenset({*band, ("band", "objective")})] == 0.8
    assert {name for name, _ in found} == {"kpi_target", "kpi_info"}
    titled = {dict(labels)["kpi"]: dict(labels)["title"] for name, labels in found if name == "kpi_info"}
    assert titled == {kpi.id: kpi.title for kpi in CATALOGUE.values() if kpi.enabled}


label_values = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('\\"\n{},= ')), max_size=8
)
numbers = st.one_of(
    st.floats(), st.integers(-(10**20), 10**20).map(float), st.sampled_from([0.0, 1e6, 1234567.0, 1e16, 1e-7])
)
family_samples = st.lists(st.tuples(label_values, label_values, numbers), max_size=5)


@given(st.lists(family_samples, max_size=3), st.sampled_from(["plain", 'with "quotes"', "a \\ and\na line"]))
def test_the_page_is_what_the_client_library_would_write(families: list, documentation: str) -> None:  # type: ignore[type-arg]
    samples = [
        Sample(f"kpi_{i}", (("window", a), ("channel", b)), n)
        for i, family in enumerate(families)
        for a, b, n in family
    ]
    collector = KpiCollector({}, lambda: Figures(NOW, samples))
    collector._families = [
        family_names(CATALOGUE["reopen"])[0]._replace(name=f"kpi_{i}", help=documentation)
        for i in range(len(families))
    ]
    registry = CollectorRegistry()
    registry.register(collector)
    for _ in range(2):
        assert collector.text(openmetrics=False) == generate_latest(registry)
        assert collector.text(openmetrics=True) + b"# EOF\n" == generate_openmetrics(registry)  # type: ignore[no-untyped-call]


def test_a_registry_knows_every_name_even_while_there_are_no_figures() -> None:
    described = {family.name for family in KpiCollector(CATALOGUE, lambda: None).describe()}
    enabled = (kpi for kpi in CATALOGUE.values() if kpi.enabled)
    expected = {family.name for kpi in enabled for family in family_names(kpi)}
    assert described == expected | {"kpi_target", "kpi_info"}


def own(world: World) -> Mapping[tuple[str, frozenset[tuple[str, str]]], float]:
    return values(generate_openmetrics(self_registry(world.live)))  # type: ignore[no-untyped-call]


def test_the_exporters_own_metrics() -> None:
    world = world_with_figures()
    world.now += 250
    found = own(world)
    none: frozenset[tuple[str, str]] = frozenset()
    assert found["selfserve_evaluation_timestamp_seconds", none] == (NOW - 300) / 1000
    assert found["selfserve_last_event_timestamp_seconds", none] == (NOW - 100) / 1000
    since = found["selfserve_data_since_timestamp_seconds", frozenset({("kpi", "reopen")})]
    assert since == (NOW - 86_400_000) / 1000
    processed = frozenset({("topic", "support.events"), ("result", "processed")})
    assert found["selfserve_accounted_records", processed] == 7
    assert found["selfserve_refused_records", frozenset({("reason", "schema")})] == 2
    assert found["selfserve_exporter_current", none] == 1
    assert found["selfserve_exporter_lag_seconds", none] == 0.25
    assert found["selfserve_event_to_value_seconds_count", none] == 0
    assert [value for (name, _), value in found.items() if name == "selfserve_build_info"] == [1]


def test_records_are_accounted_for_over_all_partitions() -> None:
    world = world_with_figures()
    world.write(
        0,
        results={"support.events": {"processed": 5}, "account.events": {"excluded": 1}},
        refused={"json": 1},
    )
    found = own(world)

    def accounted(topic: str, result: str) -> float:
        return found["selfserve_accounted_records", frozenset({("topic", topic), ("result", result)})]

    assert accounted("support.events", "processed") == 12
    assert accounted("support.events", "duplicate") == 1
    assert accounted("account.events", "excluded") == 1
    assert found["selfserve_refused_records", frozenset({("reason", "json")})] == 1


def test_what_is_not_known_yet_is_absent() -> None:
    names = {name for name, _ in own(World())}
    assert "selfserve_build_info" in names
    assert not names & {
        "selfserve_evaluation_timestamp_seconds",
        "selfserve_last_event_timestamp_seconds",
        "selfserve_data_since_timestamp_seconds",
        "selfserve_exporter_lag_seconds",
    }


@pytest.mark.prometheus
def test_promtool_accepts_the_page() -> None:
    world = world_with_figures()
    page = KpiCollector(CATALOGUE, world.live.figures).text(openmetrics=False)
    page += generate_latest(self_registry(world.live))
    promtool = cast("str", shutil.which("promtool"))
    checked = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)
    assert (checked.stdout + checked.stderr).decode() == ""
    assert checked.returncode == 0
