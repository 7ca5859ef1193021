"""The generated rules: of metrics that exist, with the catalogue's numbers, each alert with all that its reader needs."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
import yaml

from app.catalogue.alerts import DropAlert
from app.catalogue.load import load_catalogue
from app.catalogue.model import Kpi
from app.catalogue.naming import family_names
from app.config.alerts import AlertTimes
from app.config.links import LinkSettings
from app.exporter.live import Live
from app.exporter.selfmetrics import SelfCollector
from app.generation import burn, names
from app.generation.context import Context
from app.generation.files import alerting_kpis, prometheus_files
from app.generation.kpi_rules import kpi_group
from app.generation.pipeline_rules import pipeline_group
from app.generation.queries import KpiQueries
from app.generation.rules import Alert, Group, Record
from streams.metrics import SELF_METRICS

CATALOGUE = load_catalogue()
CONTEXT = Context()
RESOLUTION = CATALOGUE["self_service_resolution"]
SHIPPED = [(kpi, kpi_group(kpi, CONTEXT)) for kpi in alerting_kpis(CATALOGUE)]
GROUPS = [pipeline_group(CONTEXT), *(group for _, group in SHIPPED)]
ALERTS = [alert for group in GROUPS for alert in group.alerts]


def changed(kpi: Kpi, **values: Any) -> Kpi:
    return msgspec.structs.replace(kpi, **values)


def alert_of(group: Group, name: str) -> Alert:
    return next(alert for alert in group.alerts if alert.name == name)


def recorded(group: Group) -> dict[str, str]:
    return {rule.name: rule.expression for rule in group.rules if isinstance(rule, Record)}


def exported_by_exporters() -> set[str]:
    """Return the exporter's metrics about itself."""
    meta = SimpleNamespace(newest={}, since=None, results={}, refused={})
    live = SimpleNamespace(
        time=0, metas={0: meta}, catalogue={}, is_current=lambda: True, lag_ms=lambda: 0, partitions=1
    )
    return {family.name for family in SelfCollector(cast("Live", live)).collect()}


def exported_by_workers() -> set[str]:
    """Return the workers' metrics about themselves, those of their process among them."""
    return {metric.name for metric in SELF_METRICS} | {"selfserve_process_start_time_seconds"}


def test_alerts_on_the_service_read_metrics_and_labels_that_exist() -> None:
    exported = exported_by_exporters() | exported_by_workers()
    labels = {label for metric in SELF_METRICS for label in metric.labels} | {"job", "instance"}

    for alert in pipeline_group(CONTEXT).alerts:
        assert set(re.findall(r"\bselfserve_\w+", alert.expression)) <= exported
        for grouped in re.findall(r"by \(([^)]*)\)", alert.expression):
            assert set(grouped.split(", ")) <= labels


def test_everything_recorded_is_of_a_metric_that_an_exporter_has() -> None:
    exported = exported_by_exporters() | {
        family.name for kpi in CATALOGUE.values() for family in family_names(kpi)
    }

    for group in GROUPS:
        for expression in recorded(group).values():
            metrics = set(re.findall(r"\b(?:kpi|selfserve)_\w+", expression))
            records = set(re.findall(r"\b(?:kpi|selfserve):[\w:]+", expression))
            assert metrics or records
            assert metrics <= exported
            assert records <= recorded(group).keys()


def test_alerts_on_kpis_read_nothing_but_what_is_recorded() -> None:
    known = {name for group in GROUPS for name in recorded(group)}

    for alert in ALERTS:
        if "kpi_alert" in alert.labels or alert.name == names.STALLED:
            assert set(re.findall(r"\b(?:kpi|selfserve):[\w:]+", alert.expression)) <= known
            assert not re.findall(r"\b(?:kpi|selfserve)_\w+", alert.expression)


def test_the_resolution_rate_is_recorded_overall_and_by_channel() -> None:
    records = recorded(kpi_group(RESOLUTION, CONTEXT))

    assert dict(list(records.items())[:2]) == {
        "kpi:self_service_resolution:ratio": (
            "max without (instance, pod)"
            ' (kpi_self_service_resolution_ratio{resolution="all",plan="all",segment="all"})'
        ),
        "kpi:self_service_resolution:denominator": (
            'max without (instance, pod) (kpi_self_service_resolution_denominator{plan="all",segment="all"})'
        ),
    }


