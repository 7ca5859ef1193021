"""``selfserve simulate`` into files; into Kafka: tests/integration."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["simulate", *arguments])


def test_the_same_seed_writes_the_same_file_on_any_day(tmp_path: Path) -> None:
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        result = simulate(
            "--rate", "20", "--duration", "60", "--seed", seed, "--output", str(tmp_path / name)
        )
        assert result.exit_code == 0, result.output
    first, again, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == again != other
    lines = first.splitlines()
    assert len(lines) == pytest.approx(20 * 60, rel=0.1)
    assert json.loads(lines[0])["time"].startswith("2026-01-05T00:00:0")


def test_compressed_files_are_the_same_bytes_too(tmp_path: Path) -> None:
    files = [tmp_path / "one.ndjson.gz", tmp_path / "two.ndjson.gz"]
    for file in files:
        assert simulate("--duration", "10", "--output", str(file)).exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    assert json.loads(gzip.decompress(files[0].read_bytes()).splitlines()[-1])["type"]


def test_standard_output_has_events_and_nothing_else() -> None:
    result = simulate("--duration", "5s", "--output", "-")
    assert all(json.loads(line)["id"] for line in result.stdout.splitlines())
    assert f"wrote {len(result.stdout.splitlines())} events" in result.stderr


def test_a_start_in_either_form_is_the_time_of_the_first_event(tmp_path: Path) -> None:
    for start in ("2025-06-01T12:00:00+02:00", "1748772000000"):
        file = tmp_path / "events"
        assert simulate("--start", start, "--duration", "10", "--output", str(file)).exit_code == 0
        assert json.loads(file.read_bytes().splitlines()[0])["time"].startswith("2025-06-01T10:00:0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rate", "0"], "--rate"),
        (["--customers", "0"], "--customers"),
        (["--scenario", "apocalypse"], "resolution-drop"),
        (["--duration", "soon"], "write seconds, or a duration like"),
        (["--duration", "0"], "no time at all"),
        (["--start", "yesterday"], "write it like 2026-01-05T08:30:00Z"),
        (["--start", "2026-01-05T08:30:00"], "no offset from UTC"),
        (["--start", "99999-01-01T00:00:00Z"], "not an instant"),
    ],
)
def test_a_wrong_option_is_refused_with_what_would_be_right(arguments: list[str], message: str) -> None:
    result = simulate(*arguments, "--output", "-")
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_file_that_cannot_be_written_is_named() -> None:
    result = simulate("--output", "/nowhere/events.ndjson")
    assert result.exit_code == 2
    assert "/nowhere/events.ndjson: cannot be written: No such file or directory" in result.stderr


def test_every_scenario_is_explained_in_the_help() -> None:
    text = simulate("--help").stdout
    assert "every 10 minutes producers are cut off" in text
