"""``selfserve backfill`` as its user meets it."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.cli import main
from app.instants import format_instant
from tests.oracle.generate import random_events


def samples_of(file: Path) -> list[Any]:
    families = text_string_to_metric_families(file.read_text())  # type: ignore[no-untyped-call]
    return [sample for family in families for sample in family.samples]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


@pytest.fixture
def events() -> list[dict[str, Any]]:
    return random_events(random.Random(12), 200)


@pytest.fixture
def file(events: list[dict[str, Any]], tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    path.write_text("".join(json.dumps({k: v for k, v in e.items() if k != "topic"}) + "\n" for e in events))
    return path


def test_it_is_what_evaluate_says_with_the_labels_of_a_scrape(
    file: Path, events: list[dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "history.om"
    middle = sum(event["time"] for event in events) // len(events)
    period = ("--from", format_instant(middle), "--to", format_instant(middle + 600_000), "--every", "5m")

    done = run("backfill", str(file), "--output", str(out), *period, "--label", "job=j", "--label", "zone=a")
    evaluated = run("evaluate", str(file), *period)

    assert done.exit_code == 0, done.stderr
    expected = {
        (
            line["metric"],
            tuple(sorted({**line["labels"], "job": "j", "zone": "a"}.items())),
            line["at"],
        ): line["value"]
        for line in map(json.loads, evaluated.stdout.splitlines())
    }
    found = {
        (
            one.name,
            tuple(sorted(one.labels.items())),
            format_instant(round(float(one.timestamp) * 1_000)),
        ): one.value
        for one in samples_of(out)
    }
    assert found == expected
    assert len({at for _, _, at in found}) == 3


def test_by_default_it_is_all_of_the_past_under_the_job_of_the_shipped_configuration(
    file: Path, events: list[dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "history.om"
    assert run("backfill", str(file), "--output", str(out), "--every", "7d").exit_code == 0

    samples = samples_of(out)
    assert {one.labels["job"] for one in samples} == {"selfserve-exporter"}
    assert min(float(one.timestamp) for one in samples) * 1_000 == min(event["time"] for event in events)


@pytest.mark.prometheus
def test_prometheus_takes_it_in(file: Path, tmp_path: Path) -> None:
    assert (
        run("backfill", str(file), "--output", str(tmp_path / "history.om"), "--every", "7d").exit_code == 0
    )

    done = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "history.om", "data"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "data").glob("*/meta.json"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--label", "Job=x"], "--label Job=x"),
        (["--label", "job"], "write NAME=VALUE"),
        (["--from", "2030-01-01T00:00:00Z"], "--from lies after --to"),
        (["--from", "1970-01-01T00:00:00Z", "--every", "1"], "choose a longer distance"),
    ],
)
def test_mistakes_are_told(arguments: list[str], message: str, file: Path, tmp_path: Path) -> None:
    done = run("backfill", str(file), "--output", str(tmp_path / "x.om"), *arguments)

    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "x.om").exists()


def test_without_events_there_is_no_past(tmp_path: Path) -> None:
    empty = tmp_path / "empty.ndjson"
    empty.write_text("")

    done = run("backfill", str(empty), "--output", str(tmp_path / "x.om"))

    assert done.exit_code == 2
    assert "no valid event" in done.stderr
