"""What the demonstration reads from the exporter."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from app.demo.figures import accounted_records


def test_every_record_that_a_producer_sent_is_counted_once_whatever_became_of_it() -> None:
    registry = CollectorRegistry()
    accounted = Gauge("selfserve_accounted_records", "x", ["topic", "result"], registry=registry)
    accounted.labels("product.events", "joined").set(1_234_567)
    accounted.labels("product.events", "duplicate").set(2)
    accounted.labels("support.events", "forwarded").set(30)
    accounted.labels("selfserve.events", "joined").set(30)
    Gauge("selfserve_other", "x", ["topic"], registry=registry).labels("product.events").set(500)

    assert accounted_records(generate_latest(registry).decode()) == 1_234_599
    assert accounted_records("") == 0
