"""One exporter process: everything put together, from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from app.catalogue.load import Catalogue
from app.errors import UserError
from app.exporter.collector import KpiCollector
from app.exporter.history import History
from app.exporter.history_topic import HistoryTopic
from app.exporter.http import Pages, Server
from app.exporter.live import Live
from app.exporter.recorder import Recorder
from app.exporter.selfmetrics import self_registry
from app.exporter.tail import Tail
from app.exporter.views import KpiView
from app.kafka.admin import KafkaUnreachableError
from app.kafka.connection import client_arguments
from app.kafka.topics import TopicReport, verify_topics
from app.settings import Settings
from app.web.access import access_of
from schemas.topics import ALL_TOPICS
from streams.names import PANES

log = structlog.get_logger(__name__)

HISTORY = "selfserve.history"


async def run_exporter(
    settings: Settings, catalogue: Catalogue, *, stop: asyncio.Event, listening: Callable[[str], None]
) -> None:
    """Run until ``stop`` is set; ``listening`` is called with the URL once requests are answered.

    Requests are answered from the start; KPIs are there when the panes have been read. Raises `UserError` if Kafka
    cannot be reached at the start, a topic is missing, or the port is taken.
    """
    client = client_arguments(settings)
    access = access_of("exporter", settings.exporter, settings.places)
    panes, history_report = await asyncio.to_thread(_topics, settings, client)
    kafka, exporter = settings.kafka, settings.exporter
    live = Live(
        catalogue,
        settings.definitions,
        partitions=panes.partitions,
        stale_after_ms=exporter.stale_after_ms,
        top=exporter.dimension_top,
        now=wall_ms,
    )
    history = History()
    views = {kpi.id: KpiView(kpi) for kpi in live.catalogue.values()}
    pages = Pages(
        live=live,
        history=history,
        families=catalogue.families,
        off=catalogue.switched_off(),
        views=views,
        kpis=KpiCollector(catalogue, live.figures),
        registry=self_registry(live),
    )
    async with contextlib.AsyncExitStack() as stack:
        server = Server(pages.application(access), exporter.listen, exporter.port, access)
        url = await server.start()
        stack.push_async_callback(server.stop)
        listening(url)
        topic = HistoryTopic(kafka.bootstrap_servers, history_report.name, history_report.partitions, client)
        tail = Tail(live, kafka.bootstrap_servers, panes.name, client=client)
        try:
            stack.push_async_callback(topic.stop)
            await topic.start()
            await topic.read_back(history)
            stack.push_async_callback(tail.stop)
            await tail.start()
        except KafkaError as error:
            raise UserError(
                f"Kafka at {kafka.bootstrap_servers} stopped answering at the start: {error}"
            ) from error
        recorder = Recorder(live, history, views, topic.write)
        stack.push_async_callback(recorder.close)
        await _until(stop, tail.run(recorder.record_if_due))


async def _until(stop: asyncio.Event, work: object) -> None:
    """Run a coroutine until it fails or ``stop`` is set."""
    working = asyncio.ensure_future(work)  # type: ignore[call-overload]
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


def _topics(settings: Settings, client: Mapping[str, Any]) -> tuple[TopicReport, TopicReport]:
    kafka = settings.kafka
    specs = [next(spec for spec in ALL_TOPICS if spec.name == name) for name in (PANES, HISTORY)]
    try:
        panes, history = verify_topics(
            kafka.bootstrap_servers, kafka.topic_prefix, kafka.partitions, topics=specs, client=client
        )
    except KafkaUnreachableError as error:
        raise UserError(str(error)) from error
    for report in (panes, history):
        if report.status == "missing":
            raise UserError(" ".join(report.problems))
        for problem in report.problems:
            log.warning("a topic is not as it should be", topic=report.name, problem=problem)
    return panes, history


def wall_ms() -> int:
    """Return the wall time in milliseconds."""
    return time.time_ns() // 1_000_000
