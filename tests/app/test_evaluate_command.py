"""``selfserve evaluate`` as its user meets it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.instants import format_instant
from tests.oracle import compute
from tests.oracle.generate import random_events
from tests.support.figures import differing


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["evaluate", *arguments], input=stdin)


@pytest.fixture
def events() -> list[dict[str, Any]]:
    return random_events(random.Random(11), 400)


@pytest.fixture
def file(events: list[dict[str, Any]], tmp_path: Path) -> Path:
    path = tmp_path / "events.ndjson"
    shuffled = random.Random(2).sample(events, len(events))
    path.write_text(
        "".join(json.dumps({k: v for k, v in e.items() if k != "topic"}) + "\n" for e in shuffled)
    )
    return path


def figures(output: str) -> dict[Any, float]:
    lines = [json.loads(line) for line in output.splitlines()]
    return {(line["metric"], tuple(sorted(line["labels"].items()))): line["value"] for line in lines}


def test_ndjson_has_every_figure_of_the_oracle(file: Path, events: list[dict[str, Any]]) -> None:
    at = max(e["time"] for e in events) + 1
    result = run(str(file), "--windows", "5m,30m,1h,6h,1d,7d,30d,day,all")
    assert result.exit_code == 0
    assert not differing(compute(events, at), figures(result.stdout))
    assert {json.loads(line)["at"] for line in result.stdout.splitlines()} == {format_instant(at)}


def test_by_default_the_windows_are_those_that_are_exported(file: Path) -> None:
    windows = {json.loads(line)["labels"].get("window") for line in run(str(file)).stdout.splitlines()}
    assert windows == {None, "5m", "30m", "1h", "6h", "1d", "7d", "30d", "day"}


def test_each_of_several_times_is_that_time_by_itself(file: Path, events: list[dict[str, Any]]) -> None:
    start = min(e["time"] for e in events)
    end = start + 3 * 86_400_000
    result = run(str(file), "--from", str(start), "--to", str(end), "--every", "1d", "--windows", "1d")
    by_time: dict[str, list[str]] = {}
    for line in result.stdout.splitlines():
        by_time.setdefault(json.loads(line)["at"], []).append(line)
    assert list(by_time) == [format_instant(start + n * 86_400_000) for n in range(4)]
    for at, lines in by_time.items():
        assert run(str(file), "--at", at, "--windows", "1d").stdout.splitlines() == lines


def test_gzip_and_standard_input_and_several_files_are_read(file: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    plain = run(str(file)).stdout
    assert run(str(packed)).stdout == plain
    assert run("-", stdin=file.read_bytes()).stdout == plain
    assert run(str(file), str(packed)).stdout == plain


def test_bad_lines_are_named_and_left_out(file: Path) -> None:
    plain = run(str(file)).stdout
    with file.open("a") as out:
        out.write('not json\n{"id":"1","type":"page.veiwed","time":1,"user_id":"u"}\n\n')
    result = run(str(file))
    assert result.exit_code == 0
    assert result.stdout == plain
    assert f"{file}:401: not_json" in result.stderr
    assert "page.viewed" in result.stderr
    assert "2 of 402 lines left out" in result.stderr


def test_csv_and_table_and_openmetrics_have_the_same_values(file: Path) -> None:
    samples = [json.loads(line) for line in run(str(file), "--windows", "7d").stdout.splitlines()]
    rows = list(csv.DictReader(io.StringIO(run(str(file), "--windows", "7d", "--output", "csv").stdout)))
    assert [(r["metric"], json.loads(r["labels"]), float(r["value"])) for r in rows] == [
        (s["metric"], s["labels"], s["value"]) for s in samples
    ]
    exposition = run(str(file), "--windows", "7d", "--output", "openmetrics").stdout
    points = [line for line in exposition.splitlines() if not line.startswith("#")]
    assert exposition.endswith("# EOF\n")
    assert sorted(float(p.split()[-2]) for p in points) == sorted(s["value"] for s in samples)
    assert "kpi_stickiness_ratio" in run(str(file), "--output", "table").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.ndjson"], "nowhere.ndjson: there is no such file"),
        (["-", "--at", "yesterday"], "is not an instant"),
        (["-", "--at", "1", "--from", "1"], "--at asks for one evaluation time"),
        (["-", "--from", "1"], "--from, --to and --every together"),
        (["-", "--from", "2", "--to", "1", "--every", "1d"], "--from lies after --to"),
        (["-", "--from", "0", "--to", "9999999999999", "--every", "1s"], "choose a longer distance"),
        (["-", "--from", "0", "--to", "1", "--every", "0s"], "is no time at all"),
        (["-", "--windows", "2d"], "there is no window '2d'"),
        (["-"], "there is no valid event"),
        (["-", "--timezone", "Mars/Olympus"], "--timezone"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], message: str) -> None:
    result = run(*arguments, stdin=b"")
    assert result.exit_code == 2
    assert message in result.stderr
