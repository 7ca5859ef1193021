"""Real exporters against a real broker, with checkpoints written by hand, and one whole pipeline."""

from __future__ import annotations

import json
import random
import shutil
import signal
import socket
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, cast

import pytest
from kafka.admin import KafkaAdminClient

from app.kafka.broker import EmbeddedKafka
from app.kafka.topics import ensure_topics
from schemas.topics import INTERNAL_TOPICS
from streams.core.measures import Cell
from streams.core.time import MINUTE_MS
from streams.names import PANES, SOURCES
from tests.app.exporter.support import Entry, Writer
from tests.oracle.generate import random_events
from tests.support.accounting import newest, one_claim_each
from tests.support.exporters import Exporter, Exporters, PanesTopic
from tests.support.figures import batch_figures, differing
from tests.support.hostile import Names
from tests.support.hostile import events as hostile_events
from tests.support.kafka import SharedKafka
from tests.support.processes import eventually
from tests.support.prometheus import prometheus
from tests.support.workers import Service

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PARTITIONS = 2
CONFIRMED: Cell = ("confirmed", "1", "chat", "free", "smb")
ABANDONED: Cell = ("abandoned", "1", "chat", "free", "smb")
DENOMINATOR = "kpi_self_service_resolution_denominator"
HOUR = {"window": "1h", "channel": "all", "plan": "all", "segment": "all"}


