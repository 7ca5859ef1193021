"""The shipped alerts in a real Prometheus and a real Alertmanager, over figures of a real worker and exporter.

What is shortened are settings: how long alerts wait (`alerts` in the settings of `selfserve generate`) and the assumption
time. A week stays a week: last week's figures come from `selfserve backfill`.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.catalogue.load import load_catalogue
from app.config.alerts import AlertTimes
from app.generation import names
from app.generation.queries import KpiQueries
from app.instants import format_instant
from tests.conftest import REPOSITORY
from tests.support.exporters import Exporters
from tests.support.kafka import SharedKafka
from tests.support.monitoring import Alertmanager, Prometheus, Receiver
from tests.support.processes import environment, eventually
from tests.support.workers import Service

pytestmark = [pytest.mark.kafka, pytest.mark.prometheus, pytest.mark.alertmanager, pytest.mark.slow]

KPI = load_catalogue()["self_service_resolution"]
DROP, LOW = names.drop_alert(KPI), names.band_alert(KPI)

MINUTE = 60_000
HOUR = 60 * MINUTE
WEEK = 7 * 24 * HOUR

CUSTOMERS = "20000"
"""So many that somebody is free to need help at every rate."""

SHORT = {
    "evaluation_interval": "1s",
    "stale_after": "20s",
    "stalled_hold": "1s",
    "no_events_after": "30s",
    "no_events_hold": "2s",
    "drop_hold": "5s",
    "anomaly_hold": "5s",
    "band_hold": "5s",
    "band_keep": "1m",
    "burn_fast_hold": "2s",
    "burn_slow_hold": "2s",
}
LINKS = {
    "runbook": "https://wiki.example/docs/runbooks/{alert}.md",
    "dashboard": "https://grafana.example/dashboards?tag={kpi}",
}


class Live:
    """Everything that takes part, started one after the other.

    The rates are small, and such that the failing customers bend the figures of an hour and of a week, and those who come after
    them mend both.
    """

    def __init__(self, service: Service, folder: Path) -> None:
        self.service, self.folder = service, folder
        self.now = int(time.time() * 1_000)
        self._simulations: list[subprocess.Popen[bytes]] = []

    def simulate(self, scenario: str, rate: float, start: int, *more: str) -> subprocess.Popen[bytes]:
        """Start simulated customers; what happens before now is sent at once."""
        log = self.folder / f"simulate-{len(self._simulations)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "app", "simulate", "--config", str(self.service.config)),
                    *("--scenario", scenario, "--rate", str(rate), "--customers", CUSTOMERS),
                    *("--seed", str(len(self._simulations) + 1), "--start", format_instant(start), *more),
                ],
                stdout=out,
                stderr=out,
                env=environment(),
            )
        self._simulations.append(process)
        return process

    def load(self, *options: str) -> Path:
        """Simulate into a file, send that, and return it."""
        file = self.folder / f"history-{options[1]}.ndjson"
        self.run("simulate", "--customers", CUSTOMERS, "--output", str(file), *options)
        self.run("send", str(file))
        return file

    def run(self, *arguments: str) -> None:
        """Run a command of the service to its end."""
        done = self.service.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    def end_simulations(self) -> None:
        """Make all customers fall silent."""
        for process in self._simulations:
            process.terminate()
            process.wait(30)


def promtool(*arguments: str, folder: Path) -> None:
    done = subprocess.run(
        ["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def shipped_alertmanager(receiver: str) -> dict[str, Any]:
    """Return the shipped configuration with receivers of its own, and without the times that messages wait for others."""
    document: dict[str, Any] = yaml.safe_load(
        (REPOSITORY / "deploy" / "alertmanager" / "alertmanager.yml").read_text()
    )
    document.pop("templates")
    for one in document["receivers"]:
        one.pop("email_configs", None)
        if one["name"] != "nobody":
            one["webhook_configs"] = [{"url": f"{receiver}/{one['name']}", "send_resolved": True}]
    for route in (document["route"], *document["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "2s"}
    return document


def shipped_prometheus(rules: Path, alertmanager: str, targets: dict[str, str]) -> dict[str, Any]:
    """Return the shipped configuration with the addresses of this test."""
    document: dict[str, Any] = yaml.safe_load(
        (REPOSITORY / "deploy" / "prometheus" / "prometheus.yml").read_text()
    )
    document["global"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    document["rule_files"] = [str(rules / "*.rules.yml")]
    document["scrape_configs"] = [
        {"job_name": job["job_name"], "static_configs": [{"targets": [targets[job["job_name"]]]}]}
        for job in document["scrape_configs"]
        if job["job_name"] in targets
    ]
    document["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]}
    return document


@contextlib.contextmanager
def monitored(
    live: Live, targets: dict[str, str], history: Path
) -> Iterator[tuple[Prometheus, Alertmanager, Receiver]]:
    """Yield Prometheus, which knows last week, Alertmanager, and where its messages go."""
    folder, data = live.folder, live.folder / "prometheus"
    live.run("generate", "--output", str(folder / "generated"))
    rules = folder / "generated" / names.RULES_FOLDER
    around = live.now - WEEK
    live.run(
        *("backfill", str(history), "--output", str(folder / "history.om"), "--every", "4m"),
        *("--from", format_instant(around - 40 * MINUTE), "--to", format_instant(around + 45 * MINUTE)),
    )
    promtool("tsdb", "create-blocks-from", "openmetrics", "history.om", str(data), folder=folder)
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump({"global": {}}))
    with Prometheus(config, data, folder / "prometheus.log") as prometheus:
        promtool(
            *("tsdb", "create-blocks-from", "rules", f"--url={prometheus.url}", f"--output-dir={data}"),
            *(f"--start={(around - 35 * MINUTE) // 1_000}", f"--end={(around + 40 * MINUTE) // 1_000}"),
            str(rules / f"{KPI.id}.rules.yml"),
            folder=folder,
        )
    with Receiver() as receiver:
        manager = folder / "alertmanager.yml"
        manager.write_text(yaml.safe_dump(shipped_alertmanager(receiver.url)))
        with Alertmanager(manager, folder / "alertmanager", folder / "alertmanager.log") as alertmanager:
            config.write_text(yaml.safe_dump(shipped_prometheus(rules, alertmanager.address, targets)))
            with Prometheus(config, data, folder / "prometheus.log") as prometheus:
                yield prometheus, alertmanager, receiver


def test_alerts_fire_reach_their_receivers_mute_one_another_and_end(
    kafka: SharedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    settings = {
        "worker": {"clock": "wall", "checkpoint_interval": "500ms"},
        "definitions": {"assumption_time": "2h"},
        "alerts": SHORT,
        "links": LINKS,
    }
    with (
        Service(kafka.bootstrap_servers, topic_prefix, tmp_path, settings=settings) as service,
        contextlib.ExitStack() as stack,
    ):
        live = Live(service, tmp_path)
        stack.callback(live.end_simulations)
        last_week = live.load(
            "--start", format_instant(live.now - WEEK - 4 * HOUR), *("--duration", "5h", "--rate", "3")
        )
        live.load("--start", format_instant(live.now - 3 * HOUR), *("--duration", "3h", "--rate", "0.7"))
        exporters = Exporters(service.config)
        stack.callback(exporters.stop)
        exporter, worker = exporters.start(), service.start()
        worker.wait_ready()
        exporter.wait_ready()
        targets = {
            f"selfserve-{kind}": one.url.removeprefix("http://").rstrip("/")
            for kind, one in (("exporter", exporter), ("worker", worker))
            if one.url is not None
        }
        prometheus, alertmanager, receiver = stack.enter_context(monitored(live, targets, last_week))

        def fires(alert: str, within_s: float = 120) -> None:
            eventually(lambda: alert in prometheus.firing(), f"{alert} fires", within_s=within_s)

        def hears(alert: str, status: str, within_s: float = 120) -> dict[str, Any]:
            eventually(lambda: receiver.received(alert, status), f"{alert} is {status}", within_s=within_s)
            return receiver.received(alert, status)[0]

        # As last week: there is something to compare with, and no alert.
        queries = KpiQueries(KPI, AlertTimes())
        compared = [queries.weeks_ago("1h", 1), queries.value("1h"), f"{queries.samples('1h', 1)} >= 50"]
        eventually(lambda: all(prometheus.query(one) for one in compared), "last week is known")
        assert not prometheus.firing() & {DROP, LOW}

        # Half of the resolutions fail.
        failing = live.simulate("resolution-drop", 5, int(time.time() * 1_000) - 50 * MINUTE)
        fires(DROP)
        fires(LOW)
        heard = hears(DROP, "firing")
        assert heard["path"] == "/team"
        assert heard["labels"].items() >= {"kpi": KPI.id, "kpi_alert": "true", "severity": "warning"}.items()
        assert heard["annotations"]["summary"].startswith(f"{KPI.title} fell by ")
        assert heard["annotations"]["runbook_url"] == f"https://wiki.example/docs/runbooks/{DROP}.md"
        assert heard["annotations"]["dashboard_url"] == f"https://grafana.example/dashboards?tag={KPI.id}"

        # Nobody counts any more.
        worker.kill()
        fires(names.STALLED)
        assert hears(names.STALLED, "firing")["path"] == "/oncall"
        eventually(
            lambda: alertmanager.muted_by(LOW) == {names.STALLED}, "what the figures last said is muted"
        )
        assert DROP not in prometheus.firing()

        # Workers and customers recover.
        failing.terminate()
        port = targets["selfserve-worker"].rpartition(":")[2]
        service.start("--port", port).wait_ready()
        # Since before the assumption time, so that assumed resolutions are among those that succeed.
        live.simulate("steady", 10, int(time.time() * 1_000) - 4 * HOUR)
        for alert in (names.STALLED, DROP, LOW):
            hears(alert, "resolved")

        # Nobody sends; after a minute the producers are back.
        live.end_simulations()
        live.simulate("outage", 6, int(time.time() * 1_000) - 4 * MINUTE)
        fires(names.NO_EVENTS)
        hears(names.NO_EVENTS, "firing")
        hears(names.NO_EVENTS, "resolved")
        eventually(
            lambda: not prometheus.firing() & {DROP, LOW, names.STALLED, names.NO_EVENTS}, "all is well again"
        )
