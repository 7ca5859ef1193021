"""What the simulator hands out."""

from __future__ import annotations

from typing import NamedTuple


class SimulatedEvent(NamedTuple):
    """One record for Kafka.

    ``value`` is the event in the native format as JSON, ``time_ms`` its event time, ``send_ms`` when the producer
    sends it; both are milliseconds since the epoch. ``topic`` has no prefix.
    """

    topic: str
    key: bytes
    value: bytes
    time_ms: int
    send_ms: int
