"""A test whose program is missing is skipped on a laptop and fails where everything is required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

CONFIGURATION = """
[pytest]
markers =
    prometheus: x
    alertmanager: x
    browser: x
    data: x
"""

SUITE = """
import pytest


@pytest.mark.prometheus
def test_of_a_program():
    assert True


@pytest.mark.{marker}
def test_that_skips_itself():
    pytest.skip("no port")
"""


def run(tmp_path: Path, *, path: str, require_all: str, marker: str = "prometheus") -> tuple[int, str]:
    (tmp_path / "conftest.py").write_text((REPOSITORY / "tests" / "conftest.py").read_text())
    (tmp_path / "pytest.ini").write_text(CONFIGURATION)
    (tmp_path / "test_suite.py").write_text(SUITE.format(marker=marker))
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=environ | {"PATH": path, "SELFSERVE_REQUIRE_ALL": require_all},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def programs(tmp_path: Path) -> str:
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("prometheus", "promtool"):
        (directory / name).write_text("#!/bin/sh\n")
        (directory / name).chmod(0o755)
    return str(directory)


def test_a_missing_program_skips_visibly(tmp_path: Path) -> None:
    status, output = run(tmp_path, path="/nonexistent", require_all="0")

    assert status == 0
    assert "2 skipped" in output
    assert "needs prometheus, promtool" in output


def test_a_missing_program_fails_where_everything_is_required(tmp_path: Path) -> None:
    status, output = run(tmp_path, path="/nonexistent", require_all="1")

    assert status == 1
    assert "skipped although SELFSERVE_REQUIRE_ALL=1: Skipped: needs prometheus, promtool" in output


def test_with_the_programs_the_test_runs(tmp_path: Path, programs: str) -> None:
    status, output = run(tmp_path, path=programs, require_all="0")

    assert status == 0
    assert "1 passed, 1 skipped" in output


def test_a_marked_test_that_skips_itself_fails_where_everything_is_required(
    tmp_path: Path, programs: str
) -> None:
    status, output = run(tmp_path, path=programs, require_all="1")

    assert status == 1
    assert "1 failed, 1 passed" in output
    assert "no port" in output


def test_recorded_data_may_be_missing_everywhere(tmp_path: Path, programs: str) -> None:
    status, output = run(tmp_path, path=programs, require_all="1", marker="data")

    assert status == 0
    assert "1 passed, 1 skipped" in output
    assert "needs the recorded event sets" in output
