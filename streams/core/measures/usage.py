"""Measures over sessions, features and core actions."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (Measure("sessions", "event", ("plan",), "sessions begun, under the plan of the event"),)
