"""The recorded logs through Kafka, a worker process and an exporter process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.changelogs import Kept, open_changelogs
from app.settings import Settings, load_settings
from streams.core.batch import Sums
from streams.core.time import ALL
from tests.realdata.comparison import QUANTILE, Reference
from tests.realdata.helpdesk_figures import TO_REPLY, TO_RESOLUTION
from tests.realdata.logs import native_events
from tests.realdata.sparkify import ALL_PAGES
from tests.realdata.values import UNBROKEN
from tests.support.accounting import contributions_kept
from tests.support.exporters import Exporter, Series
from tests.support.figures import figures_of
from tests.support.kafka import SharedKafka
from tests.support.processes import environment, eventually
from tests.support.workers import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.data, pytest.mark.slow]

Figures = dict[Series, float]
Process = TypeVar("Process", bound=Worker)
PARTITIONS = 4
DRAINED_WITHIN_S = 180
ACTIVE = "kpi_active_users"


class Installation:
    """Worker and exporter of one log, told by variables where Kafka is and as whom to meet it."""

    def __init__(self, bootstrap_servers: str, prefix: str, directory: Path) -> None:
        self.directory = directory
        self.config = directory / "selfserve.yaml"
        self.file = directory / "events.ndjson"
        self.variables = {
            "SELFSERVE_BOOTSTRAP_SERVERS": bootstrap_servers,
            "SELFSERVE_GROUP": f"{prefix}group",
            "SELFSERVE_TOPIC_PREFIX": prefix,
            "SELFSERVE_CHECKPOINT_INTERVAL": "200ms",
        }
        self.processes: list[Worker] = []

    def write(self, events: list[dict[str, Any]], **definitions: Any) -> int:
        """Write settings and events; how many records there will be."""
        # JSON is YAML.
        self.config.write_text(
            json.dumps({"kafka": {"partitions": PARTITIONS}, "definitions": definitions}), encoding="utf-8"
        )
        self.file.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        return len(events)

    def run(self, *arguments: str) -> str:
        """Run a command to its end; its standard output."""
        done = subprocess.run(
            self._command(*arguments),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=environment(**self.variables),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, kind: type[Process], *arguments: str) -> Process:
        """Start a process on a free port."""
        log = self.directory / f"{arguments[0]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*self._command(*arguments), "--port", "0"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(**self.variables),
            )
        started = kind(process, log)
        self.processes.append(started)
        return started

    def stop(self) -> None:
        """End what still runs."""
        for process in self.processes:
            if not process.ended():
                process.kill()
            # Shown where a test fails.
            print(f"---- {process.log.name}\n{process.text()[-4000:]}")

    def settings(self) -> Settings:
        """The settings as the processes have them."""
        return load_settings(self.config, environ={**os.environ, **self.variables})

    def kept(self) -> list[Kept]:
        """The last checkpoint of every partition number, as the next owner would read it."""

        async def read() -> list[Kept]:
            async with open_changelogs(self.settings()) as changelogs:
                return [await changelogs.read(number) for number in range(PARTITIONS)]

        return asyncio.run(read())

    def evaluated(self, *arguments: str) -> Figures:
        """What `selfserve evaluate` makes of the same file, just after its last event."""
        lines = map(json.loads, self.run("evaluate", str(self.file), *arguments).splitlines())
        return {(line["metric"], tuple(sorted(line["labels"].items()))): line["value"] for line in lines}

    def _command(self, command: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "app", command, "--config", str(self.config), *arguments]


@pytest.fixture
def installation(kafka: SharedKafka, topic_prefix: str, tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(kafka.bootstrap_servers, topic_prefix, tmp_path)
    try:
        yield installation
    finally:
        installation.stop()


def closing(instant: str) -> dict[str, Any]:
    """An event that counts nowhere and moves the evaluation time on to just after it."""
    return {
        "id": "closing",
        "type": "email.delivered",
        "time": instant,
        "user_id": "nobody",
        "data": {"email_id": "closing", "campaign": "none"},
    }


def accounted(exporter: Exporter, **labels: str) -> float:
    """How many records of the source topics are accounted for; what partition numbers tell one another is left out."""
    told = exporter.metric("selfserve_accounted_records", topic="selfserve.events", **labels)
    return exporter.metric("selfserve_accounted_records", **labels) - told


def drain(installation: Installation, records: int) -> tuple[Worker, Exporter]:
    """Send the file and wait until the exporter knows of every record; the worker and the exporter."""
    installation.run("topics")
    installation.run("send", "--keep-invalid", str(installation.file))
    worker = installation.start(Worker, "worker", "--clock", "event")
    exporter = installation.start(Exporter, "exporter")

    def drained() -> bool:
        assert not worker.ended(), worker.text()
        assert not exporter.ended(), exporter.text()
        return accounted(exporter) == records

    eventually(drained, "every record is accounted for", within_s=DRAINED_WITHIN_S)
    return worker, exporter


def differing(expected: Figures, found: Figures) -> list[str]:
    """Every series that is not exactly the same."""
    return [
        f"{name}{dict(labels)}: expected {expected.get((name, labels))}, found {found.get((name, labels))}"
        for name, labels in sorted(expected.keys() | found.keys())
        if expected.get((name, labels)) != found.get((name, labels))
    ]


def agreed(expected: Figures, exporter: Exporter) -> Figures:
    """The exporter's figures, once they are the expected ones: the hourly sweep comes after the last record."""
    with contextlib.suppress(AssertionError):
        eventually(lambda: not differing(expected, exporter.figures()), "the figures agree")
    found = exporter.figures()
    assert differing(expected, found) == []
    return found


