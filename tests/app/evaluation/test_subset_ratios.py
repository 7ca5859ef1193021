"""A ratio counts a part of its whole: every series of every ratio lies between 0 and 1, whatever the events."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalogue.load import load_catalogue
from app.catalogue.model import Kpi
from streams.core.definitions import Definitions
from tests.oracle.generate import evaluation_time, evaluation_times, event_sets, random_events
from tests.support.figures import Figures, batch_figures

RATIOS = {kpi.id: kpi for kpi in load_catalogue().values() if kpi.kind == "ratio"}
"""All of them, those too that are off by default."""
RATIO, PART, WHOLE = "_ratio", "_numerator", "_denominator"


def wrong(figures: Figures) -> list[str]:
    """Every series of a ratio that cannot be that of a part of a whole, in words."""
    return [message for kpi in RATIOS.values() for message in _wrong(kpi, figures)] + [
        f"{metric}{dict(labels)} is {value}"
        for (metric, labels), value in figures.items()
        if metric.endswith(RATIO) and not 0 <= value <= 1
    ]


def _wrong(kpi: Kpi, figures: Figures) -> Iterator[str]:
    name = f"kpi_{kpi.stem}"
    for (metric, labels), part in figures.items():
        if metric != name + PART:
            continue
        # A whole without the part's labels is that of another series: the ratio itself is judged then.
        whole = figures.get((name + WHOLE, labels))
        if part < 0 or (whole is not None and part > whole):
            yield f"{metric}{dict(labels)}: {part} of {whole}"
        if whole == 0 and (name + RATIO, labels) in figures:
            yield f"{name}{dict(labels)} has a value, though there is nothing to count"


@given(st.data(), st.sampled_from(["user", "account"]), st.sampled_from(["eligible", "active"]))
@settings(max_examples=80)
def test_every_ratio_lies_between_0_and_1(
    data: st.DataObject, customer: Literal["user", "account"], among: Literal["eligible", "active"]
) -> None:
    events = data.draw(event_sets(deletions=True))
    at = data.draw(evaluation_time(events))
    definitions = Definitions(customer=customer, self_service_adoption_among=among)
    assert wrong(batch_figures(events, at, definitions)) == []


def test_every_ratio_lies_between_0_and_1_in_larger_sets_and_each_has_values() -> None:
    valued: set[str] = set()
    for seed in range(3):
        rng = random.Random(seed)
        events = random_events(rng, 700, deletions=seed == 1)
        definitions = Definitions(self_service_adoption_among="eligible" if seed else "active")
        for at in (*rng.sample(evaluation_times(events), 2), max(int(e["time"]) for e in events) + 1):
            figures = batch_figures(events, at, definitions)
            assert wrong(figures) == []
            metrics = {metric for metric, _ in figures}
            valued |= {kpi.id for kpi in RATIOS.values() if f"kpi_{kpi.stem}{RATIO}" in metrics}
    assert valued == RATIOS.keys()


@pytest.mark.parametrize("kpi", ["self_service_resolution", "churn", "renewal"])
def test_a_part_that_is_greater_than_its_whole_is_noticed(kpi: str) -> None:
    labels = (("plan", "all"), ("window", "1d"))
    name = f"kpi_{RATIOS[kpi].stem}"
    assert wrong({(name + PART, labels): 3, (name + WHOLE, labels): 2})
    assert wrong({(name + RATIO, labels): 1.5})
    assert wrong({(name + PART, labels): 0, (name + WHOLE, labels): 0, (name + RATIO, labels): 0})
    assert not wrong({(name + PART, labels): 2, (name + WHOLE, labels): 2, (name + RATIO, labels): 1})
