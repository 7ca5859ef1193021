"""How far back each KPI's figures reach, as the exporter tells it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from app.exporter.checkpoints import Checkpoint
from app.exporter.live import Live
from app.overlay.read import Overlay
from streams.core.definitions import Definitions
from streams.core.own import stored_measures
from tests.app.exporter.support import NOW, meta
from tests.support.own_kpis import overlay_of, read

SEEKING = {"seeking": {"events": "help.searched", "count": "customers", "dimensions": ["platform"]}}


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    return read(tmp_path / "overlay.yaml", overlay_of(SEEKING))


def live(overlay: Overlay, *metas: dict[str, object]) -> Live:
    definitions = replace(Definitions(), own=overlay.measures)
    found = Live(
        overlay.kpis, definitions, partitions=len(metas), stale_after_ms=60_000, top=20, now=lambda: NOW
    )
    for number, fields in enumerate(metas):
        found.apply(number, Checkpoint({}, meta(number, **fields)))
    return found


def counted(overlay: Overlay, at: int) -> dict[str, int]:
    return {name: at for name in stored_measures(overlay.measures) if name.startswith("seeking")}


def test_figures_reach_back_to_the_oldest_event(overlay: Overlay) -> None:
    found = live(
        overlay,
        {"since": 700, "began": counted(overlay, 0)},
        {"since": 500, "began": counted(overlay, 0)},
        {"began": counted(overlay, 0)},
    )

    assert found.since("own_seeking") == found.since("nps") == 500


def test_those_of_an_added_measure_to_where_the_last_worker_began(overlay: Overlay) -> None:
    found = live(
        overlay,
        {"since": 500, "began": counted(overlay, 900)},
        {"since": 500, "began": counted(overlay, 800)},
    )

    assert found.since("own_seeking") == 900
    assert found.since("nps") == 500
    assert not any("does not count" in note for note in found.notes())


def test_those_of_a_measure_that_some_worker_does_not_know_nowhere(overlay: Overlay) -> None:
    found = live(overlay, {"since": 500, "began": counted(overlay, 0)}, {"since": 500})

    assert found.since("own_seeking") is None
    assert (
        "the worker of partition 1 does not count seeking, seeking_by_platform: give it the same overlay file"
        in found.notes()
    )


def test_other_definitions_hold_for_what_is_built_in(overlay: Overlay) -> None:
    found = live(
        overlay,
        {"since": 500, "changed": 950, "began": counted(overlay, 0)},
        {"since": 500, "began": counted(overlay, 0)},
    )

    assert found.since("nps") == 950
    assert found.since("own_seeking") == 500


def test_a_built_in_measure_that_was_not_counted_for_a_while(overlay: Overlay) -> None:
    found = live(overlay, {"since": 500, "began": {"nps": 800}}, {"since": 500})

    assert found.since("nps") == 800
    assert found.since("reopen") == 500


def test_before_the_first_event_nothing_is_said(overlay: Overlay) -> None:
    assert live(overlay, {}).since("nps") is None
