"""Changes of the catalogue's KPIs: what they do, and what every mistake is answered with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from app.catalogue.load import load_catalogue
from app.catalogue.naming import family_names
from app.catalogue.reads import Level
from app.cli import main
from app.config.source import SettingsError
from app.settings import load_settings
from tests.app.overlay.support import definition, laid_over, mistakes, written


def changed(folder: Path, kpi: str, **change: Any) -> Any:
    return laid_over(folder, {"changes": {kpi: change}}).kpis[kpi]


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert laid_over(tmp_path, "").kpis == load_catalogue()


def test_targets_and_benchmarks(tmp_path: Path) -> None:
    bands = [
        {"name": "fine", "title": "Fine", "at_least": 0.9},
        {"name": "poor", "title": "Poor", "below": 0.9},
    ]
    benchmark = {"value": 0.66, "who": "We", "source": "our own figures of last year"}
    kpi = changed(
        tmp_path,
        "self_service_resolution",
        objective=0.9,
        bands=bands,
        benchmarks=[benchmark],
        cases=[],
        review="daily",
        alerts={"band": {"worse_than": "fine", "window": "30d"}},
    )
    before = load_catalogue()["self_service_resolution"]

    assert kpi.targets == (("objective", 0.9), ("fine", 0.9))
    assert [(one.who, one.value) for one in kpi.benchmarks] == [("We", 0.66)]
    assert kpi.cases == ()
    assert kpi.review == "daily"
    assert (kpi.alerts.band.worse_than, kpi.alerts.band.window) == ("fine", "30d")
    assert kpi.alerts.drop == before.alerts.drop
    assert (kpi.value, kpi.attributes, kpi.dimensions) == (before.value, before.attributes, before.dimensions)


def test_a_target_may_be_taken_away(tmp_path: Path) -> None:
    kpi = changed(tmp_path, "self_service_adoption", objective="none", alerts={"band": "none"})

    assert kpi.targets == ()
    assert kpi.alerts.band is None


def test_all_alerts_may_be_taken_away(tmp_path: Path) -> None:
    for kpi in load_catalogue().values():
        alerts = changed(tmp_path, kpi.id, alerts="none").alerts
        assert (alerts.band, alerts.drop, alerts.anomaly, alerts.burn_rate) == (None, None, False, False)
        assert alerts.burst is None


def test_fewer_dimensions_are_fewer_labels(tmp_path: Path) -> None:
    kpi = changed(tmp_path, "csat", dimensions=["survey"])

    assert [dimension.name for dimension in kpi.dimensions] == ["survey"]
    labels = {family.name: family.labels for family in family_names(kpi)}
    assert labels["kpi_csat_ratio"] == ("window", "survey")
    assert labels["kpi_csat_mean"] == ("window", "survey")


def test_fewer_windows(tmp_path: Path) -> None:
    kpi = changed(tmp_path, "active_users", windows=["30d", "7d"], alerts="none")

    assert kpi.windows == ("7d", "30d")
    assert isinstance(kpi.value, Level)
    assert kpi.value.day is None


def test_off_and_on(tmp_path: Path) -> None:
    assert changed(tmp_path, "nps", enabled=False).enabled is False
    assert changed(tmp_path, "activation_sessions_per_activity", enabled=True).enabled is True


MISTAKES = {
    "a KPI that is not there": (
        {"npss": {"enabled": False}},
        "overlay.yaml:2: changes.npss: unknown KPI 'npss'; did you mean nps?",
    ),
    "a KPI that is like no other": (
        {"zzzzz": {"enabled": False}},
        "unknown KPI 'zzzzz'; known: self_service_adoption, ",
    ),
    "what is counted": (
        {"nps": {"value": {"form": "score"}}},
        "overlay.yaml:3: changes.nps.value: unknown or fixed key 'value'; known: enabled, objective, bands,",
    ),
    "a misspelt key": (
        {"nps": {"objectiv": 20}},
        "overlay.yaml:3: changes.nps.objectiv: unknown or fixed key 'objectiv'; did you mean objective?",
    ),
    "no mapping": ({"nps": "off"}, "overlay.yaml:2: changes.nps: found 'off'; allowed: keys with values"),
    "a word for a number": (
        {"nps": {"objective": "high"}},
        "overlay.yaml:3: changes.nps.objective: found 'high': Expected `float | null`, got `str`",
    ),
    "an objective out of bounds": (
        {"csat": {"objective": 80}},
        "overlay.yaml:3: changes.csat.objective: the objective of a ratio lies between 0 and 1, not at 80.0",
    ),
    "a band without a bound": (
        {"nps": {"bands": [{"name": "good", "title": "Good"}]}},
        "overlay.yaml:4: changes.nps.bands[0]: band 'good' has no bound",
    ),
    "bands with a gap": (
        {
            "csat": {
                "bands": [
                    {"name": "good", "title": "Good", "at_least": 0.8},
                    {"name": "bad", "title": "Bad", "below": 0.7},
                ]
            }
        },
        "overlay.yaml:3: changes.csat.bands: bands 'bad' and 'good' do not meet: 0.7 and 0.8",
    ),
    "an alert on a band that is gone": (
        {"self_service_resolution": {"bands": []}},
        "overlay.yaml:2: changes.self_service_resolution.alerts: band.worse_than: 'good' is no target of this KPI",
    ),
    "an unknown severity": (
        {"csat": {"alerts": {"drop": {"by": 0.2, "window": "7d", "severity": "page"}}}},
        "overlay.yaml:7: changes.csat.alerts.drop.severity: Invalid enum value 'page'; allowed: critical, info, warning",
    ),
    "an unknown key of an alert": (
        {"csat": {"alerts": {"drop": {"buy": 0.2}}}},
        "overlay.yaml:4: changes.csat.alerts.drop: Object contains unknown field `buy`; did you mean by?",
    ),
    "alerts that are no mapping": (
        {"csat": {"alerts": True}},
        "overlay.yaml:3: changes.csat.alerts: found true: keys with values are allowed, or none",
    ),
    "a window that it has not": (
        {"nps": {"windows": ["2d"]}},
        "overlay.yaml:4: changes.nps.windows[0]: the KPI has no window '2d', only 1h, 1d, 7d, 30d",
    ),
    "a dimension that it has not": (
        {"nps": {"dimensions": ["channel"]}},
        "overlay.yaml:4: changes.nps.dimensions[0]: the KPI has no dimension 'channel', only survey, plan",
    ),
    "no list": (
        {"nps": {"dimensions": "plan"}},
        "overlay.yaml:3: changes.nps.dimensions: found 'plan': a list of names is allowed, of those that the KPI has",
    ),
    "a dimension that keeps values apart": (
        {"expansion_mrr": {"dimensions": ["plan"]}},
        "overlay.yaml:3: changes.expansion_mrr.dimensions: currency has to stay: values of different ones are never added",
    ),
    "a dimension of a computed KPI": (
        {"retention_d7": {"dimensions": ["cohort"]}},
        "overlay.yaml:3: changes.retention_d7.dimensions: this KPI's dimensions belong to how it is computed; leave them",
    ),
    "no yes or no": (
        {"nps": {"enabled": "off"}},
        "overlay.yaml:3: changes.nps.enabled: found 'off': Expected `bool`, got `str`",
    ),
    "an alert over a window that is gone": (
        {"csat": {"windows": ["30d"]}},
        "overlay.yaml:2: changes.csat.alerts: drop.window: the KPI has no window '1d'; change the alert as well, or write alerts: none",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_names_file_key_value_and_remedy(tmp_path: Path, case: str) -> None:
    changes, expected = MISTAKES[case]
    (found,) = mistakes(tmp_path, {"changes": changes})

    assert expected in found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    found = mistakes(tmp_path, {"changes": {"npss": {}, "nps": {"objective": "x"}}, "kpi": {}})

    assert len(found) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kpi: {}\n", "overlay.yaml:1: kpi: unknown section 'kpi'; did you mean kpis?"),
        ("changes: 3\n", "overlay.yaml:1: changes: found 3; allowed: keys with values"),
        (
            "changes:\n  nps: {}\n  nps: {}\n",
            "overlay.yaml:3: nps: given twice, first at overlay.yaml:2; keep one",
        ),
        ("[1]\n", "overlay.yaml:1: found a list; allowed: sections with keys"),
        ("changes: [\n", "not valid YAML"),
    ],
)
def test_mistakes_of_the_file_itself(tmp_path: Path, text: str, expected: str) -> None:
    (found,) = mistakes(tmp_path, text)

    assert expected in found


def test_the_settings_name_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, {"changes": {"nps": {"objective": 40}}})
    settings = tmp_path / "selfserve.yaml"
    settings.write_text(yaml.safe_dump({"overlay": {"file": str(path)}}))

    assert load_settings(settings).catalogue["nps"].objective == 40
    assert load_settings(environ={"SELFSERVE_OVERLAY_FILE": str(path)}).catalogue["nps"].objective == 40
    assert load_settings().catalogue is load_catalogue()


@pytest.mark.parametrize("command", [("kpis",), ("worker",), ("exporter",), ("generate", "--check")])
def test_a_mistake_stops_every_command(tmp_path: Path, command: tuple[str, ...]) -> None:
    path = written(tmp_path, {"changes": {"npss": {}}})
    result = CliRunner().invoke(main, list(command), env={"SELFSERVE_OVERLAY_FILE": str(path)})

    assert result.exit_code == 2
    assert "overlay.yaml:2: changes.npss: unknown KPI 'npss'; did you mean nps?" in result.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    expected = (
        r"environment SELFSERVE_OVERLAY_FILE: overlay\.file: found '.*none\.yaml'; there is no such file"
    )
    with pytest.raises(SettingsError, match=expected):
        load_settings(environ={"SELFSERVE_OVERLAY_FILE": str(tmp_path / "none.yaml")})


def test_what_only_kpis_that_are_off_read_is_not_kept(tmp_path: Path) -> None:
    off = {kpi: {"enabled": False} for kpi in ("nps", "csat", "ces", "reopen", "conversion")}
    found = laid_over(tmp_path, {"changes": off})

    # Orders stay with what else is known of signups and invitations. Reopenings are facts of conversations, but not counted.
    answers = ("ces", "csat", "csat_points", "csat_requests", "nps", "nps_by_survey")
    assert found.unread == (*answers, "resolved_first", "visits")
    assert laid_over(tmp_path, {"changes": {"nps": {"enabled": False}}}).unread == ()
    assert laid_over(tmp_path, {"changes": {"nps": {"objective": 40}}}).unread == ()


def test_what_an_own_kpi_reads_is_kept(tmp_path: Path) -> None:
    count = definition(
        kind="count",
        value={"form": "level", "read": {"measure": "visits"}},
        help={"value": "A"},
        dimensions=[],
        windows=["1d"],
    )
    changes = {"conversion": {"enabled": False}}

    assert laid_over(tmp_path, {"changes": changes}).unread == ("visits",)
    assert laid_over(tmp_path, {"changes": changes, "kpis": {"visiting": count}}).unread == ()
