"""The real catalogue over arbitrary cells, against sums that are taken one series at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from app.catalogue.dimensions import Dimension
from app.catalogue.load import load_catalogue
from app.catalogue.model import Kpi
from app.catalogue.reads import Distribution, Level, Ratio, Read
from app.evaluation.evaluate import Evaluator
from app.evaluation.samples import Labels
from streams.core.definitions import Definitions
from streams.core.distributions import BUCKETS, quantile
from streams.core.measures import MEASURES, Cell
from streams.core.time import ALL, DAY, DAY_MS, WINDOWS
from tests.app.evaluation.support import TODAY, FakeReads

VALUES: dict[str, list[str]] = {
    "outcome": ["confirmed", "assumed", "escalated", "agent_resolved", "abandoned"],
    "self_service": ["0", "1"],
    "eligible": ["0", "1"],
    "alone": ["0", "1"],
    "reopened": ["0", "1"],
    **{field: ["0", "1"] for field in ("completed", "done", "moved", "reached")},
    "result": ["served", "abandoned"],
    "channel": ["chat", "phone", "bot"],
}
KPIS = {
    kpi.id: replace(kpi, enabled=True)
    for kpi in load_catalogue().values()
    if isinstance(kpi.value, Ratio | Level | Distribution)
    and not kpi.extras
    and all(dimension.overall for dimension in kpi.dimensions)
}
"""The KPIs of the forms that are added up here, those among them that are off by default; scores, extra families and computed values have tests of their own."""
EVALUATOR = Evaluator(KPIS, definitions=Definitions())
Cells = dict[tuple[str, str], dict[Cell, int]]
LEVELS = ("edge", "still", "hourly")
DAYS = [f"day {TODAY - 40}", *(f"day {TODAY - ago}" for ago in range(29, -1, -1))]
ROLES = {"amount": "_minor_units"}


def cells(seed: int) -> Cells:
    """A few cells of every measure, in a few windows."""
    rng = random.Random(seed)
    found: Cells = {}

    def value(field: str) -> str | int:
        return (
            rng.randrange(BUCKETS)
            if field == "bucket"
            else rng.choice(VALUES.get(field, ["a", "b", "unknown"]))
        )

    for measure in MEASURES.values():
        trailing = [*WINDOWS, ALL]
        levels = [ALL, *(f"start of {window}" for window in trailing)]
        windows = [DAY, *DAYS] if measure.by_day else levels if measure.kind in LEVELS else trailing
        for window in rng.sample(windows, rng.randint(0, 3)):
            found[measure.name, window] = {
                tuple(map(value, measure.fields)): rng.randint(0, 5) for _ in range(rng.randint(0, 8))
            }
    return found


class One:
    """One KPI, one window, and one dimension at a value (none: the overall series)."""

    def __init__(self, kpi: Kpi, cells: Cells, window: str, dimension: Dimension | None, value: str) -> None:
        self.kpi, self.cells, self.window, self.dimension, self.value = kpi, cells, window, dimension, value
        self.samples: dict[tuple[str, Labels], float] = {}

    def matching(self, read: Read) -> Iterator[tuple[Cell, int]]:
        """The cells that a read asks for. A measure without the dimension is read as for the overall series."""
        measure = read.measure if self.dimension is None else self.dimension.measure_for(read.measure)
        over = ALL if read.how in LEVELS else read.window or self.window
        if read.days:
            for day in DAYS if self.window == ALL else DAYS[-WINDOWS[self.window] // DAY_MS :]:
                yield from self.passing(read, measure, day)
            return
        if read.at == "start":
            over = f"start of {self.window}"
        yield from self.passing(read, measure, over)

    def passing(self, read: Read, measure: str, over: str) -> Iterator[tuple[Cell, int]]:
        for cell, n in self.cells.get((measure, over), {}).items():
            named = dict(zip(MEASURES[measure].fields, map(str, cell), strict=True))
            if "channel" in named:
                named["medium"] = "voice" if named["channel"] in {"phone", "ivr"} else "text"
            field = "" if self.dimension is None else self.dimension.name
            if self.dimension is not None and self.dimension.derived is None:
                field = self.dimension.cell_field
            in_series = self.dimension is None or named.get(field, self.value) == self.value
            if in_series and all(named[field] in values for field, values in read.where.items()):
                yield cell, n

    def number(self, read: Read) -> int:
        return sum(n for part in read.parts for _, n in self.matching(part))

    def put(self, role: str, between: Labels, value: float) -> None:
        window = (("window", self.window),) if self.window else ()
        dimensions = tuple(
            (d.name, self.value if d is self.dimension else "all") for d in self.kpi.dimensions
        )
        self.samples[f"kpi_{self.kpi.stem}{role}", (*window, *between, *dimensions)] = value

    def ratio(self, ratio: Ratio) -> None:
        below = self.number(ratio.denominator)
        above = {part: self.number(read) for part, read in ratio.numerators}
        if self.dimension is not None:
            measure = self.dimension.measure_for(ratio.denominator.measure)
            own_denominator = below if self.dimension.cell_field in MEASURES[measure].fields else 0
            if not own_denominator and not any(above.values()):
                return
        self.put("_denominator", (), below)
        if ratio.complement:
            above = {part: below - n for part, n in above.items()}
        for part, n in above.items():
            between = () if ratio.split is None else ((ratio.split.label, str(part)),)
            self.put("_numerator", between, n)
            if below:
                self.put(f"_{self.kpi.kind}", between, n / below)

    def level(self, level: Level) -> None:
        read = level.day if self.window == DAY and level.day is not None else level.read
        n = self.number(read)
        if n or self.dimension is None:
            self.put(ROLES.get(self.kpi.kind, ""), (), n)

    def durations(self, durations: Distribution) -> None:
        buckets: dict[int, int] = {}
        for cell, n in self.matching(durations.read):
            buckets[int(cell[-1])] = buckets.get(int(cell[-1]), 0) + n
        n = sum(buckets.values())
        if n or self.dimension is None:
            self.put("_observations", (), n)
        if n:
            self.put("_seconds", (("stat", "mean"),), self.number(durations.sums) / n / 1000)
            for q in (50, 75, 90):
                self.put("_seconds", (("stat", f"p{q}"),), quantile(buckets, q / 100) / 1000)


def expected(kpi: Kpi, cells: Cells) -> dict[tuple[str, Labels], float]:
    found: dict[tuple[str, Labels], float] = {}
    values = {"a", "b", "unknown", *VALUES["channel"], "voice", "text"}
    series = [(None, ""), *((dimension, value) for dimension in kpi.dimensions for value in values)]
    for window in (*kpi.windows, ALL) if kpi.windows else ("",):
        for dimension, value in series:
            one = One(kpi, cells, window, dimension, value)
            match kpi.value:
                case Ratio() as ratio:
                    one.ratio(ratio)
                case Level() as level:
                    one.level(level)
                case Distribution() as durations:
                    one.durations(durations)
            found |= one.samples
    return found


@pytest.mark.parametrize("seed", range(10))
def test_every_series_is_the_sum_of_its_cells(seed: int) -> None:
    given_cells = cells(seed)
    found = EVALUATOR.evaluate(FakeReads(given_cells), windows=(*WINDOWS, DAY, ALL))
    wanted: dict[tuple[str, Labels], float] = {}
    for kpi in KPIS.values():
        wanted |= expected(kpi, given_cells)
    assert {(sample.metric, sample.labels): sample.value for sample in found} == wanted


@pytest.mark.parametrize("seed", range(10, 14))
def test_evaluating_again_gives_the_same(seed: int) -> None:
    """What the evaluator remembers of earlier cells must not show."""
    given_cells = cells(seed)
    fresh = Evaluator(KPIS, definitions=Definitions())
    assert fresh.evaluate(FakeReads(given_cells)) == EVALUATOR.evaluate(FakeReads(given_cells))
