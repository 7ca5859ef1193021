"""Sums over moving windows: the fast way against adding everything up, and against the definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.exporter.windows import Change, MeasureSums
from streams.core.measures import Cell, Measure
from streams.core.time import ALL, BEGINNING, DAY_MS, MINUTE_MS, WINDOWS, Calendar

NOW = 1_780_000_000_000 // MINUTE_MS
CELLS: tuple[Cell, ...] = (("a", "0"), ("a", "1"), ("b", "0"))

positions = st.one_of(
    st.integers(NOW - 3, NOW + 3),
    st.integers(NOW - 60 * 24, NOW + 60 * 24),
    st.integers(NOW - 40 * 60 * 24, NOW),
    st.just(BEGINNING),
)
changes = st.lists(st.builds(Change, positions, st.sampled_from(CELLS), st.integers(-3, 3)), max_size=12)
steps = st.lists(
    st.tuples(
        changes,
        # How far the evaluation time moves: not at all, within a minute, over some, by hours, by weeks.
        st.one_of(
            st.just(0), st.integers(0, 300_000), st.integers(0, 2 * DAY_MS), st.integers(0, 40 * DAY_MS)
        ),
        st.lists(st.tuples(st.sampled_from([*WINDOWS, ALL]), st.booleans()), max_size=4),
    ),
    max_size=8,
)


def measure(kind: str) -> Measure:
    return Measure("m", kind, ("x", "y"), "")  # type: ignore[arg-type]


def nonzero(sums: dict[Cell, int]) -> dict[Cell, int]:
    return {cell: n for cell, n in sums.items() if n}


@given(st.sampled_from(["event", "last", "edge", "still", "hourly"]), st.integers(0, MINUTE_MS), steps)
def test_windows_that_move_hold_what_adding_everything_up_gives(kind: str, start: int, moves: list) -> None:  # type: ignore[type-arg]
    sums = MeasureSums(measure(kind), Calendar("UTC"))
    at = NOW * MINUTE_MS + start
    for changed, forward, read in moves:
        sums.add(changed)
        at += forward
        for window, at_start in read:
            if kind == "edge" or not at_start:
                assert sums.read(window, at, at_start=at_start) == sums.read_directly(
                    window, at, at_start=at_start
                )


@given(
    st.sampled_from(["event", "last", "edge", "hourly"]),
    changes,
    st.integers(0, MINUTE_MS),
    st.sampled_from([*WINDOWS, ALL]),
)
def test_a_window_holds_what_its_definition_says(
    kind: str, changed: list[Change], past: int, window: str
) -> None:
    sums = MeasureSums(measure(kind), Calendar("UTC"))
    sums.add(changed)
    at = NOW * MINUTE_MS + past
    length = WINDOWS.get(window, 0)
    unit = MINUTE_MS if length <= DAY_MS else 60 * MINUTE_MS
    start = (at - length) // unit * unit
    expected: dict[Cell, int] = {}
    for position, cell, n in changed:
        begun = window == ALL or position * MINUTE_MS >= start
        reached = position * MINUTE_MS < at or (kind == "hourly" and position * MINUTE_MS == at)
        if (begun or kind in ("edge", "hourly")) and (reached or kind == "last"):
            expected[cell] = expected.get(cell, 0) + n
    assert sums.read(window, at) == nonzero(expected)


@given(changes, st.integers(0, MINUTE_MS), st.sampled_from(list(WINDOWS)))
def test_a_level_at_the_start_is_what_came_before_the_window(
    changed: list[Change], past: int, window: str
) -> None:
    sums = MeasureSums(measure("edge"), Calendar("UTC"))
    sums.add(changed)
    at = NOW * MINUTE_MS + past
    unit = MINUTE_MS if WINDOWS[window] <= DAY_MS else 60 * MINUTE_MS
    start = (at - WINDOWS[window]) // unit * unit
    expected: dict[Cell, int] = {}
    for position, cell, n in changed:
        if position * MINUTE_MS < start:
            expected[cell] = expected.get(cell, 0) + n
    assert sums.read(window, at, at_start=True) == nonzero(expected)


def test_days_are_those_of_the_zone_and_end_with_the_millisecond_before() -> None:
    calendar = Calendar("America/New_York")
    midnight = calendar.start_of(738_000) * MINUTE_MS
    sums = MeasureSums(measure("day"), calendar)
    sums.add([Change(737_999, CELLS[0], 1), Change(738_000, CELLS[0], 2)])
    assert sums.read("day", midnight) == {CELLS[0]: 1}
    assert sums.read("day", midnight + 1) == {CELLS[0]: 2}
    assert sums.read("day", midnight + 2 * DAY_MS) == {}


@given(
    st.lists(
        st.tuples(
            st.lists(
                st.builds(Change, st.integers(0, 9), st.sampled_from(CELLS), st.integers(-3, 3)), max_size=4
            ),
            st.tuples(st.integers(-1, 9), st.integers(-1, 9)),
        ),
        max_size=90,
    )
)
def test_ranges_of_days_hold_what_adding_them_up_gives(moves: list) -> None:  # type: ignore[type-arg]
    sums = MeasureSums(measure("day"), Calendar("UTC"))
    told: list[Change] = []
    for changed, (first, last) in moves:
        sums.add(changed)
        told += changed
        expected: dict[Cell, int] = {}
        for day, cell, n in told:
            if first <= day <= last:
                expected[cell] = expected.get(cell, 0) + n
        assert sums.read_days(first, last) == nonzero(expected)


def test_a_deadline_counts_when_the_evaluation_time_has_passed_it() -> None:
    sums = MeasureSums(measure("event"), Calendar("UTC"))
    sums.add([Change(NOW + 5, CELLS[0], 1)])
    assert sums.read("1h", (NOW + 5) * MINUTE_MS) == {}
    assert sums.read("1h", (NOW + 5) * MINUTE_MS + 1) == {CELLS[0]: 1}
    sums.add([Change(NOW + 5, CELLS[0], -1)])
    assert sums.read("1h", (NOW + 5) * MINUTE_MS + 1) == {}