class Board:
    """Partition numbers that write to the topic, and exporters that read it."""

    def __init__(self, bootstrap_servers: str, prefix: str, directory: Path, **exporter: Any) -> None:
        ensure_topics(bootstrap_servers, prefix, PARTITIONS, topics=INTERNAL_TOPICS)
        self.config = directory / "selfserve.yaml"
        kafka = {"bootstrap_servers": bootstrap_servers, "topic_prefix": prefix, "partitions": PARTITIONS}
        self.config.write_text(json.dumps({"kafka": kafka, "exporter": exporter}))
        self.exporters = Exporters(self.config)
        self.topic = PanesTopic(bootstrap_servers, prefix)
        self.writers = [Writer(number) for number in range(PARTITIONS)]

    def __enter__(self) -> Self:
        self.topic.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.exporters.stop()
        self.topic.__exit__(*error)

    def entries(self, number: int, n: int = 0, cell: Cell = CONFIRMED, **changes: Any) -> list[Entry]:
        """The records of one checkpoint in which a number counts n issues more, in the last full minute."""
        writer = self.writers[number]
        now = time.time_ns() // 1_000_000
        if n:
            writer.panes["issues"].add(cell, now // MINUTE_MS - 1, n)
        begin = len(writer.log)
        writer.checkpoint(**{"written": now, "evaluated": now, **changes})
        return writer.log[begin:]

    def commit(self, number: int, n: int = 0, cell: Cell = CONFIRMED, **changes: Any) -> None:
        self.topic.commit(number, self.entries(number, n, cell, **changes))


@pytest.fixture
def board(kafka: SharedKafka, topic_prefix: str, tmp_path: Path) -> Iterator[Board]:
    with Board(kafka.bootstrap_servers, topic_prefix, tmp_path) as board:
        yield board


def ready(exporter: Exporter) -> Exporter:
    exporter.wait_ready()
    return exporter


def test_only_what_is_committed_and_closed_is_exported(board: Board) -> None:
    board.commit(0, 3)
    board.commit(1, 4, ABANDONED)
    exporter = ready(board.exporters.start())
    exporter.wait_value(7, DENOMINATOR, **HOUR)
    assert exporter.value("kpi_self_service_resolution_ratio", resolution="all", **HOUR) == 3 / 7

    writer = board.writers[0]
    panes, log = writer.panes["issues"].blocks, list(writer.log)
    before = {block: dict(numbers) for block, numbers in panes.items()}
    board.topic.abort(0, board.entries(0, 100))
    panes.clear()
    panes.update(before)
    writer.log = log

    hidden = board.entries(0, 5)
    with board.topic.transaction(0, hidden):
        # The other number's checkpoint shows that the exporter has gone on past the open transaction.
        board.commit(1, 1, ABANDONED)
        exporter.wait_value(8, DENOMINATOR, **HOUR)
    exporter.wait_value(13, DENOMINATOR, **HOUR)

    unclosed = board.entries(0, 10)
    board.topic.commit(0, unclosed[:-1])
    board.commit(1, 1, ABANDONED)
    exporter.wait_value(14, DENOMINATOR, **HOUR)
    board.topic.commit(0, unclosed[-1:])
    exporter.wait_value(24, DENOMINATOR, **HOUR)


def test_all_exporters_show_the_same_whenever_they_started(board: Board) -> None:
    rng = random.Random(5)
    first = ready(board.exporters.start())
    for _ in range(40):
        number = rng.randrange(PARTITIONS)
        cell = (
            rng.choice(["confirmed", "abandoned", "escalated"]),
            "1",
            rng.choice(["chat", "email"]),
            "free",
            "smb",
        )
        board.commit(number, rng.randint(-2, 5), cell)
    for number in range(PARTITIONS):
        board.commit(number, evaluated=time.time_ns() // 1_000_000)
    second = ready(board.exporters.start())

    def agree() -> bool:
        figures = first.figures()
        return len(figures) > 100 and figures == second.figures()

    eventually(agree, "both show the same")
    assert first.stop() == second.stop() == 0
    for exporter in (first, second):
        assert "Traceback" not in exporter.text(), exporter.text()


def test_it_answers_before_any_worker_has_reported(board: Board) -> None:
    exporter = ready(board.exporters.start())
    assert exporter.figures() == {}
    assert exporter.get("healthz") == (200, "alive\n")
    status, body = exporter.get("api/v1/kpis")
    assert status == 503
    assert json.loads(body)["reasons"] == ["no worker has ever reported for partition 0, 1"]
    board.commit(0)
    board.commit(1)
    exporter.wait_value(0, DENOMINATOR, **HOUR)


def test_history_is_read_back_and_the_same_slot_is_recorded_once(board: Board) -> None:
    def points(exporter: Exporter) -> list[dict[str, Any]]:
        history = exporter.api("kpis/self_service_resolution?window=1h")["history"]
        return [
            point
            for series in history
            if series["labels"]["resolution"] == "all"
            for point in series["points"]
        ]

    start = (time.time_ns() // 1_000_000 - 3_600_000) // 300_000 * 300_000 + 1_000
    board.writers[0].panes["issues"].add(CONFIRMED, start // MINUTE_MS - 5, 4)
    for number in range(PARTITIONS):
        board.commit(number, evaluated=start)
    first = ready(board.exporters.start())
    eventually(lambda: len(points(first)) == 1, "the first slot is recorded")
    second = ready(board.exporters.start())
    for number in range(PARTITIONS):
        board.commit(number, evaluated=start + 300_000)
    for exporter in (first, second):
        eventually(lambda exporter=exporter: len(points(exporter)) == 2, "the second slot is recorded")  # type: ignore[misc]
    recorded = points(first)
    assert [point["denominator"] for point in recorded] == [4, 4]
    assert points(second) == recorded
    assert first.stop() == second.stop() == 0
    third = ready(board.exporters.start())
    assert points(third) == recorded


def test_an_outage_of_the_broker_is_survived(tmp_path: Path) -> None:
    with (
        EmbeddedKafka(tmp_path / "kafka") as broker,
        Board(broker.bootstrap_servers, "", tmp_path, stale_after="2s") as board,
    ):
        board.commit(0, 3)
        board.commit(1)
        exporter = ready(board.exporters.start())
        exporter.wait_value(3, DENOMINATOR, **HOUR)
        broker.kill()
        exporter.wait_value(None, DENOMINATOR, **HOUR)
        assert exporter.metric("selfserve_exporter_current") == 0
        assert exporter.get("readyz")[0] == 503
        assert exporter.get("healthz")[0] == 200
        broker.restart()
        exporter.wait_value(3, DENOMINATOR, **HOUR)
        board.commit(0, 2)
        exporter.wait_value(5, DENOMINATOR, **HOUR)
        broker.kill()
        exporter.wait_value(None, DENOMINATOR, **HOUR)
        assert exporter.stop() == 0
        assert "Traceback" not in exporter.text(), exporter.text()


def test_a_topic_that_is_made_again_is_read_from_its_beginning(
    board: Board, kafka: SharedKafka, topic_prefix: str
) -> None:
    for _ in range(5):
        board.commit(0, 3)
    board.commit(1)
    exporter = ready(board.exporters.start())
    exporter.wait_value(15, DENOMINATOR, **HOUR)
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers) as admin:
        admin.delete_topics([topic_prefix + PANES])
        eventually(lambda: topic_prefix + PANES not in admin.list_topics(), "the topic is gone")
    ensure_topics(kafka.bootstrap_servers, topic_prefix, PARTITIONS, topics=INTERNAL_TOPICS)
    board.writers = [Writer(number) for number in range(PARTITIONS)]
    board.commit(0, 2)
    board.commit(1)
    exporter.wait_value(2, DENOMINATOR, **HOUR)


@pytest.mark.parametrize("missing", [PANES, "selfserve.history"])
def test_a_missing_topic_is_named(board: Board, kafka: SharedKafka, topic_prefix: str, missing: str) -> None:
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers) as admin:
        admin.delete_topics([topic_prefix + missing])
        eventually(lambda: topic_prefix + missing not in admin.list_topics(), "the topic is gone")
    exporter = board.exporters.start()
    assert exporter.wait() == 2
    assert (
        f"Error: {topic_prefix}{missing} does not exist. Create it with: selfserve topics" in exporter.text()
    )


def test_an_unreachable_broker_and_a_taken_port_are_named(board: Board) -> None:
    unreachable = board.exporters.start("--bootstrap-servers", "127.0.0.1:1")
    assert unreachable.wait() == 2
    assert "Error: Kafka cannot be reached at 127.0.0.1:1" in unreachable.text()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = board.exporters.start("--port", str(port))
        assert refused.wait() == 2
    assert f"Error: Cannot listen on 127.0.0.1:{port}" in refused.text()
    for exporter in (unreachable, refused):
        assert "Traceback" not in exporter.text(), exporter.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(board: Board, number: signal.Signals) -> None:
    exporter = ready(board.exporters.start())
    exporter.signal(number)
    assert exporter.wait(10) == 0
    assert "Traceback" not in exporter.text(), exporter.text()


def test_events_become_the_figures_that_the_batch_has(
    kafka: SharedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    events = one_claim_each(random_events(random.Random(11), 1_200))
    with Service(kafka.bootstrap_servers, topic_prefix, tmp_path, 4) as service:
        exporters = Exporters(service.config)
        try:
            service.start().wait_ready()
            exporter = exporters.start()
            service.produce(events, rng=random.Random(12))
            service.wait_processed()
            at = newest(service.kept()) + 1
            eventually(
                lambda: exporter.metric("selfserve_evaluation_timestamp_seconds") == at / 1000,
                "the figures are complete",
            )
            expected = {
                series: value
                for series, value in batch_figures(events, at, service.load().definitions).items()
                if ("window", "all") not in series[1]
            }
            assert len(expected) > 500
            eventually(
                lambda: differing(expected, exporter.figures()) == [], "the figures are those of the batch"
            )
            accounted = exporter.metric("selfserve_accounted_records")
            assert accounted == sum(
                len(found) for topic in SOURCES for found in service.records(topic).values()
            )
        finally:
            exporters.stop()


def test_made_up_names_make_no_series(kafka: SharedKafka, topic_prefix: str, tmp_path: Path) -> None:
    rng = random.Random(6)
    names = Names(rng, 20)
    source = hostile_events(names, rng)
    events = [next(source) for _ in range(4_000)]
    definitions = {"max_dimension_values": 40, "max_joint_values": 1_000}
    with Service(
        kafka.bootstrap_servers,
        topic_prefix,
        tmp_path,
        partitions=PARTITIONS,
        settings={"definitions": definitions},
    ) as service:
        exporters = Exporters(service.config)
        try:
            worker = service.start()
            worker.wait_ready()
            exporter = exporters.start()
            service.produce(events)
            service.wait_processed()
            at = newest(service.kept()) + 1
            eventually(
                lambda: exporter.metric("selfserve_evaluation_timestamp_seconds") == at / 1000,
                "the figures are complete",
            )
            values: dict[tuple[str, str, str | None], set[str]] = defaultdict(set)
            figures = exporter.figures()
            for metric, labels in figures:
                for name, value in labels:
                    values[metric, name, dict(labels).get("window")].add(value)
            made_up = {key for key, found in values.items() if any("-0" in value for value in found)}
            assert {"feature", "channel", "article", "platform", "network", "milestone"} <= {
                name for _, name, _ in made_up
            }
            # The top 20, and `all`, `other`, `unknown`.
            assert {key: values[key] for key in made_up if len(values[key]) > 23} == {}
            assert names.used > 5_000
            assert len(figures) < 20_000
            assert worker.metric("selfserve_overflow_total", dimension="feature") > 0
        finally:
            exporters.stop()


@pytest.mark.prometheus
def test_prometheus_scrapes_it(board: Board, tmp_path: Path) -> None:
    board.commit(0, 3)
    board.commit(1, 1, ABANDONED)
    exporter = ready(board.exporters.start())
    exporter.wait_value(4, DENOMINATOR, **HOUR)
    url = cast("str", exporter.url)
    job = {
        "job_name": "selfserve",
        "static_configs": [{"targets": [url.removeprefix("http://").rstrip("/")]}],
    }
    with prometheus(job, tmp_path) as query:
        resolution = 'kpi_self_service_resolution_ratio{resolution="all",channel="all",plan="all",segment="all",window="1h"}'
        eventually(lambda: query(resolution), "Prometheus has the value")
        assert query(resolution)[0]["value"][1] == "0.75"
        assert query('up{job="selfserve"}')[0]["value"][1] == "1"
        (samples,) = query("scrape_samples_scraped")
        assert int(samples["value"][1]) > len(exporter.figures())


@pytest.mark.browser
def test_the_page_shows_the_figures(board: Board, tmp_path: Path) -> None:
    board.commit(0, 3)
    board.commit(1, 1, ABANDONED)
    exporter = ready(board.exporters.start())
    exporter.wait_value(4, DENOMINATOR, **HOUR)

    def page() -> str:
        return subprocess.run(
            [
                cast("str", shutil.which("chromium")),
                *(
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--lang=en-US",
                    "--virtual-time-budget=5000",
                ),
                f"--user-data-dir={tmp_path / 'chromium'}",
                "--dump-dom",
                cast("str", exporter.url),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout

    shown = page()
    row = shown.split('data-row="self_service_resolution"')[1].split("</tr>")[0]
    assert "75.0%" in row
    assert "Good" in row
    assert "few (under" in row
    assert "Complete up to" in shown
    exporter.stop()
