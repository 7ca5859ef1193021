"""The shipped dashboards: complete, in agreement with the catalogue, and asking only for what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Metric

from app.catalogue.load import load_catalogue
from app.catalogue.model import Kpi
from app.catalogue.naming import (
    DENOMINATOR,
    OBSERVATIONS,
    OVERALL,
    RESPONSES,
    VALUE,
    family_names,
    family_of,
)
from app.catalogue.reads import Computed, Score
from app.catalogue.targets import OBJECTIVE
from app.exporter.selfmetrics import self_registry
from app.exporter.views import KpiView
from app.generation import names
from app.generation.dashboards.names import (
    CHANNELS,
    COHORT,
    COHORTS,
    DATASOURCE,
    FOLDER,
    OVERVIEW,
    PIPELINE,
    dashboard_file,
    family_uid,
)
from app.worker_metrics import _family, _histogram
from streams.metrics import CHECKPOINT_DURATION, SELF_METRICS, Histogram
from tests.app.exporter.support import world_with_figures
from tests.conftest import REPOSITORY
from tests.deploy.support import PROMETHEUS
from tests.support import dashboards
from tests.support.dashboards import Dashboard, Panel, Series, queries, titled

CATALOGUE = load_catalogue()
KPIS = [kpi for kpi in CATALOGUE.values() if kpi.enabled]
FAMILIES = [family for family in CATALOGUE.families if any(kpi.family == family for kpi in KPIS)]
SHIPPED = {
    f"{FOLDER}/{file.name}": file.read_text(encoding="utf-8")
    for file in sorted((REPOSITORY / FOLDER).glob("*.json"))
}
DASHBOARDS = dashboards.read(SHIPPED)
RULES = {file.name: file.read_text(encoding="utf-8") for file in sorted((PROMETHEUS / "rules").iterdir())}
PROVISIONING = REPOSITORY / "deploy" / "grafana" / "provisioning"
RESTS_ON = {DENOMINATOR, OBSERVATIONS, RESPONSES}
NO_METRIC_OF_OURS = {"ALERTS"}

every_dashboard = pytest.mark.parametrize("uid", DASHBOARDS)


def exported() -> Iterator[Metric]:
    """Yield what an exporter and a worker publish about themselves."""
    yield from self_registry(world_with_figures().live).collect()
    for metric in SELF_METRICS:
        if metric is CHECKPOINT_DURATION:
            observed = Histogram((1.0,))
            observed.observe(0.5)
            yield _histogram(metric, observed)
        else:
            yield _family(metric, {tuple("x" for _ in metric.labels): 1})


def own_series() -> Iterator[Series]:
    for family in exported():
        for sample in family.samples:
            yield Series(sample.name, sample.labels)


def records() -> set[str]:
    groups = [group for text in RULES.values() for group in yaml.safe_load(text)["groups"]]
    return {rule["record"] for group in groups for rule in group["rules"] if "record" in rule}


def records_about(kpi: Kpi) -> dict[str, str]:
    """Return what would be recorded of a KPI that had alerts, by role of the family."""
    role = names.samples_role(kpi)
    return {VALUE: names.value_record(kpi)} | ({} if role is None else {role: names.samples_record(kpi)})


def page_of(kpi: Kpi) -> Dashboard:
    return DASHBOARDS[family_uid(kpi.family)]


def judged_title(kpi: Kpi) -> str:
    """Return the title of a panel over the window that the KPI is judged by."""
    window = KpiView(kpi).window
    return kpi.title if window is None else f"{kpi.title} over {window}"


def steps_of(field: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = field.get("thresholds", {}).get("steps", [])
    return found


def judged(panel: Panel) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the queries of a panel that are coloured, with the steps."""
    own = steps_of(panel["fieldConfig"]["defaults"])
    if len(own) > 1:
        yield queries(panel)[0], own
    if panel["type"] == "table":
        titles = panel["transformations"][-1]["options"]["renameByName"]
        by_title = {titles[f"Value #{target['refId']}"]: target["expr"] for target in panel["targets"]}
        for override in panel["fieldConfig"]["overrides"]:
            for one in override["properties"]:
                if one["id"] == "thresholds":
                    yield by_title[override["matcher"]["options"]], one["value"]["steps"]


def two_of_each() -> list[Series]:
    """Return what Prometheus has of two exporters and two workers, and one alert that fires."""
    published = [*own_series(), *(one for kpi in KPIS for one in dashboards.series_of(kpi))]
    alert = Series("ALERTS", {"kpi_alert": "true", "alertstate": "firing", "kpi": "x"})
    return [alert, *dashboards.scraped(published, "a", "b")]