def number(figures: Mapping[Series, float], metric: str, **labels: str) -> float:
    """One series; dimensions that are not given stand at `all`."""
    ((series, value),) = [
        (series, value)
        for series, value in figures.items()
        if series[0] == metric
        and dict(series[1]) == {name: labels.get(name, UNBROKEN) for name, _ in series[1]}
    ]
    assert labels.keys() <= dict(series[1]).keys()
    return value


def by(figures: Mapping[Series, float], dimension: str, metric: str, **labels: str) -> dict[str, float]:
    """A metric by one dimension; the others stand at `all` unless they are given."""
    found = {}
    for name, series in figures:
        values = dict(series)
        value = values.pop(dimension, UNBROKEN)
        if name == metric and value != UNBROKEN and values == {n: labels.get(n, UNBROKEN) for n in values}:
            found[value] = figures[name, series]
    return found


def kept_figures(kept: list[Kept], at: int, settings: Settings) -> Figures:
    """The figures over everything that is kept, and those that have no windows."""
    sums = Sums(contributions_kept(kept), at, kept[0].state.rules)
    found = figures_of(sums, settings.definitions)
    return {series: value for series, value in found.items() if dict(series[1]).get("window", ALL) == ALL}


def evaluation_time(exporter: Exporter) -> int:
    return round(exporter.metric("selfserve_evaluation_timestamp_seconds") * 1000)


def test_a_month_of_sparkify(installation: Installation, recorded_data: Path) -> None:
    reference = Reference(recorded_data / "sparkify" / "reference.json")
    events = [*native_events("sparkify", recorded_data), closing("2018-11-30T23:59:59.999Z")]
    _, exporter = drain(installation, installation.write(events, active_events=ALL_PAGES))

    assert evaluation_time(exporter) == 1543622400000  # 2018-12-01T00:00:00Z
    figures = agreed(installation.evaluated(), exporter)

    last_day = {name: reference.at("actives_all_pages", name, "2018-11-30") for name in ("dau", "rolling7")}
    for window, expected in (
        ("day", last_day["dau"]),
        ("1d", last_day["dau"]),
        ("7d", last_day["rolling7"]),
        ("30d", reference.at("users")),
    ):
        assert number(figures, ACTIVE, window=window) == expected, window
    assert number(figures, "kpi_stickiness_ratio") == last_day["dau"] / reference.at("users")
    assert number(figures, "kpi_adoption_denominator", window="30d") == reference.at("users")
    assert number(figures, "kpi_self_service_adoption_numerator", window="30d") == reference.at(
        "help_page_users(self-service proxy)"
    )
    # The month has 30 days, so that the longest window holds the whole log.
    assert by(figures, "platform", ACTIVE, window="30d") == reference.at("users_per_page")

    refused = reference.at("anonymous_rows(userId empty)")
    assert exporter.metric("selfserve_refused_records", reason="no_customer") == refused
    assert accounted(exporter, result="dead_letter") == refused
    accepted = reference.at("rows_with_user") + 1
    assert accounted(exporter, result="processed") == accepted


def test_four_years_of_the_helpdesk_in_no_order_of_time(
    installation: Installation, recorded_data: Path
) -> None:
    reference = Reference(recorded_data / "helpdesk" / "reference.json")
    events = native_events("helpdesk", recorded_data)
    times = [event["time"] for event in events]
    assert times != sorted(times)
    worker, exporter = drain(installation, installation.write(events))

    assert accounted(exporter, result="processed") == len(events)
    figures = agreed(installation.evaluated(), exporter)
    customers = reference.at("customer_actives(user=customer)", "distinct_users_overall")
    assert number(figures, "kpi_adoption_denominator", window="30d") == customers

    at = evaluation_time(exporter)
    assert worker.stop() == 0
    kept = kept_figures(installation.kept(), at, installation.settings())
    assert differing(installation.evaluated("--windows", ALL), kept) == []
    assert number(kept, ACTIVE, window=ALL) == customers
    assert number(kept, "kpi_reopen_denominator", window=ALL) == reference.at(
        "resolved_cases(>=1 'Resolve ticket')"
    )
    assert number(kept, "kpi_reopen_numerator", window=ALL) == reference.at(
        "reopened(work activity after a Resolve)", "cases"
    )
    served = "kpi_conversation_abandonment"
    assert number(kept, f"{served}_denominator", window=ALL) - number(
        kept, f"{served}_numerator", window=ALL
    ) == reference.at(TO_REPLY, "count")
    seconds = "kpi_time_to_resolution_seconds"
    assert number(kept, seconds, window=ALL, stat="mean") == pytest.approx(
        reference.at(TO_RESOLUTION, "mean_s"), abs=5.1e-4
    )
    for stat in ("p50", "p75", "p90"):
        expected = reference.at(TO_RESOLUTION, f"{stat}_s")
        assert number(kept, seconds, window=ALL, stat=stat) == pytest.approx(expected, rel=QUANTILE)
    resolved = by(kept, "channel", "kpi_reopen_denominator", window=ALL)
    by_product = reference.at("by_product(first event)")
    assert resolved == {
        product: table["resolved"] for product, table in by_product.items() if table["resolved"]
    }
    assert all(re.fullmatch(r"Value \d+", product) for product in resolved)
