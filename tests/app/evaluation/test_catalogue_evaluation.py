"""The real catalogue over arbitrary cells, against sums that are taken one series at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.catalogue.load import load_catalogue
from app.catalogue.model import Kpi
from app.catalogue.reads import Distribution, Level, Ratio, Read
from app.evaluation.evaluate import Evaluator
from streams.core.definitions import Definitions
from streams.core.distributions import BUCKETS, quantile
from streams.core.measures import MEASURES, Cell
from streams.core.time import ALL, DAY, WINDOWS
from tests.app.evaluation.support import FakeReads

VALUES: dict[str, list[str]] = {
    "outcome": ["confirmed", "assumed", "escalated", "agent_resolved", "abandoned"],
    "self_service": ["0", "1"],
    "eligible": ["0", "1"],
    "reopened": ["0", "1"],
    "result": ["served", "abandoned"],
    "channel": ["chat", "phone", "bot"],
}
EVALUATOR = Evaluator(load_catalogue(), definitions=Definitions())
Cells = dict[tuple[str, str], dict[Cell, int]]


def field_values(field: str) -> st.SearchStrategy[Any]:
    if field == "bucket":
        return st.integers(0, BUCKETS - 1)
    return st.sampled_from(VALUES.get(field, ["a", "b", "unknown"]))


@st.composite
def cells(draw: st.DrawFn) -> Cells:
    found: Cells = {}
    for measure in MEASURES.values():
        windows = [DAY] if measure.kind == "day" else [ALL] if measure.kind == "edge" else [*WINDOWS, ALL]
        for window in draw(st.lists(st.sampled_from(windows), unique=True, max_size=3)):
            keys = st.tuples(*(field_values(field) for field in measure.fields))
            found[measure.name, window] = draw(st.dictionaries(keys, st.integers(0, 5), max_size=8))
    return found


def matching(
    given_cells: Cells, read: Read, measure: str, window: str, wanted: dict[str, str]
) -> Iterator[Any]:
    """The cells that a read asks for, with one dimension at a value; its denominator's at all."""
    over = ALL if read.how == "edge" else read.window or window
    fields = MEASURES[measure].fields
    for cell, n in given_cells.get((measure, over), {}).items():
        named = dict(zip(fields, map(str, cell), strict=True))
        medium = "voice" if named.get("channel") in {"phone", "ivr"} else "text"
        named["medium"] = medium
        if all(named[field] in values for field, values in read.where.items()) and all(
            field not in named or (field == "medium" and "channel" not in named) or named[field] == value
            for field, value in wanted.items()
        ):
            yield cell, n


def total(given_cells: Cells, read: Read, measure: str, window: str, wanted: dict[str, str]) -> int:
    return sum(n for _, n in matching(given_cells, read, measure, window, wanted))


def expected(kpi: Kpi, given_cells: Cells) -> dict[Any, float]:
    result: dict[Any, float] = {}
    for window in (*kpi.windows, ALL) if kpi.windows else ("",):
        for dimension in (None, *kpi.dimensions):
            values = (
                {None} if dimension is None else {"a", "b", "unknown", *VALUES["channel"], "voice", "text"}
            )
            for value in values:
                wanted = {} if dimension is None or value is None else {dimension.name: value}
                labels = tuple((d.name, wanted.get(d.name, "all")) for d in kpi.dimensions)
                window_label = (("window", window),) if window else ()

                def number(read: Read) -> int:
                    measure = read.measure if dimension is None else dimension.measure_for(read.measure)
                    return total(given_cells, read, measure, window, wanted)

                def put(role: str, between: tuple[tuple[str, str], ...], amount: float) -> None:
                    result[f"kpi_{kpi.id}{role}", (*window_label, *between, *labels)] = amount

                match kpi.value:
                    case Ratio() as ratio:
                        below = number(ratio.denominator)
                        above = {part: number(read) for part, read in ratio.numerators}
                        broken_down = dimension is None or any(
                            dimension.name
                            in MEASURES[dimension.measure_for(ratio.denominator.measure)].fields
                            or dimension.derived is not None
                            for _ in (0,)
                        )
                        if wanted and not any(above.values()) and not (broken_down and below):
                            continue
                        put("_denominator", (), below)
                        for part, n in above.items():
                            between = () if ratio.split is None else ((ratio.split.label, str(part)),)
                            put("_numerator", between, n)
                            if below:
                                put("_ratio", between, n / below)
                    case Level() as level:
                        read = level.day if window == DAY and level.day is not None else level.read
                        n = number(read)
                        if n or not wanted:
                            put("", (), n)
                    case Distribution() as durations:
                        buckets: dict[int, int] = {}
                        for cell, n in matching(
                            given_cells, durations.read, durations.read.measure, window, wanted
                        ):
                            buckets[int(cell[-1])] = buckets.get(int(cell[-1]), 0) + n
                        n = sum(buckets.values())
                        if n or not wanted:
                            put("_observations", (), n)
                        if n:
                            put("_seconds", (("stat", "mean"),), number(durations.sums) / n / 1000)
                            for q in (50, 75, 90):
                                put("_seconds", (("stat", f"p{q}"),), quantile(buckets, q / 100) / 1000)
    return result


@given(cells())
def test_every_series_is_the_sum_of_its_cells(given_cells: Cells) -> None:
    found = EVALUATOR.evaluate(FakeReads(given_cells), windows=(*WINDOWS, DAY, ALL))
    wanted: dict[Any, float] = {}
    for kpi in load_catalogue().values():
        assert kpi.enabled
        wanted |= expected(kpi, given_cells)
    assert {(sample.metric, sample.labels): sample.value for sample in found} == wanted


@given(cells())
def test_evaluating_again_gives_the_same(given_cells: Cells) -> None:
    """What the evaluator remembers of earlier cells must not show."""
    fresh = Evaluator(load_catalogue(), definitions=Definitions())
    assert fresh.evaluate(FakeReads(given_cells)) == EVALUATOR.evaluate(FakeReads(given_cells))