class TestForm:
    def test_there_is_one_for_everything(self) -> None:
        with_cohorts = any(one.name == COHORT for kpi in KPIS for one in kpi.dimensions)
        expected = {
            OVERVIEW,
            CHANNELS,
            PIPELINE,
            *map(family_uid, FAMILIES),
            *({COHORTS} & {with_cohorts and COHORTS}),
        }

        assert DASHBOARDS.keys() == expected
        assert SHIPPED.keys() == {dashboard_file(uid) for uid in expected}

    @every_dashboard
    def test_grafana_takes_the_uid(self, uid: str) -> None:
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", uid)

    def test_no_two_have_a_title_in_common(self) -> None:
        assert len({dashboard["title"] for dashboard in DASHBOARDS.values()}) == len(SHIPPED)

    @every_dashboard
    def test_nobody_can_change_it_in_grafana(self, uid: str) -> None:
        assert DASHBOARDS[uid]["editable"] is False

    @every_dashboard
    def test_panels_have_different_ids(self, uid: str) -> None:
        ids = [panel["id"] for panel in dashboards.everything(DASHBOARDS[uid])]

        assert len(set(ids)) == len(ids)
        assert min(ids) > 0

    @every_dashboard
    def test_every_panel_says_what_it_shows_in_which_unit(self, uid: str) -> None:
        for panel in dashboards.panels(DASHBOARDS[uid]):
            assert panel["title"]
            assert len(panel["description"]) > 20, panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]

    @every_dashboard
    def test_everything_reads_the_provisioned_datasource(self, uid: str) -> None:
        source = {"type": "prometheus", "uid": DATASOURCE}
        dashboard = DASHBOARDS[uid]
        for panel in dashboards.panels(dashboard):
            assert [panel["datasource"], *(target["datasource"] for target in panel["targets"])] == [
                source
            ] * (1 + len(panel["targets"]))
        for other in (*dashboard["annotations"]["list"], *dashboard["templating"]["list"]):
            assert other.get("datasource", source) == source

    @every_dashboard
    def test_panels_lie_side_by_side(self, uid: str) -> None:
        taken: set[tuple[int, int]] = set()
        for panel in dashboards.everything(DASHBOARDS[uid]):
            place = panel["gridPos"]
            cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
            assert max(x for x, _ in cells) < 24
            assert not cells & taken, panel["title"]
            taken |= cells

    @every_dashboard
    def test_variables_are_looked_up_again_and_used(self, uid: str) -> None:
        dashboard = DASHBOARDS[uid]
        used = " ".join(query for panel in dashboards.panels(dashboard) for query in queries(panel))
        for variable in dashboard["templating"]["list"]:
            assert f"${variable['name']}" in used
            if variable["type"] == "query":
                assert variable["refresh"] == 2
            else:
                assert variable["current"]["value"] in variable["query"].split(",")
        known = {variable["name"] for variable in dashboard["templating"]["list"]}
        assert {name for name in re.findall(r"\$(\w+)", used) if not name.startswith("__")} <= known

    @every_dashboard
    def test_alerts_on_kpis_are_marked(self, uid: str) -> None:
        (annotation,) = DASHBOARDS[uid]["annotations"]["list"]

        assert 'kpi_alert="true"' in annotation["target"]["expr"]
        assert annotation["enable"] is True
        assert "placement" not in annotation

    @every_dashboard
    def test_every_link_leads_to_a_dashboard(self, uid: str) -> None:
        found = re.findall(r'"url": "([^"]*)"', SHIPPED[dashboard_file(uid)])

        assert found
        for url in found:
            assert url.startswith("/d/")
            assert url.removeprefix("/d/").partition("?")[0] in DASHBOARDS

    @every_dashboard
    def test_the_menu_leads_from_the_whole_to_the_parts(self, uid: str) -> None:
        menu = [link["url"].removeprefix("/d/") for link in DASHBOARDS[uid]["links"]]

        families = [family_uid(family) for family in FAMILIES]
        cohorts = [COHORTS] if COHORTS in DASHBOARDS else []
        assert menu == [OVERVIEW, *families, *cohorts, CHANNELS, PIPELINE]
        # Grafana hides links with a placement in a menu.
        assert not any("placement" in link for link in DASHBOARDS[uid]["links"])
        assert all(link["keepTime"] and link["includeVars"] for link in DASHBOARDS[uid]["links"])

    def test_alerting_is_left_to_prometheus(self) -> None:
        assert {folder.name for folder in PROVISIONING.iterdir()} == {"dashboards", "datasources"}
        for dashboard in DASHBOARDS.values():
            assert not [panel["title"] for panel in dashboards.everything(dashboard) if "alert" in panel]