def test_the_drop_has_the_numbers_of_the_catalogue() -> None:
    alerts = msgspec.structs.replace(
        RESOLUTION.alerts, min_samples=77, drop=DropAlert(by=0.2, window="6h", severity="critical")
    )
    alert = alert_of(kpi_group(changed(RESOLUTION, alerts=alerts), CONTEXT), "SelfServiceResolutionDrop")

    assert "> 0.2\n" in alert.expression
    assert alert.expression.count(">= 77") == 2
    assert alert.expression.count('window="6h"') == 5
    assert "more than 20 % below" in alert.annotations["description"]
    assert (alert.hold, alert.labels["severity"]) == ("30m", "critical")


def test_the_band_has_the_bound_of_the_catalogue() -> None:
    alert = alert_of(kpi_group(RESOLUTION, CONTEXT), "SelfServiceResolutionLow")

    assert 'kpi:self_service_resolution:ratio{window="7d"} < 0.7\n' in alert.expression
    assert (alert.hold, alert.keep) == ("1h", "30m")


@pytest.mark.parametrize(
    ("kpi", "band", "expected"),
    [
        ("self_service_resolution", "good", "< 0.7"),
        # "above 80 %": 80 % itself is no longer excellent.
        ("self_service_resolution", "excellent", "<= 0.8"),
        ("self_service_resolution", "objective", "< 0.8"),
        ("conversation_abandonment", "objective", "> "),
    ],
)
def test_a_bound_is_outside_of_a_band_that_excludes_it(kpi: str, band: str, expected: str) -> None:
    assert f" {expected}" in KpiQueries(CATALOGUE[kpi], AlertTimes()).outside(band, "7d", 1)


def test_where_lower_is_better_a_rise_is_alerted_upon() -> None:
    reopen = CATALOGUE["reopen"]
    alert = alert_of(kpi_group(reopen, CONTEXT), "ReopenRise")

    now, then = alert.expression.index("kpi:reopen:ratio{"), alert.expression.index("avg_over_time")
    assert now < then
    assert "rose by" in alert.annotations["summary"]


def test_a_kpi_without_windows_and_channels_has_neither_in_its_alert() -> None:
    alert = kpi_group(CATALOGUE["stickiness"], CONTEXT).alerts[0]

    assert "window" not in alert.expression
    assert "channel" not in " ".join(alert.annotations.values())


def test_a_rise_of_a_ratio_is_not_measured_against_next_to_nothing() -> None:
    for alert in kpi_group(CATALOGUE["reopen"], CONTEXT).alerts:
        assert re.search(r"/ clamp_min\(.*, 0\.01\)\n", alert.expression)


def test_durations_are_watched_by_their_statistic() -> None:
    alert = alert_of(kpi_group(CATALOGUE["time_to_resolution"], CONTEXT), "TimeToResolutionRise")

    assert 'kpi:time_to_resolution:seconds{window="1d",stat="p75"}' in alert.expression
    assert 'and ignoring (stat) kpi:time_to_resolution:observations{window="1d"} >= 50' in alert.expression
    assert "humanizeDuration" in alert.annotations["description"]


def test_a_level_rests_on_itself_a_week_ago() -> None:
    group = kpi_group(CATALOGUE["active_users"], CONTEXT)

    assert "kpi:active_users:denominator" not in recorded(group)
    assert (
        'and kpi:active_users:level{window="1d"} offset 1w >= 200'
        in alert_of(group, "ActiveUsersDrop").expression
    )


