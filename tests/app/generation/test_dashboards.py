"""Dashboards of catalogues that are not shipped: a KPI of any form appears on its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.catalogue.load import Catalogue, load_catalogue, parse_kpi
from app.catalogue.naming import family_names
from app.cli import main
from app.config.links import LinkSettings
from app.generation import names
from app.generation.context import Context
from app.generation.dashboards.colours import steps
from app.generation.dashboards.files import dashboard_files
from app.generation.dashboards.names import CHANNELS, COHORTS, OVERVIEW, PIPELINE, family_uid
from app.generation.dashboards.shipped import Match, Shipped, read_shipped
from app.generation.files import prometheus_files
from tests.app.catalogue.conftest import document
from tests.app.catalogue.test_frame import WRITTEN
from tests.app.generation.synthetic import catalogue
from tests.support import dashboards
from tests.support.dashboards import Dashboard, queries, titled

COHORT_FORM = WRITTEN["retention_d7"]


def built(
    of: Catalogue, rules: Mapping[str, str] | None = None, links: LinkSettings | None = None
) -> dict[str, Dashboard]:
    return dashboards.read(dashboard_files(of, rules or {}, links or LinkSettings()))


EVERY_FORM = catalogue(
    WRITTEN
    | {
        f"retention_d{age}": {
            **COHORT_FORM,
            "families": [family.replace("d7", f"d{age}") for family in COHORT_FORM["families"]],
        }
        for age in (1, 7)
    }
)
ENABLED = [kpi for kpi in EVERY_FORM.values() if kpi.enabled]
PAGES = built(EVERY_FORM)
FAMILY = PAGES[family_uid("support")]


def drawn(dashboard: Dashboard) -> set[str]:
    return {
        metric
        for expression in dashboards.expressions(dashboard)
        for metric in dashboards.metrics(expression)
    }


class TestEveryForm:
    @pytest.mark.parametrize("name", [kpi.id for kpi in ENABLED])
    def test_it_appears_with_all_its_metrics_on_its_family_s_page(self, name: str) -> None:
        assert {family.name for family in family_names(EVERY_FORM[name])} <= drawn(FAMILY)
        assert name in FAMILY["tags"]
        assert family_names(EVERY_FORM[name])[0].name in drawn(PAGES[OVERVIEW])

    def test_it_does_not_appear_when_it_is_switched_off(self) -> None:
        assert not EVERY_FORM["social_mentions"].enabled
        for page in PAGES.values():
            assert "kpi_social_mentions" not in drawn(page)
            assert "social_mentions" not in page["tags"]

    def test_there_is_no_page_for_a_family_without_kpis(self) -> None:
        assert PAGES.keys() == {OVERVIEW, family_uid("support"), COHORTS, CHANNELS, PIPELINE}

    def test_many_kpis_are_folded_into_a_table_of_contents(self) -> None:
        rows = [panel for panel in FAMILY["panels"] if panel["type"] == "row"]

        assert [row["title"] for row in rows] == [kpi.title for kpi in ENABLED]
        assert all(row["collapsed"] and row["panels"] for row in rows)

    def test_what_is_never_added_up_is_shown_side_by_side(self) -> None:
        course = titled(FAMILY, "expansion mrr over 30d", "timeseries")

        assert queries(course)[0] == (
            'max without (instance, pod) (kpi_expansion_mrr_minor_units{window="30d",plan="all"})'
        )
        assert course["targets"][0]["legendFormat"] == "{{currency}}"
        table = titled(FAMILY, "expansion mrr by plan over $window", "table")
        assert "max by (plan, currency)" in queries(table)[0]
        assert not [panel for panel in dashboards.panels(FAMILY) if "mrr by currency" in panel["title"]]

    def test_a_score_rests_on_its_answers(self) -> None:
        table = titled(FAMILY, "nps by survey", "table")

        assert queries(table)[1] == (
            "max by (survey) (sum without (class) (max without (instance, pod) "
            '(kpi_nps_responses{survey!="all",plan="all"})))'
        )

    def test_durations_show_all_statistics_over_time_and_one_as_the_figure(self) -> None:
        course = titled(FAMILY, "time to first value over 30d", "timeseries")

        assert course["targets"][0]["legendFormat"] == "{{stat}}"
        assert course["fieldConfig"]["defaults"]["unit"] == "s"
        assert 'stat="p50"' in queries(titled(FAMILY, "time to first value over 30d", "stat"))[0]

    def test_a_further_family_has_its_own_dimensions_and_unit(self) -> None:
        share = titled(FAMILY, "csat, response ratio over $window")

        assert share["fieldConfig"]["defaults"]["unit"] == "percentunit"
        (query,) = queries(titled(FAMILY, "health score, accounts"))
        assert query == 'max without (instance, pod) (kpi_health_score_accounts{plan="all",band="all"})'

    @pytest.mark.prometheus
    def test_every_expression_finds_series(self, tmp_path: Path) -> None:
        given = [one for kpi in ENABLED for one in dashboards.series_of(kpi)]
        found = {
            expression
            for uid, page in PAGES.items()
            if uid != PIPELINE
            for expression in dashboards.expressions(page)
            if any(metric.startswith("kpi_") for metric in dashboards.metrics(expression))
        }
        found = {dashboards.substituted(expression.replace("$window", "30d")) for expression in found}
        lacking = {kpi.stem for kpi in ENABLED if kpi.windows and "30d" not in kpi.windows}

        failed = dashboards.failing("> 0", found, dashboards.scraped(given, "a", "b"), tmp_path)

        # A window that a KPI does not have finds nothing, and nothing else does.
        assert {expression for expression in failed if '"30d"' not in expression} == set()
        assert {
            next(stem for stem in lacking if f"kpi_{stem}" in expression) for expression in failed
        } == lacking


class TestCohorts:
    def test_ages_are_the_columns_of_one_coloured_table(self) -> None:
        (table,) = (panel for panel in dashboards.panels(PAGES[COHORTS]) if panel["type"] == "table")
        columns = list(table["transformations"][-1]["options"]["renameByName"].values())

        assert sorted(columns) == ["n, retention d1", "n, retention d7", "retention d1", "retention d7"]
        coloured = {
            override["matcher"]["options"]: {one["id"]: one["value"] for one in override["properties"]}
            for override in table["fieldConfig"]["overrides"]
        }
        assert coloured["retention d7"]["color"] == {"mode": "continuous-RdYlGr"}
        assert coloured["retention d7"]["custom.cellOptions"]["type"] == "color-background"
        assert "color" not in coloured["n, retention d7"]

    def test_the_way_of_counting_is_chosen(self) -> None:
        (variable,) = PAGES[COHORTS]["templating"]["list"]

        assert (variable["name"], variable["refresh"]) == ("mode", 2)
        assert 'mode="$mode"' in queries(titled(PAGES[COHORTS], "retention d7", "stat"))[0]

    def test_on_the_family_s_page_one_cohort_size_stands_beside_several_values(self) -> None:
        table = titled(FAMILY, "retention d7 by cohort", "table")

        assert queries(table)[1].startswith("0 * max by (cohort, mode) (")
        assert "+ on (cohort) group_left () max by (cohort) (" in queries(table)[1]

    def test_without_cohorts_there_is_no_such_page(self) -> None:
        plain = {name: given for name, given in WRITTEN.items() if name != "retention_d7"}

        assert COHORTS not in built(catalogue(plain))


def test_without_channels_there_is_no_page_of_a_channel() -> None:
    pages = built(catalogue({"churn": WRITTEN["churn"]}))

    assert pages.keys() == {OVERVIEW, family_uid("support"), PIPELINE}
    assert not [panel for panel in dashboards.panels(pages[OVERVIEW]) if panel["type"] == "table"]


def test_few_kpis_are_not_folded() -> None:
    page = built(catalogue({"churn": WRITTEN["churn"]}))[family_uid("support")]

    assert [panel["collapsed"] for panel in page["panels"] if panel["type"] == "row"] == [False]


def test_a_family_with_a_name_that_grafana_does_not_take() -> None:
    with pytest.raises(ValueError, match="up to 23 letters"):
        family_uid("a-family-with-far-too-long-a-name")


def test_the_same_catalogue_gives_the_same_text() -> None:
    shipped = load_catalogue()

    assert dashboard_files(shipped, {}, LinkSettings()) == dashboard_files(shipped, {}, LinkSettings())


BANDS = {
    2: ["red", "green"],
    3: ["red", "yellow", "green"],
    4: ["red", "orange", "yellow", "green"],
    5: ["red", "orange", "orange", "yellow", "green"],
}


@pytest.mark.parametrize("better", ["higher", "lower"])
@pytest.mark.parametrize("n", BANDS)
def test_bands_become_colours(n: int, better: str) -> None:
    bounds = [round(0.1 * (index + 1), 1) for index in range(n - 1)]
    ascending = [
        {
            "name": f"band{index}",
            "title": f"Band {index}",
            **({"at_least": bounds[index - 1]} if index else {}),
            **({"below": bounds[index]} if index < n - 1 else {}),
        }
        for index in range(n)
    ]
    kpi = parse_kpi(
        document(better=better, bands=ascending[::-1] if better == "higher" else ascending), "test"
    )

    colours = BANDS[n] if better == "higher" else BANDS[n][::-1]
    assert steps(kpi) == list(zip(colours, [None, *bounds], strict=True))


class TestLinks:
    RULES = prometheus_files(
        load_catalogue(), Context(LinkSettings(runbook="https://wiki.example/docs/runbooks/{alert}.md"))
    )

    def panel(self, links: LinkSettings, rules: Mapping[str, str]) -> dict[str, Any]:
        page = built(load_catalogue(), rules, links)[family_uid("self-service")]
        return titled(page, "Self-service resolution rate over 7d", "stat")

    def test_pages_with_an_address_are_linked(self) -> None:
        links = LinkSettings(runbook="https://wiki.example/docs/runbooks/{alert}.md")
        found = {link["title"]: link["url"] for link in self.panel(links, self.RULES)["links"]}

        kpi = load_catalogue()["self_service_resolution"]
        assert found == {
            f"About {kpi.title}": f"https://wiki.example/docs/kpis/{kpi.id}.md",
            **{
                f"Runbook {alert}": f"https://wiki.example/docs/runbooks/{alert}.md"
                for alert in (
                    names.drop_alert(kpi),
                    names.unusual_alert(kpi),
                    names.band_alert(kpi),
                    names.anomaly_alert(kpi),
                )
            },
        }

    def test_the_reference_page_is_only_linked_where_it_is_known_to_be(self) -> None:
        links = LinkSettings(runbook="https://wiki.example/{alert}")
        found = self.panel(links, prometheus_files(load_catalogue(), Context(links)))["links"]

        assert {link["title"].split()[0] for link in found} == {"Runbook"}

    def test_places_in_the_repository_are_named(self) -> None:
        panel = self.panel(LinkSettings(), prometheus_files(load_catalogue(), Context()))

        assert "links" not in panel
        assert "`docs/runbooks/SelfServiceResolutionDrop.md`" in panel["description"]


class TestShipped:
    RULE = """