class TestQueries:
    @every_dashboard
    def test_every_metric_is_published_or_recorded(self, uid: str) -> None:
        known = {family.name for kpi in KPIS for family in family_names(kpi)}
        known |= {one.metric for one in own_series()} | records() | NO_METRIC_OF_OURS
        for expression in dashboards.expressions(DASHBOARDS[uid]):
            found = dashboards.metrics(expression)
            assert found, expression
            assert found <= known, expression

    @every_dashboard
    def test_every_exporters_series_are_taken_together(self, uid: str) -> None:
        """All exporters publish the same, so two of them must not add up, or show everything twice."""
        shown = (query for panel in dashboards.panels(DASHBOARDS[uid]) for query in queries(panel))
        for expression in shown:
            unmatched = re.sub(r"\{[^}]*\}", "", expression)
            bare = re.sub(r"max without \(instance, pod\) \(kpi_\w+", "", unmatched)
            assert re.search(r"\bkpi_\w+", bare) is None, expression

    def test_recorded_series_are_used_where_there_are_some(self) -> None:
        used = {
            metric
            for dashboard in DASHBOARDS.values()
            for expression in dashboards.expressions(dashboard)
            for metric in dashboards.metrics(expression)
        }
        of_kpis = {name for kpi in KPIS for name in records_about(kpi).values()}
        assert of_kpis & records()
        assert of_kpis & records() <= used
        assert names.LAG in used

    @pytest.mark.prometheus
    @every_dashboard
    def test_prometheus_understands_every_expression(self, uid: str, tmp_path: Path) -> None:
        found = list(dashboards.expressions(DASHBOARDS[uid]))

        done = dashboards.check_rules(found, tmp_path)

        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{len(found)} rules found" in done.stdout

    @pytest.mark.prometheus
    def test_every_expression_finds_series(self, tmp_path: Path) -> None:
        """Also after a week, beside what the rules record: no label is missing, and none is one too many."""
        found = {
            expression
            for dashboard in DASHBOARDS.values()
            for expression in dashboards.expressions(dashboard)
        }
        wrong = 'max without (instance, pod) (kpi_stickiness_ratio{plan="all",segment="all",role="all"})'

        assert dashboards.failing("> 0", [*found, wrong], two_of_each(), tmp_path, RULES) == {wrong}

    @pytest.mark.prometheus
    def test_a_figure_is_one_series_however_many_exporters_there_are(self, tmp_path: Path) -> None:
        found = {
            panel["targets"][0]["expr"]
            for dashboard in DASHBOARDS.values()
            for panel in dashboards.panels(dashboard)
            if panel["type"] == "stat"
        }
        wrong = 'kpi_stickiness_ratio{plan="all",segment="all"}'

        assert dashboards.failing("== 1", [*found, wrong], two_of_each(), tmp_path, RULES) == {wrong}

    def test_the_series_that_are_given_to_it_are_those_of_an_exporter(self) -> None:
        shapes = {
            (one.metric, frozenset(one.labels.items())) for kpi in KPIS for one in dashboards.series_of(kpi)
        }
        named = {dimension.name for kpi in KPIS for dimension in kpi.dimensions}
        named |= {str(kpi.split_label) for kpi in KPIS if isinstance(kpi.value, Computed)}
        named |= {str(kpi.value.label) for kpi in KPIS if isinstance(kpi.value, Score)}
        figures = world_with_figures().live.figures()
        assert figures is not None
        for sample in figures.samples:
            labels = frozenset(
                (name, dashboards.VALUE if name in named and value != OVERALL else value)
                for name, value in sample.labels
            )
            assert (sample.metric, labels) in shapes


