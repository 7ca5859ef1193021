"""Own KPIs through Kafka: the figures of the page, through a kill, and a KPI that is added while the service runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.instants import format_instant
from tests.examples.page import milliseconds
from tests.support.exporters import Exporter, Exporters
from tests.support.kafka import SharedKafka
from tests.support.own_kpis import kpi_over, written
from tests.support.own_kpis_page import EXPECTED, events_text, overlay_text
from tests.support.processes import eventually
from tests.support.workers import Service

pytestmark = pytest.mark.kafka

LAST = milliseconds("2025-01-06T10:40:00Z")
SOLVED = {"events": "help.solved", "count": "events"}


def close(found: float | None, expected: float, labels: dict[str, str]) -> bool:
    return found is not None and abs(found - expected) <= (0.01 if "stat" in labels else 0) * abs(expected)


def lacking(exporter: Exporter) -> list[str]:
    """Figures of the page that the exporter does not show."""
    figures = exporter.figures()
    return [
        f"{name}{dict(labels)}: expected {value}, found {figures.get((name, labels))}"
        for (name, labels), value in EXPECTED.items()
        if not close(figures.get((name, labels)), value, dict(labels))
    ]


def since(exporter: Exporter, kpi: str) -> float:
    """From when on a KPI's figures are whole, in ms."""
    return round(exporter.metric("selfserve_data_since_timestamp_seconds", kpi=kpi) * 1000)


def evaluated(service: Service, file: Path, at: int) -> dict[Any, float]:
    done = service.run("evaluate", str(file), "--at", format_instant(at))
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, done.stdout.splitlines())
    return {(one["metric"], tuple(sorted(one["labels"].items()))): one["value"] for one in lines}


def own(figures: dict[Any, float]) -> dict[Any, float]:
    """The figures of the page's KPIs; `evaluate` has a window more."""
    stems = (
        "kpi_search_choice",
        "kpi_seeking_customers",
        "kpi_results_per_search",
        "kpi_revenue_by_customers",
    )
    return {
        key: value
        for key, value in figures.items()
        if key[0].startswith(stems) and ("window", "all") not in key[1]
    }


def test_own_kpis_live_equal_evaluate_and_the_page(
    kafka: SharedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    events = [json.loads(line) for line in events_text().splitlines()]
    file = tmp_path / "events.jsonl"
    file.write_text(events_text())
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(overlay_text())
    exporters = None
    settings = {"overlay": {"file": str(overlay)}}
    with Service(kafka.bootstrap_servers, topic_prefix, tmp_path, settings=settings) as service:
        try:
            exporters = Exporters(service.config)
            exporter = exporters.start()
            worker = service.start()
            service.produce(events[:6])
            service.wait_processed()
            service.produce(events[6:9])
            worker.kill()
            worker = service.start()
            service.produce(events[9:])
            service.wait_processed(120)
            eventually(lambda: not lacking(exporter), "the figures of the page")
            assert own(exporter.figures()) == own(evaluated(service, file, LAST + 1))
            assert (
                since(exporter, "search_choice")
                == since(exporter, "nps")
                == milliseconds("2025-01-06T09:00:00Z")
            )
            assert exporter.api("kpis/search_choice")["denominator"] == 5
            shown = json.loads(service.run("explain", "cat").stdout)
            assert "results_shown" in {one["measure"].partition("~")[0] for one in shown["contributions"]}
            assert service.run("verify").returncode == 0

            more = yaml.safe_load(overlay_text())
            more["measures"]["solved"] = SOLVED
            more["kpis"]["own_solved"] = kpi_over("solved", SOLVED)
            written(overlay, more)
            assert worker.stop() == 0
            service.start()
            exporter = exporters.start()
            solved = {"type": "help.solved", "user_id": "gus", "platform": "web"}
            service.produce(
                [{**solved, "id": "n1", "time": LAST - 60_000}, {**solved, "id": "n2", "time": LAST + 60_000}]
            )
            service.wait_processed(120)
            exporter.wait_value(2.0, "kpi_own_solved", window="1d")
            assert not lacking(exporter)
            assert since(exporter, "own_solved") == LAST + 1
            assert since(exporter, "search_choice") == milliseconds("2025-01-06T09:00:00Z")
            assert service.run("verify").returncode == 0
        finally:
            if exporters is not None:
                exporters.stop()
