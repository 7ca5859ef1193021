"""Who is told of an alert, what mutes it, and what the message says."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import REPOSITORY
from tests.deploy.support import PROMETHEUS

pytestmark = pytest.mark.alertmanager

FOLDER = REPOSITORY / "deploy" / "alertmanager"
CONFIGURATION = FOLDER / "alertmanager.yml"

ALERTS: dict[str, dict[str, str]] = {
    rule["alert"]: {"alertname": rule["alert"], **rule["labels"]}
    for file in sorted((PROMETHEUS / "rules").iterdir())
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
    if "alert" in rule
}


def amtool(*arguments: str) -> str:
    done = subprocess.run(
        ["amtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_configuration_is_valid() -> None:
    assert "1 templates" in amtool("check-config", CONFIGURATION.name)


@pytest.mark.parametrize(
    ("alert", "receiver"),
    [
        ("SelfserveStalled", "oncall"),
        ("ConversationAbandonmentBurnFast", "oncall"),
        ("SelfServiceResolutionDrop", "team"),
        ("SelfserveDeadLetters", "team"),
        ("SelfServiceResolutionAnomaly", "nobody"),
    ],
)
def test_who_is_told(alert: str, receiver: str) -> None:
    labels = [f"{name}={value}" for name, value in ALERTS[alert].items()]

    amtool(
        "config",
        "routes",
        "test",
        f"--config.file={CONFIGURATION.name}",
        f"--verify.receivers={receiver}",
        *labels,
    )


def render(template: str, data: Mapping[str, Any], folder: Path) -> str:
    file = folder / "data.json"
    file.write_text(json.dumps(data))
    return amtool(
        "template",
        "render",
        "--template.glob=templates/*.tmpl",
        f"--template.data={file}",
        f'--template.text={{{{ template "{template}" . }}}}',
    ).strip()


def message(*alerts: Mapping[str, Any], status: str = "firing", **group: str) -> dict[str, Any]:
    return {
        "status": status,
        "groupLabels": group,
        "commonLabels": {"severity": "warning"},
        "alerts": [{"status": status, "startsAt": "2026-03-14T09:26:00Z", **alert} for alert in alerts],
    }


DROP = {
    "labels": {"alertname": "SelfServiceResolutionDrop", "severity": "warning"},
    "annotations": {
        "summary": "It fell",
        "description": "By much.",
        "runbook_url": "https://wiki.example/drop",
        "dashboard_url": "https://grafana.example/d",
    },
}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            message(DROP, kpi="self_service_resolution", channel="chat"),
            "[WARNING: 1] self_service_resolution (chat): SelfServiceResolutionDrop",
        ),
        (
            message(DROP, DROP, kpi="self_service_resolution", channel="all"),
            "[WARNING: 2] self_service_resolution: SelfServiceResolutionDrop and more",
        ),
        (message(DROP, status="resolved"), "[RESOLVED] selfserve: SelfServiceResolutionDrop"),
    ],
)
def test_the_title_says_what_and_where(data: Mapping[str, Any], expected: str, tmp_path: Path) -> None:
    assert render("selfserve.title", data, tmp_path) == expected


def test_the_text_says_what_to_do(tmp_path: Path) -> None:
    text = render("selfserve.text", message(DROP, kpi="self_service_resolution"), tmp_path)

    assert text.splitlines() == [
        "FIRING warning SelfServiceResolutionDrop",
        "It fell",
        "By much.",
        "What to do:  https://wiki.example/drop",
        "Figures:     https://grafana.example/d",
        "Since:       2026-03-14 09:26:00 UTC",
    ]


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[str]:
    """Start a real Alertmanager with the shipped configuration; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus-alertmanager",
                f"--config.file={CONFIGURATION}",
                f"--storage.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def ask(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def suppressed(
    url: str, alerts: list[dict[str, str]], expected: set[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Return name and channel of the alerts that are muted, once they are as expected or 30 s have passed."""
    deadline = time.monotonic() + 30
    found: set[tuple[str, str]] = set()
    sent = False
    while time.monotonic() < deadline:
        try:
            if not sent:
                ask(f"{url}/api/v2/alerts", [{"labels": labels} for labels in alerts])
                sent = True
            shown = ask(f"{url}/api/v2/alerts")
        except OSError:
            time.sleep(0.1)
            continue
        found = {
            (alert["labels"]["alertname"], alert["labels"].get("channel", ""))
            for alert in shown
            if alert["status"]["state"] == "suppressed"
        }
        if len(shown) == len(alerts) and found == expected:
            break
        time.sleep(0.1)
    return found


def in_channel(alert: str, channel: str) -> dict[str, str]:
    return {**ALERTS[alert], "channel": channel}


def test_figures_that_stand_still_mute_all_alerts_on_kpis_and_no_other(alertmanager: str) -> None:
    muted = {name for name, labels in ALERTS.items() if labels.get("kpi_alert") == "true"}
    assert muted

    expected = {(name, "") for name in muted}
    assert suppressed(alertmanager, list(ALERTS.values()), expected) == expected


def test_the_worst_mutes_the_rest_of_the_same_kpi_and_channel(alertmanager: str) -> None:
    alerts = [
        in_channel("ConversationAbandonmentBurnFast", "chat"),
        in_channel("ConversationAbandonmentBurnSlow", "chat"),
        in_channel("ConversationAbandonmentAnomaly", "chat"),
        in_channel("ConversationAbandonmentBurnSlow", "all"),
        in_channel("SelfServiceResolutionDrop", "chat"),
        ALERTS["SelfserveAbsent"],
        ALERTS["SelfserveDeadLetters"],
    ]

    expected = {("ConversationAbandonmentBurnSlow", "chat"), ("ConversationAbandonmentAnomaly", "chat")}
    assert suppressed(alertmanager, alerts, expected) == expected