class TestThresholds:
    def test_they_are_the_bands_of_the_catalogue(self) -> None:
        stems = {family.name: kpi for kpi in KPIS for family in family_names(kpi)}
        stems |= {names.value_record(kpi): kpi for kpi in KPIS}
        seen = set()
        for uid, dashboard in DASHBOARDS.items():
            for panel in dashboards.panels(dashboard):
                for expression, steps in judged(panel):
                    kpis = {stems[metric].id for metric in dashboards.metrics(expression) if metric in stems}
                    if not kpis:
                        continue
                    (kpi_id,) = kpis
                    kpi = CATALOGUE[kpi_id]
                    bands = {target.value for target in kpi.targets if target.band != OBJECTIVE}
                    expected = bands or {target.value for target in kpi.targets}
                    assert [step["value"] for step in steps] == [None, *sorted(expected)], (
                        uid,
                        panel["title"],
                    )
                    best, worst = steps[-1]["color"], steps[0]["color"]
                    if kpi.better == "lower":
                        best, worst = worst, best
                    assert best == "green"
                    assert worst == ("red" if kpi.bands else "orange")
                    seen.add(kpi_id)
        assert seen == {kpi.id for kpi in KPIS if kpi.targets}

    def test_the_resolution_rate_is_red_yellow_and_green(self) -> None:
        kpi = CATALOGUE["self_service_resolution"]
        panel = titled(DASHBOARDS[OVERVIEW], judged_title(kpi), "stat")

        assert [(step["color"], step["value"]) for step in steps_of(panel["fieldConfig"]["defaults"])] == [
            ("red", None),
            ("yellow", 0.70),
            ("green", 0.80),
        ]

    @every_dashboard
    def test_only_the_window_that_bands_hold_for_is_coloured(self, uid: str) -> None:
        for panel in dashboards.panels(DASHBOARDS[uid]):
            for expression, _ in judged(panel):
                assert "$window" not in expression

    @every_dashboard
    def test_no_data_has_a_colour_of_its_own(self, uid: str) -> None:
        """Grafana would colour it like the least value: green, where low is good."""
        for panel in dashboards.panels(DASHBOARDS[uid]):
            if panel["type"] == "stat":
                defaults = panel["fieldConfig"]["defaults"]
                (mapping,) = defaults["mappings"]
                assert mapping["options"]["match"] == "null+nan"
                assert mapping["options"]["result"]["text"] == defaults["noValue"] == "no data"
                assert mapping["options"]["result"]["color"] != "green"


class TestOverview:
    def test_freshness_comes_first(self) -> None:
        first = [panel["title"] for panel in dashboards.everything(DASHBOARDS[OVERVIEW])][:2]

        assert first == ["Are the figures fresh?", "Age of the figures"]
        assert queries(titled(DASHBOARDS[OVERVIEW], "Age of the figures")) == [names.LAG]

    def test_then_every_kpi_that_has_a_target_as_a_coloured_figure_with_its_samples(self) -> None:
        stats = [panel for panel in dashboards.panels(DASHBOARDS[OVERVIEW]) if panel["type"] == "stat"]
        coloured = [panel for panel in stats if panel["options"]["colorMode"] == "background"]
        aimed = [kpi for kpi in KPIS if kpi.targets]

        assert [panel["title"] for panel in coloured[2:]] == list(map(judged_title, aimed))
        for panel, kpi in zip(coloured[2:], aimed, strict=True):
            if kpi.unit == "ratio":
                assert panel["fieldConfig"]["defaults"]["unit"] == "percentunit"
            place = panel["gridPos"]
            (below,) = (
                one
                for one in stats
                if (one["gridPos"]["x"], one["gridPos"]["y"]) == (place["x"], place["y"] + place["h"])
            )
            assert below["title"] == judged_title(kpi).replace(kpi.title, "Samples")
            assert family_of(kpi, VALUE).name not in queries(below)[0]

    def test_figures_are_of_this_moment(self) -> None:
        """The last value of a range would still be shown when it is long gone."""
        for dashboard in DASHBOARDS.values():
            for panel in dashboards.panels(dashboard):
                if panel["type"] in {"stat", "table", "bargauge"}:
                    assert all(target["instant"] and not target["range"] for target in panel["targets"])

    @pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.targets], ids=lambda kpi: kpi.id)
    def test_curves_have_bands_and_the_week_before(self, kpi: Kpi) -> None:
        panel = titled(DASHBOARDS[OVERVIEW], judged_title(kpi), "timeseries")

        now, before = queries(panel)
        assert before.replace(" offset 1w", "") == now
        assert before != now
        assert panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] == "dashed+area"
        assert len(steps_of(panel["fieldConfig"]["defaults"])) > 1

    def test_every_kpi_is_there(self) -> None:
        titles = " ".join(panel["title"] for panel in dashboards.panels(DASHBOARDS[OVERVIEW]))

        assert all(kpi.title in titles for kpi in KPIS)

    def test_in_the_tables_of_channels_the_samples_stand_beside_every_ratio(self) -> None:
        tables = [panel for panel in dashboards.panels(DASHBOARDS[OVERVIEW]) if panel["type"] == "table"]
        columns = [list(table["transformations"][-1]["options"]["renameByName"].values()) for table in tables]
        by_channel = [kpi for kpi in KPIS if names.CHANNEL in [one.name for one in kpi.dimensions]]

        expected = [
            title
            for kpi in by_channel
            for title in (kpi.title, *([f"n, {kpi.title}"] if names.samples_role(kpi) is not None else []))
        ]
        assert [title for listed in columns for title in listed] == expected


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
class TestFamilies:
    def test_the_value_is_explained(self, kpi: Kpi) -> None:
        panel = titled(page_of(kpi), judged_title(kpi), "stat")

        assert kpi.attributes.definition in panel["description"]
        assert kpi.attributes.formula in panel["description"]
        assert f"docs/kpis/{kpi.id}.md" in panel["description"]

    def test_every_dimension_has_a_curve_and_a_table_with_samples(self, kpi: Kpi) -> None:
        for dimension in kpi.dimensions:
            if not dimension.overall:
                continue
            over = " over $window" if kpi.windows else ""
            title = f"{kpi.title} by {dimension.name}{over}"
            table = titled(page_of(kpi), title, "table")
            curve = titled(page_of(kpi), title, "timeseries")

            assert f'{dimension.name}!="all"' in queries(curve)[0]
            listed = list(table["transformations"][-1]["options"]["renameByName"].values())
            has_samples = RESTS_ON & {family.role for family in family_names(kpi)}
            assert listed == [kpi.title, *([f"n, {kpi.title}"] if has_samples else []), "change in a week"]
            assert table["options"]["sortBy"] == [{"displayName": kpi.title, "desc": kpi.better == "lower"}]

    def test_every_family_of_metrics_is_drawn(self, kpi: Kpi) -> None:
        drawn = {
            metric
            for expression in dashboards.expressions(page_of(kpi))
            for metric in dashboards.metrics(expression)
        }
        recorded = {*records_about(kpi).values()} & records()
        # Where channels are the only dimension, the record has all that the family has.
        records_of = records_about(kpi)

        for family in family_names(kpi):
            assert {family.name, records_of.get(family.role)} & drawn
        assert recorded <= drawn

    def test_the_page_is_found_by_the_id(self, kpi: Kpi) -> None:
        assert kpi.id in page_of(kpi)["tags"]


