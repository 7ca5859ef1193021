"""What tests need beyond Python: found, or the test is skipped and says why."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parent.parent
RECORDED_DATA = REPOSITORY.parent / "shared" / "data"

pytest_plugins = ["tests.support.kafka"]

PROGRAMS: dict[str, tuple[str, ...]] = {
    "prometheus": ("prometheus", "promtool"),
    "alertmanager": ("prometheus-alertmanager", "amtool"),
    "browser": ("chromium",),
}
"""Marker of a test, and the programs that it starts; all of them are Debian packages."""

LONGEST = (
    "tests/crash/test_chaos.py",
    "tests/deploy/test_prometheus.py",
    "tests/realdata/test_figures.py",
    "tests/app/generation/test_every_kind.py",
    "tests/integration/test_alerting_live.py",
    "tests/integration/test_exactness.py",
    "tests/integration/test_worker.py",
    "tests/integration/test_kafka.py",
    "tests/integration/test_exporter.py",
    "tests/oracle/test_generate.py",
)
"""The files that take longest, in an order in which one that mostly waits runs beside one that mostly computes."""

# No deadline: on a loaded machine it would fail the test for the machine's sake.
settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=200,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def _everything_required() -> bool:
    return os.environ.get("SELFSERVE_REQUIRE_ALL") == "1"


def _missing(item: pytest.Item) -> list[str]:
    programs = [
        name for marker, names in PROGRAMS.items() if item.get_closest_marker(marker) for name in names
    ]
    return [name for name in programs if shutil.which(name) is None]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest files where several processes share the tests, so that none is left with one at the end."""
    if hasattr(config, "workerinput"):
        places = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose programs or recorded data are not there."""
    missing = _missing(item)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}, which .ci/run installs")
    if item.get_closest_marker("data") and not RECORDED_DATA.is_dir():
        pytest.skip("needs the recorded event sets, which are not part of the repository")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is required, a test of an outside program that skips itself has failed."""
    report = yield
    marked = any(item.get_closest_marker(marker) for marker in PROGRAMS)
    if report.skipped and marked and _everything_required():
        reason: Any = report.longrepr
        report.outcome = "failed"
        report.longrepr = (
            f"skipped although SELFSERVE_REQUIRE_ALL=1: {reason[2] if isinstance(reason, tuple) else reason}"
        )
    return report


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """Return the directory of recorded event sets; a test that asks for it carries the marker ``data``."""
    return RECORDED_DATA
