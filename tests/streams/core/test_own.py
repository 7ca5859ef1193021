"""Own measures: against their naive oracle, and live against the batch, whatever the order, repetition and crashes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.evaluation.evaluate import Evaluator
from app.evaluation.reads import Reads
from app.overlay.read import Overlay
from streams.core.batch import Sums
from streams.core.definitions import Definitions
from streams.core.groups.own import Own
from streams.core.own import LARGEST, stored_measures
from streams.core.time import MINUTE_MS
from tests.oracle.generate import event_sets, random_events
from tests.oracle.own_measures import own_figures
from tests.streams.core.test_partition import one_claim_each
from tests.support.cluster import REMEMBERING, Cluster
from tests.support.figures import EVERY_WINDOW, Figures, differing, folded
from tests.support.own_kpis import MEASURES, kpi, overlay_of, read

NOON = 1_736_164_800_000
"""6 January 2025, 12:00 UTC."""


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> Overlay:
    return read(tmp_path_factory.mktemp("own") / "overlay.yaml", overlay_of())


def defined(overlay: Overlay) -> Definitions:
    return replace(REMEMBERING, own=overlay.measures)


def figures(overlay: Overlay, reads: Reads) -> Figures:
    own = {kpi.id: kpi for kpi in overlay.kpis.values() if kpi.id in overlay.kpis.own}
    samples = Evaluator(own, definitions=defined(overlay)).evaluate(reads, windows=EVERY_WINDOW)
    return {(s.metric, tuple(sorted(s.labels))): s.value for s in samples}


def of_batch(overlay: Overlay, events: Iterable[Mapping[str, Any]], at: int) -> Figures:
    batch = folded(events, at, defined(overlay))
    return figures(overlay, Sums(batch.contributions(), at, batch.rules))


def of_cluster(overlay: Overlay, cluster: Cluster, at: int) -> Figures:
    return figures(overlay, Sums(cluster.numbers(), at, cluster.parts[0].state.rules))


def compared(expected: Mapping[Any, float], found: Mapping[Any, float]) -> list[str]:
    """What differs; quantiles may by 1 %, sums of nothing may be missing."""
    named = {
        (name.replace("_distribution", "_seconds"), labels): value
        for (name, labels), value in expected.items()
    }
    same = {
        (name.replace("_distribution", "_seconds"), labels): value for (name, labels), value in found.items()
    }
    return differing(named, same)


# ---- the batch against the oracle ------------------------------------------------------------------------------------


@given(event_sets(deletions=True), st.data())
@settings(max_examples=60)
def test_random_events_give_the_figures_of_the_oracle(
    overlay: Overlay, events: list[dict[str, Any]], data: st.DataObject
) -> None:
    last = max((int(e["time"]) for e in events), default=NOON)
    at = last + data.draw(st.sampled_from([1, MINUTE_MS, 3_600_000, 86_400_000]))
    assert not compared(own_figures(MEASURES, events, at), of_batch(overlay, events, at))


@pytest.mark.parametrize("seed", range(4))
def test_larger_sets_give_the_figures_of_the_oracle(overlay: Overlay, seed: int) -> None:
    events = random_events(random.Random(seed), 1_200, deletions=True)
    at = max(int(e["time"]) for e in events) + 1
    expected = own_figures(MEASURES, events, at)
    assert {name for name, _ in expected} >= {f"kpi_own_{name}" for name in ("use", "readers", "revenue")}
    assert not compared(expected, of_batch(overlay, events, at))


# ---- live against the batch ------------------------------------------------------------------------------------------


@given(event_sets(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_any_order_batching_and_crashing_gives_the_same_figures(
    overlay: Overlay, drawn: list[dict[str, Any]], rng: random.Random
) -> None:
    events = one_claim_each(drawn)
    shuffled = events + rng.sample(events, len(events) // 3)
    rng.shuffle(shuffled)
    cluster = Cluster(3, defined(overlay))
    cluster.produce(shuffled, rng=rng)
    cluster.run(rng)
    at = cluster.newest() + 1
    assert of_cluster(overlay, cluster, at) == of_batch(overlay, events, at)
    for part in cluster.parts:
        assert not part.state.verify()


@given(event_sets(deletions=True), st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_deletions_in_order_give_the_same_figures(
    overlay: Overlay, drawn: list[dict[str, Any]], rng: random.Random
) -> None:
    events = [e for e in drawn if not (e["type"] == "user.identified" and e.get("anonymous_id"))]
    cluster = Cluster(1, defined(overlay))
    for event in sorted(events, key=lambda e: (int(e["time"]), e["type"] == "user.deleted")):
        cluster.produce([event])
        cluster.run(rng)
    at = cluster.newest() + 1
    assert of_cluster(overlay, cluster, at) == of_batch(overlay, events, at)
    assert not cluster.parts[0].state.verify()


@pytest.mark.parametrize("seed", range(3))
def test_larger_sets_in_any_order(overlay: Overlay, seed: int) -> None:
    rng = random.Random(seed)
    events = one_claim_each(random_events(rng, 1_000))
    cluster = Cluster(4, defined(overlay))
    cluster.produce(rng.sample(events, len(events)), rng=rng)
    cluster.run(rng)
    at = cluster.newest() + 1
    assert of_cluster(overlay, cluster, at) == of_batch(overlay, events, at)
    assert not compared(own_figures(MEASURES, events, at), of_cluster(overlay, cluster, at))
    assert not any(part.state.verify() for part in cluster.parts)


# ---- changes of the definition ---------------------------------------------------------------------------------------


def search(n: int, user: str = "ann", **changes: Any) -> dict[str, Any]:
    return {
        "id": f"s{n}",
        "type": "help.searched",
        "time": NOON + n * MINUTE_MS,
        "user_id": user,
        "data": {"search_id": f"q{n}", "results": 3},
        "topic": "support.events",
        **changes,
    }


def one_measure(folder: Path, **measure: Any) -> Overlay:
    folder.mkdir(exist_ok=True)
    given = {"events": "help.searched", "count": "events", **measure}
    return read(folder / "overlay.yaml", overlay_of({"seeking": given}))


def total(overlay: Overlay, cluster: Cluster) -> float:
    found = of_cluster(overlay, cluster, cluster.newest() + 1)
    return next(v for (name, labels), v in found.items() if ("window", "1d") in labels and "all" not in name)


def moved_to(cluster: Cluster, overlay: Overlay) -> None:
    for part in cluster.parts:
        cluster.recover(part, defined(overlay))
        cluster.checkpoint(part)
        cluster.recover(part)


def test_a_measure_that_is_added_counts_from_then_on_and_nothing_else_changes(tmp_path: Path) -> None:
    overlay = one_measure(tmp_path)
    cluster, rng = Cluster(1), random.Random(1)
    cluster.produce([search(1), search(2)])
    cluster.run(rng)
    before = sorted(map(str, cluster.numbers()))

    moved_to(cluster, overlay)
    assert sorted(map(str, cluster.numbers())) == before
    assert total(overlay, cluster) == 0
    cluster.produce([search(3), search(3)])
    cluster.run(rng)
    assert total(overlay, cluster) == 1
    assert not cluster.parts[0].state.verify()


def test_a_changed_measure_begins_anew_and_its_cells_never_mix(tmp_path: Path) -> None:
    first = one_measure(tmp_path / "1", dimensions=["plan", "platform"])
    second = one_measure(tmp_path / "2", dimensions=["plan"])
    assert defined(first).fingerprint() != defined(second).fingerprint()
    cluster, rng = Cluster(1, defined(first)), random.Random(1)
    cluster.produce([search(1, plan="pro"), search(2, "bob")])
    cluster.run(rng)
    assert total(first, cluster) == 2

    moved_to(cluster, second)
    assert total(second, cluster) == 0
    cluster.produce([search(3, plan="pro")])
    cluster.run(rng)
    assert total(second, cluster) == 1
    assert not cluster.parts[0].state.verify()


def test_a_part_begins_anew_with_its_whole(tmp_path: Path) -> None:
    def ratio(folder: str, **whole: Any) -> Overlay:
        searched = {"events": "help.searched", "count": "events"}
        overlay = overlay_of(
            {"part": searched | {"where": {"data.results": {"above": 0}}}, "whole": searched | whole}
        )
        value = {"form": "ratio", "numerator": {"measure": "part"}, "denominator": {"measure": "whole"}}
        roles = dict.fromkeys(("value", "numerator", "denominator"), "A")
        overlay["kpis"]["own_share"] = kpi(kind="ratio", value=value, windows=["1d"], help=roles)
        (tmp_path / folder).mkdir()
        return read(tmp_path / folder / "overlay.yaml", overlay)

    first, second = ratio("1"), ratio("2", dimensions=["plan"])
    cluster, rng = Cluster(1, defined(first)), random.Random(1)
    cluster.produce([search(1), search(2)])
    cluster.run(rng)
    moved_to(cluster, second)
    cluster.produce([search(3)])
    cluster.run(rng)
    found = of_cluster(second, cluster, cluster.newest() + 1)
    assert found["kpi_own_share_ratio", (("window", "1d"),)] == 1


def test_a_measure_that_comes_back_goes_on_where_it_was(tmp_path: Path) -> None:
    overlay = one_measure(tmp_path)
    cluster, rng = Cluster(1, defined(overlay)), random.Random(1)
    cluster.produce([search(1)])
    cluster.run(rng)
    for part in cluster.parts:
        cluster.recover(part, REMEMBERING)
        cluster.checkpoint(part)
    moved_to(cluster, overlay)
    assert total(overlay, cluster) == 1
    assert not cluster.parts[0].state.verify()


def test_what_other_definitions_counted_is_given_up(tmp_path: Path) -> None:
    first = one_measure(tmp_path / "1")
    second = one_measure(tmp_path / "2", where={"data.results": 3})
    cluster, rng = Cluster(1, defined(first), clock="wall"), random.Random(1)
    cluster.produce([search(1)])
    cluster.run(rng, crashes=False)
    moved_to(cluster, second)
    cluster.produce([search(2)])
    cluster.run(rng, crashes=False)

    state = cluster.parts[0].state
    facts = Own(defined(second)).read(state.ledger.customers["ann"])
    assert facts is not None
    stored = stored_measures(second.measures)
    assert [tally.measure for tally in facts.tallies] == [
        name for name in stored if name.startswith("seeking~")
    ]
    assert not state.verify()


def test_numbers_that_no_window_reaches_are_closed(tmp_path: Path) -> None:
    overlay = one_measure(tmp_path)
    cluster, rng = Cluster(1, defined(overlay), clock="wall"), random.Random(1)
    cluster.produce([search(1), search(60 * 24 * 50)])
    cluster.run(rng, crashes=False)
    state = cluster.parts[0].state
    facts = Own(defined(overlay)).read(state.ledger.customers["ann"])
    assert facts is not None
    assert [len(tally.numbers) for tally in facts.tallies] == [1]
    assert not state.verify()


# ---- bounds ----------------------------------------------------------------------------------------------------------


def test_the_values_of_a_dimension_are_bounded(tmp_path: Path) -> None:
    overlay = one_measure(tmp_path, events="help.article_viewed", dimensions=["data.article"])
    definitions = replace(defined(overlay), max_dimension_values=5)
    cluster = Cluster(1, definitions)
    cluster.produce(
        {
            **search(n),
            "type": "help.article_viewed",
            "data": {"article": f"a{n}", "in_app": False},
        }
        for n in range(40)
    )
    cluster.run(random.Random(1))
    (name,) = (name for name in stored_measures(overlay.measures) if name.startswith("seeking~"))
    cells = {cell for measure, cell, _, n in cluster.numbers() if measure == name and n}
    assert len(cells) == 6
    assert ("other",) in cells
    assert cluster.parts[0].state.overflow["article"] > 0


def test_no_number_is_too_large_to_be_kept(tmp_path: Path) -> None:
    measures = {
        "spread": {"events": "help.searched", "count": {"distribution": "data.results"}},
        "whole": {"events": "help.searched", "count": {"sum": "data.results"}},
    }
    overlay = read(tmp_path / "overlay.yaml", overlay_of(measures))
    huge = {"search_id": "q", "results": 2**53 - 1}
    cluster = Cluster(1, defined(overlay))
    cluster.produce(search(1, id=f"h{n}", data=huge) for n in range(3_000))
    cluster.run(random.Random(1))
    found = of_cluster(overlay, cluster, cluster.newest() + 1)
    assert found["kpi_own_whole", (("window", "1d"),)] == 3_000 * LARGEST
    assert found["kpi_own_spread_distribution", (("stat", "mean"), ("window", "1d"))] == LARGEST / 1_000


def test_without_own_measures_there_is_no_group_for_them() -> None:
    rules = Cluster(1).parts[0].state.rules
    assert not any(isinstance(group, Own) for group in rules.groups)