def test_on_a_channels_page_every_kpi_with_channels_is_that_channels() -> None:
    by_channel = [kpi for kpi in KPIS if names.CHANNEL in [one.name for one in kpi.dimensions]]

    for kpi in by_channel:
        value = titled(DASHBOARDS[CHANNELS], judged_title(kpi), "stat")
        assert f'{names.CHANNEL}="$channel"' in queries(value)[0]
    (lookup, _) = DASHBOARDS[CHANNELS]["templating"]["list"]
    assert all(family_of(kpi, VALUE).name in lookup["query"]["query"] for kpi in by_channel)


def test_the_pipelines_page_shows_every_metric_of_a_worker() -> None:
    drawn = {
        metric.removesuffix("_bucket")
        for expression in dashboards.expressions(DASHBOARDS[PIPELINE])
        for metric in dashboards.metrics(expression)
    }
    assert {metric.name for metric in SELF_METRICS} <= drawn


class TestProvisioning:
    def test_the_datasource_has_the_uid_that_the_dashboards_ask_for(self) -> None:
        (file,) = (PROVISIONING / "datasources").iterdir()
        document = yaml.safe_load(file.read_text())
        (source,) = document["datasources"]

        assert document["apiVersion"] == 1
        assert (source["uid"], source["type"]) == (DATASOURCE, "prometheus")
        assert source["editable"] is False
        assert source["jsonData"]["manageAlerts"] is False

    def test_rates_are_taken_over_several_scrapes(self) -> None:
        (file,) = (PROVISIONING / "datasources").iterdir()
        (source,) = yaml.safe_load(file.read_text())["datasources"]
        prometheus = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())

        assert source["jsonData"]["timeInterval"] == prometheus["global"]["scrape_interval"]

    def test_the_dashboards_cannot_be_changed(self) -> None:
        (file,) = (PROVISIONING / "dashboards").iterdir()
        document = yaml.safe_load(file.read_text())
        (provider,) = document["providers"]

        assert document["apiVersion"] == 1
        assert provider["type"] == "file"
        assert provider["allowUiUpdates"] is False
        assert provider["options"]["path"]
