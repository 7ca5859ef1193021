"""How long alerts wait is a setting: rules, texts and rule tests follow it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from app.catalogue.load import Catalogue, load_catalogue
from app.config.alerts import AlertTimes
from app.config.source import SettingsError
from app.generation import names
from app.generation.context import Context
from app.generation.files import prometheus_files, runbook_files
from app.generation.timing import duration, spoken
from app.settings import load_settings

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000

SHORT = AlertTimes(
    evaluation_interval_ms=SECOND,
    stale_after_ms=20 * SECOND,
    stalled_hold_ms=SECOND,
    absent_hold_ms=10 * SECOND,
    no_events_after_ms=30 * SECOND,
    no_events_hold_ms=2 * SECOND,
    behind_hold_ms=30 * SECOND,
    drop_hold_ms=5 * SECOND,
    anomaly_hold_ms=5 * SECOND,
    band_hold_ms=5 * SECOND,
    band_keep_ms=MINUTE,
    burn_fast_hold_ms=2 * SECOND,
    burn_slow_hold_ms=2 * SECOND,
)
LONG = AlertTimes(
    stale_after_ms=10 * MINUTE,
    stalled_hold_ms=5 * MINUTE,
    absent_hold_ms=40 * MINUTE,
    no_events_after_ms=3 * HOUR,
    no_events_hold_ms=20 * MINUTE,
    behind_hold_ms=30 * MINUTE,
    drop_hold_ms=3 * HOUR,
    anomaly_hold_ms=90 * MINUTE,
    band_hold_ms=3 * HOUR,
    band_keep_ms=3 * HOUR,
    burn_fast_hold_ms=7 * MINUTE,
    burn_slow_hold_ms=HOUR,
)
CATALOGUE = load_catalogue()
SOME = Catalogue(
    {name: CATALOGUE[name] for name in ("self_service_resolution", "conversation_abandonment", "stickiness")},
    CATALOGUE.families,
)


@pytest.mark.prometheus
@pytest.mark.parametrize("times", [SHORT, LONG], ids=["short", "long"])
def test_rule_tests_hold_for_other_times(times: AlertTimes, tmp_path: Path) -> None:
    for path, text in prometheus_files(SOME, Context(times=times)).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    tests = tmp_path / names.TESTS_FOLDER

    done = subprocess.run(
        ["promtool", "test", "rules", *(file.name for file in sorted(tests.iterdir()))],
        cwd=tests,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_texts_say_the_times() -> None:
    rules = prometheus_files(SOME, Context(times=SHORT))[names.rules_file("self_service_resolution")]
    pages = runbook_files(SOME, Context(times=SHORT))

    assert "interval: 1s\n" in rules
    assert "for: 5s\n" in rules
    assert "keep_firing_for: 1m\n" in rules
    assert "selfserve:evaluation_lag_seconds > 20)" in rules
    assert "For 5 seconds it has been more than" in rules
    assert "while the figures are more than 20 s old" in pages["docs/runbooks/SelfServiceResolutionDrop.md"]


def test_an_alert_that_would_fire_before_what_mutes_it_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "selfserve.yaml"
    file.write_text("alerts: {stalled_hold: 10m}\n")

    with pytest.raises(SettingsError, match="burn_fast_hold: is not longer than stalled_hold"):
        load_settings(file)


@pytest.mark.parametrize(
    ("ms", "written", "said"),
    [
        (0, "0m", "0 seconds"),
        (1_500, "1s500ms", "1.5 seconds"),
        (5 * SECOND, "5s", "5 seconds"),
        (MINUTE, "1m", "a minute"),
        (90 * MINUTE, "1h30m", "90 minutes"),
        (HOUR, "1h", "an hour"),
        (3 * HOUR, "3h", "3 hours"),
    ],
)
def test_durations(ms: int, written: str, said: str) -> None:
    assert (duration(ms), spoken(ms)) == (written, said)
