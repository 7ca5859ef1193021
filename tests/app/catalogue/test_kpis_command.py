"""`selfserve kpis`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.catalogue.load import Catalogue
from app.catalogue.naming import family_names
from app.cli import main
from tests.app.catalogue.conftest import LISTS, TWELVE


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["kpis", *arguments])


def described(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, list)
    return found


def test_the_table_has_a_line_for_each_kpi(catalogue: Catalogue) -> None:
    result = run()

    assert result.exit_code == 0
    first = [line.split()[0] for line in result.stdout.splitlines() if line[:1].strip()]
    assert first == ["id", *catalogue]


@pytest.mark.parametrize("kpi", ["time_to_resolution", "self_service_resolution"])
def test_one_kpi_is_shown_in_full(catalogue: Catalogue, kpi: str) -> None:
    result = run(kpi)
    shown = " ".join(result.stdout.split())

    assert result.exit_code == 0
    for _, points in catalogue[kpi].attributes.by_name():
        assert all(" ".join(point.split()) in shown for point in points)
    assert all(family.name in shown for family in family_names(catalogue[kpi]))


def test_json_is_a_list_with_id_and_the_twelve_attributes(catalogue: Catalogue) -> None:
    found = described()

    assert [kpi["id"] for kpi in found] == list(catalogue)
    for kpi in found:
        assert tuple(kpi["attributes"]) == TWELVE
        for name, text in kpi["attributes"].items():
            assert isinstance(text, list if name in LISTS else str)
            assert text
        assert {"title", "kind", "windows", "dimensions", "bands", "benchmarks", "metrics", "value"} <= set(
            kpi
        )


def test_json_of_one_is_a_list_of_one(catalogue: Catalogue) -> None:
    (found,) = described("self_service_resolution")
    kpi = catalogue["self_service_resolution"]

    assert found["metrics"] == [
        {"name": family.name, "role": family.role, "labels": list(family.labels), "help": family.help}
        for family in family_names(kpi)
    ]
    assert found["targets"][0] == {"band": "objective", "value": 0.8}
    assert found["evaluated_windows"] == ["5m", "30m", "1h", "6h", "1d", "7d", "30d", "all"]
    assert found["value"]["numerator"]["where"] == {"outcome": ["confirmed", "assumed"]}


def test_a_derived_dimension_shows_the_values_that_are_configured(tmp_path: Path) -> None:
    config = tmp_path / "other.yaml"
    config.write_text("definitions:\n  voice_channels: [phone, radio]\n")
    (found,) = described("conversation_abandonment", "--config", str(config))

    assert found["dimensions"][1]["derived"]["values"] == ["phone", "radio"]


def test_a_kpi_is_described_as_the_definitions_count_it(tmp_path: Path) -> None:
    config = tmp_path / "other.yaml"
    config.write_text("definitions:\n  self_service_adoption_among: active\n")
    (usual,) = described("self_service_adoption")
    (found,) = described("self_service_adoption", "--config", str(config))

    assert usual["value"]["denominator"]["measure"] == "eligible"
    assert found["value"]["denominator"]["measure"] == "active"
    assert found["metrics"][0]["help"] == found["options"][0]["help"]["value"] != usual["metrics"][0]["help"]
    for arguments, shown in (((), "eligible customers"), (("--config", str(config)), "active in the window")):
        text = " ".join(run("self_service_adoption", *arguments).stdout.split())
        assert "self_service_adoption_among: active" in text
        assert f"counts Share of {'the ' if arguments else ''}eligible customers" in text
        assert shown in text


def test_a_kpi_that_is_off_says_so_and_how_to_switch_it_on(tmp_path: Path) -> None:
    (tmp_path / "overlay.yaml").write_text(
        "changes:\n  nps: {enabled: false}\n  activation_sessions_per_activity: {enabled: true}\n"
    )
    config = tmp_path / "other.yaml"
    config.write_text("overlay: {file: overlay.yaml}\n")

    def shown(kpi: str, *arguments: str) -> bool:
        text = " ".join(run(kpi, *arguments).stdout.split())
        return (
            f"state off: it is neither exported nor drawn, and no rule watches it. To switch it on, write `enabled: true` below `changes.{kpi}`"
            in text
        )

    for kpi, by_default in (("nps", False), ("activation_sessions_per_activity", True), ("ces", False)):
        assert shown(kpi) == by_default
        assert shown(kpi, "--config", str(config)) == (kpi == "nps")
    assert run().stdout.count("(off)") == run("--config", str(config)).stdout.count("(off)") == 1


@pytest.mark.parametrize(
    ("unknown", "message"),
    [
        ("reopn", "Error: there is no KPI 'reopn'; did you mean reopen?\n"),
        (
            "abandonment",
            "Error: there is no KPI 'abandonment'; did you mean self_service_abandonment or conversation_abandonment?\n",
        ),
        ("[zz]", "Error: there is no KPI '[zz]'; `selfserve kpis` lists them\n"),
    ],
)
def test_an_unknown_id_is_answered_with_the_nearest(unknown: str, message: str) -> None:
    for arguments in ([unknown], [unknown, "--json"]):
        result = run(*arguments)
        assert (result.exit_code, result.stderr, result.stdout) == (2, message, "")
