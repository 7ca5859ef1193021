"""The HTTP interface, over a real connection."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator

from app.errors import UserError
from app.exporter.collector import KpiCollector
from app.exporter.history import History, Key, Point, slot_of
from app.exporter.http import Pages, Server
from app.exporter.openapi import DOCUMENT
from app.exporter.selfmetrics import self_registry
from app.exporter.views import KpiView
from tests.app.exporter.support import NOW, World, world_with_figures

Client = TestClient[Any, Any]
LABELS = (("window", "7d"), ("resolution", "all"), ("channel", "all"), ("plan", "all"), ("segment", "all"))


def pages(world: World) -> Pages:
    history = History()
    for hour in (1, 2):
        slot = slot_of(NOW - hour * 3_600_000)
        history.put(Key("self_service_resolution", LABELS, slot), Point(slot, hour / 4, hour, 4))
    return Pages(
        live=world.live,
        history=history,
        families=world.catalogue.families,
        off=world.catalogue.switched_off(),
        views={kpi.id: KpiView(kpi) for kpi in world.live.catalogue.values()},
        kpis=KpiCollector(world.catalogue, world.live.figures),
        registry=self_registry(world.live),
    )


def talk(world: World, scenario: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with TestClient(TestServer(pages(world).application())) as client:
            await scenario(client)

    asyncio.run(run())


def conforms(document: Any, schema: str) -> None:
    Draft202012Validator({"$ref": f"#/components/schemas/{schema}", **DOCUMENT}).validate(document)


def test_metrics_as_text_and_as_openmetrics() -> None:
    async def scenario(client: Client) -> None:
        plain = await client.get("/metrics")
        assert plain.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = await plain.text()
        assert "# TYPE kpi_self_service_resolution_ratio gauge\n" in text
        assert "\nselfserve_evaluation_timestamp_seconds " in text
        assert "# EOF" not in text
        accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
        answer = await client.get("/metrics", headers={"Accept": accept})
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        openmetrics = await answer.text()
        assert openmetrics.endswith("# EOF\n")
        assert openmetrics.count("# EOF") == 1
        kpis = [line for line in text.splitlines() if line.startswith("kpi_")]
        assert kpis == [line for line in openmetrics.splitlines() if line.startswith("kpi_")]

    talk(world_with_figures(), scenario)


def test_metrics_are_compressed_for_those_who_ask() -> None:
    async def scenario(client: Client) -> None:
        for encoding, expected in (("gzip", "gzip"), ("identity", None)):
            answer = await client.get("/metrics", headers={"Accept-Encoding": encoding})
            assert answer.headers.get("Content-Encoding") == expected
            assert "kpi_info" in await answer.text()

    talk(world_with_figures(), scenario)


def test_a_stale_exporter_keeps_its_own_metrics_only() -> None:
    world = world_with_figures()
    world.now += 61_000

    async def scenario(client: Client) -> None:
        text = await (await client.get("/metrics")).text()
        names = set(re.findall(r"^(kpi_\w+)", text, re.MULTILINE))
        assert names == {"kpi_target", "kpi_info"}
        assert "\nselfserve_exporter_current 0.0\n" in text
        assert "\nselfserve_evaluation_timestamp_seconds " in text

    talk(world, scenario)


def test_all_kpis() -> None:
    async def scenario(client: Client) -> None:
        answer = await client.get("/api/v1/kpis")
        assert answer.status == 200
        document = await answer.json()
        conforms(document, "Overview")
        assert document["at"] == "2026-05-28T20:26:39.700Z"
        assert [kpi["id"] for kpi in document["kpis"]] == list(world.live.catalogue)
        (off,) = document["off"]
        assert off["id"] == "activation_sessions_per_activity"
        assert "`enabled: true` below `changes.activation_sessions_per_activity`" in off["state"]
        resolution = next(kpi for kpi in document["kpis"] if kpi["id"] == "self_service_resolution")
        first = [series for series in resolution["values"] if series["first"]]
        assert first == [
            {
                "labels": dict(LABELS),
                "value": 0.875,
                "numerator": 7,
                "denominator": 8,
                "band": "excellent",
                "first": True,
            }
        ]

    world = world_with_figures()
    talk(world, scenario)


def test_one_kpi_with_its_definition_and_history() -> None:
    async def scenario(client: Client) -> None:
        document = await (await client.get("/api/v1/kpis/self_service_resolution")).json()
        conforms(document, "Kpi")
        assert (document["value"], document["numerator"], document["denominator"]) == (0.875, 7, 8)
        assert document["definition"]["formula"]
        assert {"chat", "email"} <= {series["labels"]["channel"] for series in document["series"]}
        assert document["history"] == [
            {
                "labels": dict(LABELS),
                "points": [
                    {"at": "2026-05-28T18:25:00.000Z", "value": 0.5, "numerator": 2, "denominator": 4},
                    {"at": "2026-05-28T19:25:00.000Z", "value": 0.25, "numerator": 1, "denominator": 4},
                ],
            }
        ]
        other = await (await client.get("/api/v1/kpis/self_service_resolution?window=1h")).json()
        assert other["history"] == []

    talk(world_with_figures(), scenario)


@pytest.mark.parametrize("kpi", list(World().live.catalogue))
def test_every_kpi_conforms_to_the_description(kpi: str) -> None:
    async def scenario(client: Client) -> None:
        conforms(await (await client.get(f"/api/v1/kpis/{kpi}")).json(), "Kpi")
        rows = list(
            csv.DictReader(io.StringIO(await (await client.get(f"/api/v1/kpis/{kpi}?format=csv")).text()))
        )
        # One that is off has no series, nor has one without a value: a score, or values that are never added up.
        found = World().catalogue[kpi]
        valued = found.enabled and found.kind != "score" and all(d.overall for d in found.dimensions)
        assert rows or not valued

    talk(world_with_figures(), scenario)


def test_csv_has_a_row_for_each_series() -> None:
    async def scenario(client: Client) -> None:
        answer = await client.get("/api/v1/kpis/self_service_resolution?format=csv")
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert 'filename="self_service_resolution.csv"' in answer.headers["Content-Disposition"]
        rows = list(csv.DictReader(io.StringIO(await answer.text(), newline="")))
        assert list(rows[0]) == [
            *("window", "resolution", "channel", "plan", "segment", "value", "numerator", "denominator", "at")
        ]
        whole = [
            row for row in rows if (row["window"], row["resolution"], row["channel"]) == ("1h", "all", "chat")
        ]
        assert [(row["value"], row["numerator"], row["denominator"]) for row in whole] == [
            ("1.0", "7.0", "7.0")
        ]
        empty = [
            row for row in rows if row["window"] == "5m" and row["channel"] == "all" and row["plan"] == "all"
        ]
        assert {row["denominator"] for row in empty} == {"6.0"}

    talk(world_with_figures(), scenario)


def test_labels_that_a_spreadsheet_would_run_are_defused() -> None:
    world = world_with_figures()
    world.write(0, [("issues", ("confirmed", "1", "=1+1", "free", "smb"), 2, 3)])

    async def scenario(client: Client) -> None:
        text = await (await client.get("/api/v1/kpis/self_service_resolution?format=csv")).text()
        assert ",'=1+1," in text
        assert ",=1+1," not in text

    talk(world, scenario)


def test_wrong_requests_are_told_what_would_be_right() -> None:
    async def scenario(client: Client) -> None:
        for path, status, word in (
            ("/api/v1/kpis/nonsense", 404, "nonsense"),
            ("/api/v1/kpis/activation_sessions_per_activity", 404, "is off: it is neither exported"),
            ("/api/v1/kpis/reopen?format=xml", 400, "xml"),
            ("/api/v1/kpis/reopen?window=2h", 400, "5m, 30m"),
        ):
            answer = await client.get(path)
            assert answer.status == status
            document = await answer.json()
            conforms(document, "Error")
            assert word in document["error"]

    talk(world_with_figures(), scenario)


def test_without_current_figures_the_api_says_why() -> None:
    async def scenario(client: Client) -> None:
        for path in ("/api/v1/kpis", "/api/v1/kpis/reopen", "/api/v1/kpis/reopen?format=csv"):
            answer = await client.get(path)
            assert answer.status == 503
            document = await answer.json()
            conforms(document, "Error")
            assert document["reasons"] == ["the panes of 2 of 2 partitions have not been read to their end"]

    talk(World(), scenario)


def test_alive_always_and_ready_when_caught_up() -> None:
    world = World()

    async def scenario(client: Client) -> None:
        assert (await client.get("/healthz")).status == 200
        waiting = await client.get("/readyz")
        assert waiting.status == 503
        conforms(await waiting.json(), "Health")
        world.caught_up()
        ready = await client.get("/readyz")
        assert ready.status == 200
        document = await ready.json()
        conforms(document, "Health")
        assert document["notes"] == ["no worker has ever reported for partition 0, 1"]

    talk(world, scenario)


def test_the_description_lists_every_route_and_is_served() -> None:
    async def scenario(client: Client) -> None:
        assert orjson.loads(await (await client.get("/api/v1/openapi.json")).read()) == DOCUMENT

    world = world_with_figures()
    talk(world, scenario)
    routes = {resource.canonical for resource in pages(world).application().router.resources()}
    assert set(DOCUMENT["paths"]) == routes - {"/", "/page.css", "/page.js"}
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_page_loads_nothing_from_elsewhere() -> None:
    async def scenario(client: Client) -> None:
        page = await client.get("/")
        assert page.content_type == "text/html"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        text = await page.text()
        for path in re.findall(r'(?:src|href)="([^"]+)"', text):
            if path != "data:,":
                assert (await client.get(f"/{path}")).status == 200, path
        script = await (await client.get("/page.js")).text()
        for source in (text, script, await (await client.get("/page.css")).text()):
            assert re.findall(r"(?:https?:)?//[\w.]+", source.replace("http://www.w3.org/2000/svg", "")) == []
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|eval\(", script)

    talk(world_with_figures(), scenario)


def test_a_port_that_is_taken_is_named() -> None:
    async def scenario() -> None:
        world = world_with_figures()
        first = Server(pages(world).application(), "127.0.0.1", 0)
        url = await first.start()
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        try:
            with pytest.raises(UserError, match=rf"127\.0\.0\.1:{port}.*--port") as raised:
                await Server(pages(world).application(), "127.0.0.1", port).start()
            assert raised.value.exit_code == 2
        finally:
            await first.stop()

    asyncio.run(scenario())
