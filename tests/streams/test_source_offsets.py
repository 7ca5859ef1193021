"""Where a number goes on, and what is missing."""

from __future__ import annotations

import pytest

from streams.core.records import Meta
from streams.errors import GapError
from streams.source_offsets import Extent, gap, next_offsets

NAMES = {"a": "prefix.a", "b": "prefix.b"}


def meta(**offsets: int) -> Meta:
    return Meta(
        number=3,
        offsets=offsets,
        newest={},
        clock="wall",
        written=0,
        fingerprint="",
        timezone="UTC",
        sequence=1,
    )


def test_without_a_checkpoint_everything_is_read_from_its_beginning() -> None:
    extents = {"a": Extent(5, 10), "b": Extent(0, 0)}
    assert next_offsets(3, None, extents, NAMES, accept_gap=False) == ({"a": 5, "b": 0}, [])


def test_without_a_checkpoint_a_replay_begins_at_its_time() -> None:
    extents = {"a": Extent(5, 10, replay_from=7), "b": Extent(0, 4, replay_from=4)}
    assert next_offsets(3, None, extents, NAMES, accept_gap=False) == ({"a": 7, "b": 4}, [])


def test_a_checkpoint_says_where_to_go_on_whatever_a_replay_says() -> None:
    extents = {"a": Extent(0, 10, replay_from=7), "b": Extent(2, 4)}
    assert next_offsets(3, meta(a=4, b=2), extents, NAMES, accept_gap=False) == ({"a": 4, "b": 2}, [])


def test_a_topic_that_the_checkpoint_does_not_know_begins_at_its_beginning() -> None:
    extents = {"a": Extent(0, 10), "b": Extent(2, 4, replay_from=3)}
    assert next_offsets(3, meta(a=10), extents, NAMES, accept_gap=False) == ({"a": 10, "b": 2}, [])


def test_deleted_records_are_an_error_that_says_which_and_how_to_go_on() -> None:
    extents = {"a": Extent(8, 10), "b": Extent(0, 3)}
    with pytest.raises(GapError) as caught:
        next_offsets(3, meta(a=4, b=5), extents, NAMES, accept_gap=False)
    message = str(caught.value)
    assert "prefix.a, partition 3: offsets 4 to 7 (4 records at most) were deleted" in message
    assert "prefix.b, partition 3: the next offset would be 5, but the topic ends at 3" in message
    assert "--accept-gap" in message
    assert caught.value.exit_code == 2


def test_an_accepted_gap_goes_on_at_the_first_record_that_is_left() -> None:
    extents = {"a": Extent(8, 10), "b": Extent(1, 3)}
    offsets, lost = next_offsets(3, meta(a=4, b=5), extents, NAMES, accept_gap=True)
    assert offsets == {"a": 8, "b": 1}
    assert len(lost) == 2


@pytest.mark.parametrize("position", [2, 3, 5])
def test_positions_within_what_is_there_leave_no_gap(position: int) -> None:
    assert gap("a", 0, position, beginning=2, end=5) is None


@pytest.mark.parametrize("position", [1, 6])
def test_positions_beyond_it_do(position: int) -> None:
    assert gap("a", 0, position, beginning=2, end=5) is not None
