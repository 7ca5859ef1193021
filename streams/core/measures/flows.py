"""Measures over passages through flows and over journeys."""

from __future__ import annotations

from typing import Final

from streams.core.measures.measure import Measure

MEASURES: Final = (
    Measure("onboardings", "event", ("flow", "platform", "completed"), "onboarding flows decided"),
    Measure(
        "onboarding_tasks", "event", ("flow", "step", "done"), "tasks listed by onboarding flows decided"
    ),
    Measure("tours", "event", ("flow", "completed"), "tours decided"),
    Measure("journey_steps", "event", ("flow", "step", "moved"), "customers decided at a step of a journey"),
)
