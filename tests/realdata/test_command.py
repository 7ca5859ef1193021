"""The published figures by way of the command line."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from tests.realdata.comparison import QUANTILE, Reference
from tests.realdata.helpdesk_figures import TO_RESOLUTION
from tests.realdata.logs import native_events
from tests.realdata.sparkify import ALL_PAGES
from tests.realdata.values import Values
from tests.support.processes import environment

pytestmark = pytest.mark.data

ACTIVE = "kpi_active_users"


def write(directory: Path, events: Iterable[Mapping[str, Any]]) -> Path:
    path = directory / "events.ndjson.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)
    return path


def evaluate(directory: Path, *arguments: str, **definitions: Any) -> tuple[dict[str, Values], str]:
    """Run `selfserve evaluate`; the values by evaluation time, and what it said on standard error."""
    config = directory / "selfserve.yaml"
    config.write_text(json.dumps({"definitions": definitions}))  # JSON is YAML.
    done = subprocess.run(
        [sys.executable, "-m", "app", "evaluate", "--config", str(config), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    samples: dict[str, list[tuple[str, tuple[tuple[str, str], ...], float]]] = {}
    for line in done.stdout.splitlines():
        sample = json.loads(line)
        labels = tuple(sample["labels"].items())
        samples.setdefault(sample["at"], []).append((sample["metric"], labels, sample["value"]))
    return {at: Values(found) for at, found in samples.items()}, done.stderr


def by_day(values: Mapping[str, Values], window: str) -> list[float]:
    return [found.number(ACTIVE, window=window) for _, found in sorted(values.items())]


def test_the_ends_of_all_days_of_sparkify(tmp_path: Path, recorded_data: Path) -> None:
    file = write(tmp_path, native_events("sparkify", recorded_data))
    reference = Reference(recorded_data / "sparkify" / "reference.json")
    times = ("--from", "2018-11-02T00:00:00Z", "--to", "2018-12-01T00:00:00Z", "--every", "1d")
    values, said = evaluate(
        tmp_path, str(file), *times, "--windows", "day,1d,7d,30d", active_events=ALL_PAGES
    )
    for window, name in (("day", "dau"), ("1d", "dau"), ("7d", "rolling7"), ("30d", "rolling30")):
        assert by_day(values, window) == list(reference.at("actives_all_pages", name).values())
    assert fmean(found.number("kpi_stickiness_ratio") for found in values.values()) == pytest.approx(
        reference.at("actives_all_pages", "stickiness_mean_daily_dau_over_rolling30"), abs=5.1e-7
    )
    assert "286 of 8056 lines left out: no_customer 286" in said


def test_the_days_of_another_time_zone(tmp_path: Path, recorded_data: Path) -> None:
    file = write(tmp_path, native_events("sparkify", recorded_data))
    reference = Reference(recorded_data / "sparkify" / "reference.json")
    every = ("--every", "1d", "--windows", "day", "--timezone", "America/Los_Angeles")
    # Clocks went back on 4 November, so that its end lies 25 hours after its beginning.
    before = ("--from", "2018-11-02T07:00:00Z", "--to", "2018-11-04T07:00:00Z")
    after = ("--from", "2018-11-05T08:00:00Z", "--to", "2018-12-01T08:00:00Z")
    days: list[float] = []
    for times in (before, after):
        values, _ = evaluate(tmp_path, str(file), *times, *every, active_events=ALL_PAGES)
        days += by_day(values, "day")
    key = "actives_America/Los_Angeles"
    assert (len(days), max(days)) == (reference.at(key, "days"), reference.at(key, "dau_max"))
    assert fmean(days) == pytest.approx(reference.at(key, "dau_mean"), abs=5.1e-7)


def test_the_whole_helpdesk(tmp_path: Path, recorded_data: Path) -> None:
    file = write(tmp_path, native_events("helpdesk", recorded_data))
    reference = Reference(recorded_data / "helpdesk" / "reference.json")
    values, said = evaluate(tmp_path, str(file), "--windows", "all")
    ((_, found),) = values.items()
    assert said == ""
    resolved = reference.at("resolved_cases(>=1 'Resolve ticket')")
    assert found.number("kpi_reopen_denominator", window="all") == resolved
    assert found.number("kpi_reopen_numerator", window="all") == reference.at(
        "reopened(work activity after a Resolve)", "cases"
    )
    assert found.number(ACTIVE, window="all") == reference.at(
        "customer_actives(user=customer)", "distinct_users_overall"
    )
    assert found.number("kpi_time_to_resolution_seconds", window="all", stat="mean") == pytest.approx(
        reference.at(TO_RESOLUTION, "mean_s"), abs=5.1e-4
    )
    assert found.number("kpi_time_to_resolution_seconds", window="all", stat="p50") == pytest.approx(
        reference.at(TO_RESOLUTION, "p50_s"), rel=QUANTILE
    )
