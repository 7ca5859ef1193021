"""A producer that makes up names: whatever it sends, values, cells, facts and series stay bounded.

SELFSERVE_HOSTILE_NAMES is how many different names are sent; CI takes fewer than a million.
"""

from __future__ import annotations

import os
import random

import pytest
from msgspec.structs import replace

from app.catalogue.load import load_catalogue
from app.evaluation.evaluate import Evaluator
from streams.core.batch import Sums
from streams.core.definitions import Definitions
from streams.core.dimensions import DIMENSIONS, OF_A_CUSTOMER, OTHER
from streams.core.measures import MEASURES
from streams.core.tallies import MAX_NUMBERS, MAX_TALLIES
from tests.support.cluster import Cluster
from tests.support.hostile import BEGIN, HOSTILE, SPAN, Names, events

NAMES = int(os.environ.get("SELFSERVE_HOSTILE_NAMES", "55000"))
RECORD_BYTES = 1_000_000
"""What Kafka takes as one record."""
FULL = NAMES >= 1_000_000
DEFINITIONS = replace(
    Definitions(),
    max_dimension_values=256 if FULL else 64,
    max_joint_values=300 if FULL else 200,
)
"""Of fewer names fewer are kept, so that the bounds are reached as well."""
KNOWN = DEFINITIONS.max_dimension_values * 3 // 4
"""Names of a kind that are used again and again: among those that are kept."""


class Sizes:
    """How much a partition holds."""

    def __init__(self, cluster: Cluster) -> None:
        [part] = cluster.parts
        # What deduplication remembers is bounded by its horizon, whatever the names.
        records = [
            len(key) + len(value or b"")
            for log in (part.changelog, part.panes)
            for key, value in log.items()
            if key[:1] != b"d"
        ]
        self.bytes = sum(records)
        self.largest = max(records)
        self.cells = {panes.measure.name: len(panes.cells) for panes in part.state.ledger.panes}
        self.series = series(cluster)


def series(cluster: Cluster) -> int:
    """How many series an exporter would show."""
    at = BEGIN + SPAN
    rules = cluster.parts[0].state.rules
    evaluator = Evaluator(load_catalogue(), definitions=cluster.definitions)
    return len(evaluator.evaluate(Sums(cluster.numbers(), at, rules)))


@pytest.fixture(scope="module")
def sent() -> tuple[Cluster, list[Sizes]]:
    """All names sent to one partition, with its sizes at the half and at the end."""
    rng = random.Random(4)
    names = Names(rng, KNOWN)
    cluster = Cluster(1, DEFINITIONS, clock="wall")
    [part] = cluster.parts
    source = events(names, rng, max(40, NAMES // 4_000))
    sizes = []
    for share in (NAMES // 2, NAMES):
        while names.used < share:
            cluster.produce(next(source) for _ in range(500))
            for topic, log in part.logs.items():
                part.state.process(topic, log)
                log.clear()
            cluster.checkpoint(part)
        sizes.append(Sizes(cluster))
    return cluster, sizes


def test_values_of_every_dimension_are_bounded(sent: tuple[Cluster, list[Sizes]]) -> None:
    dimensions = sent[0].parts[0].state.ledger.dimensions
    for name in DIMENSIONS:
        assert len(dimensions.values[name]) == DEFINITIONS.max_dimension_values, name
        assert dimensions.overflow[name] > 0, name


def test_cells_of_every_measure_are_bounded(sent: tuple[Cluster, list[Sizes]]) -> None:
    cluster, (_, sizes) = sent
    limit = DEFINITIONS.max_joint_values
    overflow = cluster.parts[0].state.overflow
    assert any(cells >= limit for cells in sizes.cells.values())
    for name, cells in sizes.cells.items():
        if "bucket" not in MEASURES[name].fields:
            # The others are those under `other`, by what is no name.
            assert cells <= limit + 200, name
        assert (cells >= limit) == (f"joint values of {name}" in overflow)


def test_the_state_of_customers_and_the_series_do_not_grow(sent: tuple[Cluster, list[Sizes]]) -> None:
    _, (half, whole) = sent
    # A name that were kept would take more than its own twelve letters.
    assert whole.bytes - half.bytes < 8 * NAMES // 2
    assert whole.largest < RECORD_BYTES
    assert whole.series < 20_000


def test_counts_of_one_customer_are_bounded_and_counted(sent: tuple[Cluster, list[Sizes]]) -> None:
    cluster, _ = sent
    state = cluster.parts[0].state
    c = state.ledger.customers[HOSTILE]
    [counts] = [group for group in state.rules.groups if group.name == "counts"]
    facts = counts.read(c)
    assert facts is not None
    assert len(facts.tallies) <= MAX_TALLIES + 64
    assert sum(len(tally.numbers) for tally in facts.tallies) <= MAX_NUMBERS
    assert state.overflow[OF_A_CUSTOMER] > 0
    assert any(OTHER in tally.cell for tally in facts.tallies)


def test_panes_and_facts_agree_also_after_a_crash(sent: tuple[Cluster, list[Sizes]]) -> None:
    cluster, _ = sent
    [part] = cluster.parts
    assert not part.state.verify()
    before = {name: len(panes.cells) for name, panes in part.state.ledger.panes.by_name.items()}
    cluster.recover(part)
    assert not part.state.verify()
    assert {name: len(panes.cells) for name, panes in part.state.ledger.panes.by_name.items()} == before
    cluster.recover(part, replace(DEFINITIONS, max_joint_values=1_500))
    assert not part.state.verify()
