"""Durations as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0s", 0),
        ("500ms", 500),
        ("1s", 1_000),
        ("90s", 90_000),
        ("30m", 1_800_000),
        ("1h30m", 5_400_000),
        ("24h", 86_400_000),
        ("1d", 86_400_000),
        ("35d", 3_024_000_000),
        ("1d2h3m4s5ms", 93_784_005),
    ],
)
def test_a_duration_is_read_in_milliseconds(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "1", "s", "1.5h", "-1s", "1 s", "1h 30m", "30m1h", "1h1h", "1H", "1w", "soon", "٣s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a duration|a unit is missing"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (5_400_000, "1h30m"),
        (259_200_000, "72h"),
        (604_800_000, "7d"),
        (608_400_000, "7d1h"),
    ],
)
def test_a_duration_is_written_with_the_units_of_the_field(milliseconds: int, text: str) -> None:
    assert format_duration(milliseconds) == text


def test_a_negative_duration_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="-1"):
        format_duration(-1)


@given(st.integers(min_value=0, max_value=10**15))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds


@given(st.text(alphabet="0123456789dhms. -", max_size=20))
def test_whatever_is_read_means_what_its_shortest_form_means(text: str) -> None:
    try:
        milliseconds = parse_duration(text)
    except ValueError:
        return
    assert milliseconds >= 0
    assert parse_duration(format_duration(milliseconds)) == milliseconds
