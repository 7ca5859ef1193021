"""Cells that are followed from generation to generation."""

from __future__ import annotations

import pytest

from app.evaluation.evaluate import Evaluator
from app.evaluation.reads import LiveCells
from streams.core.definitions import Definitions
from tests.app.evaluation.support import kpi
from tests.app.evaluation.test_forms import KNOWN, RATIO


class Reads:
    """One measure with live cells."""

    def __init__(self) -> None:
        self.live = LiveCells()

    def cells(self, measure: str, window: str) -> LiveCells:
        return self.live

    def cells_at_start(self, measure: str, window: str) -> LiveCells:
        raise AssertionError("no level is read at a start")

    @property
    def today(self) -> int:
        raise AssertionError("no day is read")

    def cells_of_days(self, measure: str, first: int, last: int) -> LiveCells:
        raise AssertionError("no day is read")


@pytest.fixture
def evaluator() -> Evaluator:
    return Evaluator({"answered": kpi(**RATIO)}, definitions=Definitions(), measures=KNOWN)


def denominators(evaluator: Evaluator, reads: Reads) -> dict[str, float]:
    return {
        dict(sample.labels)["channel"]: sample.value
        for sample in evaluator.evaluate(reads)
        if sample.metric == "kpi_answered_denominator"
    }


def test_a_known_change_is_added_without_looking_at_the_rest(evaluator: Evaluator) -> None:
    reads = Reads()
    reads.live.update({("confirmed", "chat"): 3, ("abandoned", "web"): 1})
    reads.live.generation = 1
    assert denominators(evaluator, reads) == {"all": 4, "chat": 3, "web": 1}
    # Only what is said to have changed is looked at: the cells themselves are not what they should be.
    reads.live.changed = {("abandoned", "web"): -1, ("abandoned", "sms"): 5}
    reads.live.generation = 2
    assert denominators(evaluator, reads) == {"all": 8, "chat": 3, "sms": 5}
    assert denominators(evaluator, reads) == {"all": 8, "chat": 3, "sms": 5}


@pytest.mark.parametrize("generation", [3, 1, 9])
def test_after_a_missed_generation_everything_is_added_up_anew(evaluator: Evaluator, generation: int) -> None:
    reads = Reads()
    reads.live.update({("confirmed", "chat"): 3})
    reads.live.generation = 1 if generation != 1 else 5
    denominators(evaluator, reads)
    reads.live.update({("abandoned", "web"): 2})
    reads.live.changed = {("abandoned", "chat"): 100}
    reads.live.generation = generation
    assert denominators(evaluator, reads) == {"all": 5, "chat": 3, "web": 2}


def test_an_unknown_change_means_adding_up_anew(evaluator: Evaluator) -> None:
    reads = Reads()
    denominators(evaluator, reads)
    reads.live.update({("abandoned", "web"): 2})
    reads.live.generation = 1
    assert denominators(evaluator, reads) == {"all": 2, "web": 2}


def test_other_cells_at_the_same_generation_are_other_cells(evaluator: Evaluator) -> None:
    first, second = Reads(), Reads()
    first.live.update({("abandoned", "web"): 2})
    second.live.update({("abandoned", "chat"): 3})
    for _ in range(2):
        assert denominators(evaluator, first) == {"all": 2, "web": 2}
        assert denominators(evaluator, second) == {"all": 3, "chat": 3}
