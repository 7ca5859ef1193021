"""Own KPIs: how they are read, and what every mistake is answered with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.catalogue.naming import family_names
from app.catalogue.reads import Read
from app.overlay.kpis import FAMILY_TITLE
from tests.app.overlay.support import definition, laid_over, mistakes
from tests.support.own_kpis import overlay_of, read

OWN = {
    "seekers": {"events": "help.searched", "count": "customers", "dimensions": ["plan", "platform"]},
    "hits": {
        "events": "help.searched",
        "count": {"distribution": "data.results"},
        "dimensions": ["platform"],
    },
}


def one(**changes: Any) -> dict[str, Any]:
    return {"measures": OWN, "kpis": {"x": definition(**changes)}}


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    found = laid_over(tmp_path, one()).kpis
    kpi = found["x"]

    assert (kpi.id, kpi.version, kpi.family) == ("x", 1, "own")
    assert found.families["own"] == FAMILY_TITLE
    assert list(found)[-1] == "x"
    assert found.source("x").endswith("overlay.yaml")
    assert found.source("nps") == "app/catalogue/kpis/nps.yaml"


def test_a_family_of_its_own(tmp_path: Path) -> None:
    overlay = one(family="search") | {"families": {"search": "Search"}}

    assert laid_over(tmp_path, overlay).kpis.families["search"] == "Search"


def test_a_reading_is_read_as_its_measure_is(tmp_path: Path) -> None:
    value = {
        "form": "ratio",
        "numerator": {"measure": "seekers", "where": {"eligible": ["1"]}},
        "denominator": {"measure": "eligible"},
    }
    kpi = laid_over(tmp_path, one(value=value, dimensions=["plan", "platform"], windows=["1d"])).kpis["x"]

    assert dict(kpi.value.readings()) == {
        "numerator": Read("seekers", "last", {"eligible": ("1",)}),
        "denominator": Read("eligible", "edge"),
    }
    assert [dict(dimension.measures) for dimension in kpi.dimensions] == [
        {},
        {"seekers": "seekers_by_platform"},
    ]


def test_every_kind_of_measure_has_a_kpi(tmp_path: Path) -> None:
    overlay = read(tmp_path / "overlay.yaml", overlay_of())

    assert {kpi.kind for kpi in overlay.kpis.values() if kpi.id.startswith("own_")} == {
        "count",
        "distribution",
    }
    assert [family.name for family in family_names(overlay.kpis["own_scores"])] == [
        "kpi_own_scores_distribution",
        "kpi_own_scores_observations",
    ]


RATIO = definition()["value"]
DISTRIBUTION = {"form": "distribution", "read": {"measure": "hits"}, "sums": {"measure": "hits_sum"}}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a family that is not there": (
        {"family": "serch"},
        "kpis.x.family: there is no family 'serch'; there are self-service,",
    ),
    "an unknown kind": (
        {"kind": "rate"},
        "kpis.x.kind: Invalid enum value 'rate'; allowed: amount, count, distribution, level, quotient, ratio, score, seconds",
    ),
    "an unknown direction": (
        {"better": "bigger"},
        "kpis.x.better: Invalid enum value 'bigger'; allowed: higher, lower",
    ),
    "a missing key": ({"title": None}, "kpis.x: Object missing required field `title`; give it"),
    "an unknown key": ({"titel": "X"}, "kpis.x: Object contains unknown field `titel`; did you mean title?"),
    "another id": ({"id": "y"}, "kpis.x.id: found 'y': the file is that of x"),
    "a missing attribute": (
        {"attributes": {k: v for k, v in definition()["attributes"].items() if k != "tips"}},
        "kpis.x.attributes: Object missing required field `tips`; give it",
    ),
    "an empty attribute": (
        {"attributes": definition()["attributes"] | {"formula": " "}},
        "kpis.x.attributes: formula is empty",
    ),
    "code": (
        {"value": {"form": "computed", "function": "os:system", "measures": []}, "windows": []},
        "kpis.x.value.form: found 'computed': an own KPI runs no code; allowed: ratio, level, distribution, score",
    ),
    "an unknown form": ({"value": {"form": "sum"}}, "kpis.x.value.form: Invalid value 'sum'; allowed: "),
    "a form of another kind": (
        {"kind": "count"},
        "kpis.x.value: a KPI of kind count has form level or computed, not ratio",
    ),
    "an unknown measure, without a word on how it is read": (
        {"value": RATIO | {"numerator": {"measure": "isues"}}},
        "kpis.x.value.numerator.measure: there is no measure 'isues'; there are ",
    ),
    "an unknown measure": (
        {"value": RATIO | {"numerator": {"measure": "isues", "how": "event"}}},
        "views_decided, visits; did you mean issues?",
    ),
    "a measure read in another way": (
        {"value": RATIO | {"numerator": {"measure": "issues", "how": "last"}}},
        "kpis.x.value.numerator.how: found 'last': measure issues is read as event, not last",
    ),
    "a field that the measure lacks": (
        {"value": RATIO | {"numerator": {"measure": "issues", "where": {"platform": ["ios"]}}}},
        "kpis.x.value.numerator.where: measure issues has no field 'platform', only outcome, self_service, channel,",
    ),
    "a dimension that the measure lacks": (
        {"dimensions": ["platform"]},
        "kpis.x.dimensions[0]: measure issues has no field 'platform', only outcome,",
    ),
    "a dimension that the own measure lacks": (
        {
            "kind": "distribution",
            "value": DISTRIBUTION,
            "dimensions": ["plan"],
            "help": {"value": "A", "observations": "B"},
        },
        "kpis.x.dimensions[0]: measure hits has no field 'plan', only platform, bucket",
    ),
    "a label that Prometheus needs": (
        {"dimensions": [{"name": "instance", "field": "channel"}]},
        "kpis.x.dimensions[0]: label 'instance' is taken by Prometheus",
    ),
    "an unknown window": ({"windows": ["2d"]}, "kpis.x.windows: '2d' is none of 5m, 30m,"),
    "no windows": ({"windows": []}, "kpis.x.windows: the value needs windows"),
    "a HELP line too few": (
        {"help": {"value": "A"}},
        "kpis.x.help: one line each for value, numerator, denominator; found value",
    ),
    "bounds that do not meet": (
        {"bands": [{"name": "a", "title": "A", "above": 0.5}, {"name": "b", "title": "B", "below": 0.5}]},
        "kpis.x.bands: 0.5 belongs to neither of the bands 'b' and 'a'",
    ),
    "an alert over a window that it has not": (
        {"alerts": {"drop": {"by": 0.1, "window": "30d"}}},
        "kpis.x.alerts: drop.window: the KPI has no window '30d'",
    ),
    "an alert without its statistic": (
        {
            "kind": "distribution",
            "value": DISTRIBUTION,
            "dimensions": [],
            "help": {"value": "A", "observations": "B"},
            "alerts": {"drop": {"by": 0.1, "window": "7d"}},
        },
        "kpis.x.alerts: stat: alerts on distributions name the statistic they watch, others have none",
    ),
    "a subset that is none": (
        {
            "value": {
                "form": "ratio",
                "numerator": {"measure": "issues", "where": {"outcome": ["assumed"]}},
                "denominator": {"measure": "issues", "where": {"outcome": ["confirmed"]}},
            }
        },
        "kpis.x.value: the numerator counts outcome = assumed, which the denominator does not",
    ),
    "a metric of another KPI": (
        {"metric": "reopen"},
        "kpis.x.id: kpi_reopen_ratio is also a family of reopen; set metric",
    ),
    "a title that is a number": ({"title": 3}, "kpis.x.title: found 3: Expected `str`, got `int`"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_names_file_key_value_and_remedy(tmp_path: Path, case: str) -> None:
    changes, expected = MISTAKES[case]
    overlay = one(**changes)
    overlay["kpis"]["x"] = {k: v for k, v in overlay["kpis"]["x"].items() if v is not None}
    found = mistakes(tmp_path, overlay)

    assert len(found) == 1, found
    assert found[0].startswith("overlay.yaml:")
    assert expected in found[0]


NAMES = {
    "reopen": "kpis.reopen: the catalogue has a KPI 'reopen' already; change it below changes, or choose another id",
    "Answers": "kpis.Answers.id: id 'Answers' must be lower-case letters and digits",
    "an__id": "kpis.an__id.id: id 'an__id' must be lower-case",
    "of_the_gauge": "contains the name of a metric type, gauge; choose another name, or set metric",
    "encounters": "contains the name of a metric type, counter; choose another name",
    "wait_days": "kpi_wait_days_ratio would contain 'days', which is no base unit; choose another name",
    "size_kilobytes": "would contain 'kilobytes', which is no base unit",
    "wait_ms": "would contain 'ms', which is an abbreviated unit",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_kpi_can_have(tmp_path: Path, name: str) -> None:
    (found,) = mistakes(tmp_path, {"kpis": {name: definition()}})

    assert found.startswith("overlay.yaml:2: kpis.")
    assert NAMES[name] in found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("target", "kpi_target is also a family of the catalogue itself; set metric"),
        ("hits_count", "kpi_hits_count ends like a counter, histogram or info metric; set metric"),
    ],
)
def test_names_that_no_count_can_have(tmp_path: Path, name: str, expected: str) -> None:
    count = definition(
        kind="count",
        value={"form": "level", "read": {"measure": "seekers"}},
        help={"value": "A"},
        dimensions=[],
        windows=["1d"],
    )
    (found,) = mistakes(tmp_path, {"measures": OWN, "kpis": {name: count}})

    assert expected in found


def test_a_metric_name_takes_the_place_of_a_bad_id(tmp_path: Path) -> None:
    found = laid_over(tmp_path, {"kpis": {"wait_days": definition(metric="waits")}}).kpis["wait_days"]

    assert family_names(found)[0].name == "kpi_waits_ratio"


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        ({"support": "Support"}, "families.support: the catalogue has this family already; leave it out"),
        (
            {"My family": "X"},
            "'My family' is no name for a family; allowed: up to 23 lower-case letters, digits",
        ),
        ({"a" * 24: "X"}, "is no name for a family"),
        ({"search": 3}, "families.search: found 3; allowed: the family's title"),
    ],
)
def test_families_that_cannot_be(tmp_path: Path, families: dict[str, Any], expected: str) -> None:
    (found,) = mistakes(tmp_path, {"families": families})

    assert found.startswith("overlay.yaml:2: ")
    assert expected in found
