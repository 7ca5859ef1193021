from __future__ import annotations

import importlib.util

import pytest
from click.testing import CliRunner

from app.cli import main


@pytest.fixture
def without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "psutil" else find(name))


def test_help_needs_nothing_of_what_measuring_needs(without_psutil: None) -> None:
    result = CliRunner().invoke(main, ["bench", "--help"])
    assert result.exit_code == 0
    for option in ("--json", "--events", "--rounds", "--partitions", "--record"):
        assert option in result.output


def test_without_psutil_it_says_what_to_install(without_psutil: None) -> None:
    result = CliRunner().invoke(main, ["bench"])
    assert result.exit_code == 2
    assert "pip install psutil" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--events", "100"], "Invalid value for '--events'"),
        (["--rounds", "0"], "Invalid value for '--rounds'"),
        (["--partitions", "0"], "Invalid value for '--partitions'"),
        (["--rounds", "2", "--record"], "at least 3 rounds"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_is_started(options: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["bench", *options])
    assert result.exit_code != 0
    assert message in result.output
