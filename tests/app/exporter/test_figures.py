"""Figures that follow the panes from change to change, against figures evaluated from scratch."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalogue.load import load_catalogue
from app.evaluation.evaluate import Evaluator
from app.exporter.checkpoints import Assembler
from app.exporter.figures import Figurer
from app.exporter.store import Store
from streams.core.definitions import Definitions
from streams.core.distributions import BUCKETS
from streams.core.measures import MEASURES
from streams.core.time import DAY_MS, MINUTE_MS
from tests.app.exporter.support import NOW, Writer, feed

CATALOGUE = load_catalogue()
VALUES = {
    "outcome": ["confirmed", "assumed", "escalated", "abandoned"],
    "self_service": ["0", "1"],
    "eligible": ["0", "1"],
    "alone": ["0", "1"],
    "reopened": ["0", "1"],
    "result": ["served", "abandoned"],
    "channel": ["chat", "phone"],
}


CLASSES = {
    "nps": ["promoter", "passive", "detractor"],
    "nps_by_survey": ["promoter", "detractor"],
    "ces": ["1", "4", "7"],
}


def values(measure: str, field: str) -> st.SearchStrategy[Any]:
    if field == "bucket":
        return st.integers(0, BUCKETS - 1)
    return st.sampled_from(CLASSES[measure] if field == "class" else VALUES.get(field, ["a", "b"]))


additions = st.sampled_from(list(MEASURES.values())).flatmap(
    lambda measure: st.tuples(
        st.just(measure),
        st.tuples(*(values(measure.name, field) for field in measure.fields)),
        st.one_of(st.integers(-5, 120), st.integers(0, 40 * 1_440)),
        st.integers(1, 3),
    )
)
steps = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.lists(additions, max_size=5),
        st.booleans(),
        st.one_of(st.just(0), st.integers(0, 10 * MINUTE_MS), st.integers(0, 2 * DAY_MS)),
    ),
    max_size=8,
)


@settings(max_examples=50)  # each makes every figure of the catalogue several times
@given(steps)
def test_following_changes_gives_what_a_fresh_evaluation_gives(moves: list) -> None:  # type: ignore[type-arg]
    store, writers, assemblers = Store("UTC"), [Writer(0), Writer(1)], [Assembler(), Assembler()]
    figurer = Figurer(Evaluator(CATALOGUE, definitions=Definitions()), store)
    at = NOW
    added: list[Any] = []
    for number, numbers, retract, forward in moves:
        at += forward
        # What is counted once may be taken back later, but no sum ever falls below nothing.
        if retract and added:
            owner, (measure, cell, position, n) = added.pop(0)
            writers[owner].panes[measure.name].add(cell, position, -n)
            number = owner  # noqa: PLW2901
        for measure, cell, age, n in numbers:
            position = 739_000 if measure.by_day else at // MINUTE_MS - age
            writers[number].panes[measure.name].add(cell, position, n)
            added.append((number, (measure, cell, position, n)))
        writer = writers[number]
        begin = len(writer.log)
        writer.checkpoint()
        feed(store, assemblers[number], number, writer.log[begin:])
        fresh = Evaluator(CATALOGUE, definitions=Definitions()).evaluate(store.at(at))
        assert list(figurer.at(at).samples) == fresh


def test_values_and_families_show_the_same_samples() -> None:
    store = Store("UTC")
    figures = Figurer(Evaluator(CATALOGUE, definitions=Definitions()), store).at(NOW)
    assert [sample for family in figures.families.values() for sample in family] == list(figures.samples)
    assert {(sample.metric, sample.labels): sample.value for sample in figures.samples} == dict(
        figures.values
    )