def test_every_kpi_that_asks_for_alerts_has_all_that_it_asks_for() -> None:
    for kpi in CATALOGUE.values():
        wanted = set()
        if kpi.alerts.drop is not None:
            wanted |= {names.drop_alert(kpi), names.unusual_alert(kpi)}
        if kpi.alerts.band is not None:
            wanted |= {names.band_alert(kpi)}
        if kpi.alerts.anomaly:
            wanted |= {names.anomaly_alert(kpi)}
        if kpi.alerts.burst is not None:
            wanted |= {names.burst_alert(kpi)}
        if kpi.alerts.burn_rate:
            wanted |= {names.burn_alert(kpi, "fast"), names.burn_alert(kpi, "slow")}
        if not kpi.enabled:
            wanted.clear()
        found = [alert.name for alert in ALERTS if alert.labels.get("kpi") == kpi.id]

        assert sorted(found) == sorted(wanted)
        assert not kpi.targets or found, "a KPI with a target that nobody watches"


@pytest.mark.parametrize(
    ("objective", "better", "fast", "slow"),
    [
        # At 80 % everything bad is five times the budget: 2.5 times and 1.5 times are half and three tenths of that.
        (0.8, "higher", 0.5, 0.3),
        (0.08, "lower", 0.5, 0.3),
        # Where the usual factors fit, they stay: 14.4 and 6 times a budget of 1 %.
        (0.99, "higher", 0.144, 0.06),
    ],
)
def test_the_budget_is_never_spent_faster_than_is_possible(
    objective: float, better: str, fast: float, slow: float
) -> None:
    kpi = changed(CATALOGUE["conversation_abandonment"], objective=objective, better=better, bands=())

    assert [burn.limit(kpi, pace) for pace in burn.PACES] == pytest.approx([fast, slow])


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_every_alert_says_what_is_wrong_and_where_to_go(alert: Alert) -> None:
    assert alert.annotations.keys() == {"summary", "description", "runbook_url", "dashboard_url"}
    assert alert.labels["severity"] in {"info", "warning", "critical"}
    assert alert.annotations["runbook_url"] == f"docs/runbooks/{alert.name}.md"


@pytest.mark.parametrize(("kpi", "group"), SHIPPED, ids=lambda value: getattr(value, "id", ""))
def test_every_alert_on_a_kpi_can_be_routed_and_muted_and_is_silent_on_stale_data(
    kpi: Kpi, group: Group
) -> None:
    assert group.alerts
    for alert in group.alerts:
        assert alert.labels["kpi"] == kpi.id
        assert alert.labels["kpi_alert"] == "true"
        assert alert.expression.endswith(f"unless on () ({names.LAG} > 120)\n")


def test_what_is_muted_waits_longer_than_what_mutes_it() -> None:
    minutes = {"m": 1, "h": 60}
    hold = {alert.name: int(alert.hold[:-1]) * minutes[alert.hold[-1]] for alert in ALERTS}

    assert all(hold[names.STALLED] < hold[alert.name] for alert in ALERTS if "kpi_alert" in alert.labels)


def test_links_are_configurable() -> None:
    links = LinkSettings(
        runbook="https://wiki.example.org/{alert}", dashboard="https://grafana.example.org/d/selfserve-{kpi}"
    )
    context = Context(links)
    kpi_alert, pipeline_alert = kpi_group(RESOLUTION, context).alerts[0], pipeline_group(context).alerts[0]

    assert kpi_alert.annotations["runbook_url"] == "https://wiki.example.org/SelfServiceResolutionDrop"
    assert kpi_alert.annotations["dashboard_url"].endswith("/d/selfserve-self_service_resolution")
    assert pipeline_alert.annotations["dashboard_url"].endswith("/d/selfserve-pipeline")


def test_files_are_what_the_groups_say() -> None:
    files = prometheus_files(CATALOGUE, CONTEXT)

    for kpi, group in SHIPPED:
        text = files[f"deploy/prometheus/rules/{kpi.id}.rules.yml"]
        assert text.startswith("# Generated by `make generate`")
        document = yaml.safe_load(text)
        assert [rule.document() for rule in group.rules] == document["groups"][0]["rules"]
        assert f"deploy/prometheus/tests/{kpi.id}.test.yml" in files


def test_a_kpi_that_is_switched_off_has_no_files() -> None:
    off = {**CATALOGUE, RESOLUTION.id: changed(RESOLUTION, enabled=False)}
    catalogue = type(CATALOGUE)(off, CATALOGUE.families)

    assert not [path for path in prometheus_files(catalogue, CONTEXT) if RESOLUTION.id in path]