groups:
  - name: x
    rules:
      - record: kpi:x:ratio
        expr: max without (instance, pod) (kpi_x_ratio{part="all",plan="all"})
      - record: kpi:y:ratio
        expr: sum(kpi_y_ratio)
      - record: kpi:z:ratio
        expr: max without (instance, pod) (kpi_z_ratio{plan=~"a|b"})
      - alert: XDrop
        expr: kpi:x:ratio < 1
        labels: {kpi: x, severity: warning}
        annotations: {runbook_url: docs/runbooks/XDrop.md}
      - alert: XDrop
        expr: kpi:x:ratio < 0.5
        labels: {kpi: x, severity: critical}
        annotations: {runbook_url: docs/runbooks/XDrop.md}
      - alert: Absent
        expr: absent(kpi:x:ratio)
        labels: {severity: critical}
        annotations: {runbook_url: docs/runbooks/Absent.md}
"""

    @property
    def shipped(self) -> Shipped:
        return read_shipped(
            {names.rules_file("x"): self.RULE, "deploy/prometheus/tests/x.test.yml": "tests: []"}
        )

    def test_what_is_recorded_is_asked_for(self) -> None:
        wanted = {"window": Match("=", "7d"), "part": Match("=", "all"), "plan": Match("=", "all")}

        assert self.shipped.exported("kpi_x_ratio", wanted) == 'kpi:x:ratio{window="7d"}'
        assert self.shipped.exported("kpi_x_ratio", wanted, "1w") == 'kpi:x:ratio{window="7d"} offset 1w'

    @pytest.mark.parametrize("plan", [Match("!=", "all"), Match("=", "pro"), None])
    def test_what_is_not_recorded_is_taken_from_the_exporters(self, plan: Match | None) -> None:
        wanted = {"part": Match("=", "all"), **({} if plan is None else {"plan": plan})}
        written = "" if plan is None else f',plan{plan.operator}"{plan.value}"'

        assert self.shipped.exported("kpi_x_ratio", wanted, "1w") == (
            f'max without (instance, pod) (kpi_x_ratio{{part="all"{written}}} offset 1w)'
        )

    @pytest.mark.parametrize("metric", ["kpi_y_ratio", "kpi_z_ratio"])
    def test_a_record_of_something_else_is_not_used(self, metric: str) -> None:
        assert self.shipped.exported(metric, {}) == f"max without (instance, pod) ({metric})"

    def test_an_alert_of_two_severities_has_one_page(self) -> None:
        assert self.shipped.alerts == {"x": (("XDrop", "docs/runbooks/XDrop.md"),)}


def test_without_the_library_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in list(sys.modules):
        if module.startswith("app.generation.dashboards"):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "grafana_foundation_sdk", None)
    for module in [name for name in sys.modules if name.startswith("grafana_foundation_sdk.")]:
        monkeypatch.delitem(sys.modules, module)

    result = CliRunner().invoke(main, ["generate", "--output", str(tmp_path)])

    assert result.exit_code == 2
    assert "pip install 'selfserve[generate]'" in result.stderr
    assert not list(tmp_path.iterdir())
