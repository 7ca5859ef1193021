"""The worked examples of docs/examples/activation.md: the events there, the figures here."""

from __future__ import annotations

import random

import pytest

from tests.examples.page import Found, Page, figures_of_a_disabled_kpi, milliseconds
from tests.oracle.activation_kpis import sessions_per_activity
from tests.oracle.generate import evaluation_times, random_events
from tests.oracle.people import lives
from tests.support.figures import differing

PAGE = Page("activation.md")
SECTION, TUESDAY = "Four signups", "2025-01-14T12:00Z"
OFF = "activation_sessions_per_activity"


def test_activation() -> None:
    monday, later = PAGE.figures(SECTION, "2025-01-06T12:00Z"), PAGE.figures(SECTION, TUESDAY)
    assert monday.ratio("activation", window="30d") == (1, 1)
    assert later.ratio("activation", window="30d") == (2, 4)
    assert later.ratio("activation", window="30d", platform="ios") == (1, 1)
    assert later.ratio("activation", window="30d", platform="web") == (1, 3)
    assert later.ratio("activation", window="30d", plan="free") == (1, 3)
    assert later.ratio("activation", window="30d", plan="pro") == (1, 1)


def test_times() -> None:
    figures = PAGE.figures(SECTION, TUESDAY)
    assert figures.value("time_to_first_value_seconds", window="30d", stat="mean") == 29_400
    assert figures.value("time_to_first_value_seconds", window="30d", stat="p50") == pytest.approx(
        1800, rel=0.01
    )
    assert figures.value("time_to_first_value_observations", window="30d") == 3
    assert figures.value("time_to_first_value_waiting") == 1
    assert figures.value("time_to_key_action_seconds", window="30d", stat="mean") == 2_100
    assert figures.value("time_to_key_action_observations", window="30d") == 2


def test_sessions_per_completed_activity_is_off_and_can_be_switched_on() -> None:
    assert PAGE.figures(SECTION, TUESDAY).value(f"{OFF}_quotient", window="30d") is None
    figures = figures_of_a_disabled_kpi(OFF, PAGE.events(SECTION), milliseconds(TUESDAY))
    assert Found(figures).value(f"{OFF}_quotient", window="30d") == 3 / 7


@pytest.mark.parametrize("seed", range(3))
def test_sessions_per_completed_activity_equals_the_oracles(seed: int) -> None:
    rng = random.Random(seed)
    events = random_events(rng, 400, deletions=seed % 2 == 1)
    for at in rng.sample(evaluation_times(events), 3):
        expected = sessions_per_activity(lives(events, at), at).values
        assert not differing(expected, figures_of_a_disabled_kpi(OFF, events, at))
