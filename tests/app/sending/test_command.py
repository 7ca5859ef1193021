"""``selfserve send`` without Kafka; with Kafka: tests/integration."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main


def send(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["send", *map(str, arguments)], input=stdin)


def line(**fields: Any) -> bytes:
    return (
        json.dumps(
            {"id": "1", "type": "page.viewed", "time": 1_700_000_000_000, "user_id": "u", **fields}
        ).encode()
        + b"\n"
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.ndjson"
    file.write_bytes(line() + line(id="2", type="help.solved") + line(id="3"))
    return file


def test_a_dry_run_needs_no_kafka_and_counts_by_topic(good: Path) -> None:
    result = send(good, "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "valid: 3 (product.events 2, support.events 1)\n")


def test_bad_lines_are_reported_with_file_line_and_reason(good: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.ndjson.gz"
    bad.write_bytes(
        gzip.compress(line() + b"\n{oops\n" + line(type="page.seen") + line(time=4_000_000_000_000))
    )
    result = send(good, bad, "--dry-run", "--sort")
    assert result.exit_code == 1
    assert "valid: 4 (" in result.stdout
    assert "refused: 3 (future 1, not_json 1, unknown_type 1)" in result.stdout
    reported = [text for text in result.stderr.splitlines() if text.startswith(str(bad))]
    assert [text.removeprefix(f"{bad}:").split(": ")[:2] for text in reported] == [
        ["3", "not_json"],
        ["4", "unknown_type"],
        ["5", "future"],
    ]
    assert "did you mean `page.viewed`?" in reported[1]


def test_standard_input_is_read() -> None:
    result = send("-", "--dry-run", stdin=line() + b"oops\n")
    assert result.exit_code == 1
    assert "standard input:2: not_json" in result.stderr


def test_after_a_hundred_reports_the_rest_is_counted() -> None:
    result = send("-", "--dry-run", stdin=b"oops\n" * 250)
    assert result.stderr.count("not_json") == 100
    assert "further refused lines are only counted" in result.stderr
    assert "refused: 250 (not_json 250)" in result.stdout


def test_messages_are_shown_as_they_are(tmp_path: Path) -> None:
    result = send("-", "--dry-run", stdin=line(type="[bold]x[/bold]"))
    assert '"[bold]x[/bold]" is not an event type' in result.stderr


def test_an_empty_file_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    result = send(tmp_path / "empty", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "valid: 0\n")


def test_a_missing_file_is_said_before_kafka_is_asked(tmp_path: Path) -> None:
    result = send(tmp_path / "nothing")
    assert result.exit_code == 2
    assert "nothing: there is no such file" in result.stderr


def test_an_unreachable_kafka_is_said_with_what_to_do(good: Path) -> None:
    result = send(good, "--bootstrap-servers", "127.0.0.1:1")
    assert result.exit_code == 1
    assert "Kafka cannot be reached at 127.0.0.1:1" in result.stderr
    assert "selfserve kafka" in result.stderr


def test_only_the_native_format_is_offered(good: Path) -> None:
    assert send(good, "--dry-run", "--format", "native").exit_code == 0
    assert send(good, "--dry-run", "--format", "segment").exit_code == 2
