"""Where a number goes on reading its source topics, and whether everything in between is still there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streams.core.records import Meta
from streams.errors import GapError


@dataclass(frozen=True, slots=True)
class Extent:
    """What a source partition holds: offsets `beginning <= offset < end`.

    `replay_from` is the first offset at or after the time from which a number without a checkpoint begins.
    """

    beginning: int
    end: int
    replay_from: int | None = None


def next_offsets(
    number: int,
    meta: Meta | None,
    extents: Mapping[str, Extent],
    names: Mapping[str, str],
    *,
    accept_gap: bool,
) -> tuple[dict[str, int], list[str]]:
    """The next offset by logical topic, and what was lost and accepted, one line for each.

    `extents` has every consumed topic by its logical name, `names` what Kafka calls them. A topic that the checkpoint
    does not know begins at its earliest record. Raises GapError if records are gone that were never read, unless that
    is accepted.
    """
    offsets: dict[str, int] = {}
    lost = []
    for topic, extent in extents.items():
        known = None if meta is None else meta.offsets.get(topic)
        if known is None:
            replay = extent.replay_from if meta is None else None
            offsets[topic] = extent.beginning if replay is None else replay
            continue
        offsets[topic] = known
        what = gap(names[topic], number, known, extent.beginning, extent.end)
        if what is not None:
            lost.append(what)
            offsets[topic] = extent.beginning
    if lost and not accept_gap:
        raise gap_error(lost)
    return offsets, lost


def gap(topic: str, number: int, position: int, beginning: int, end: int) -> str | None:
    """What is missing between the next offset to read and what a partition holds, in words; None if nothing is."""
    if position < beginning:
        return (
            f"{topic}, partition {number}: offsets {position} to {beginning - 1} ({beginning - position} records at "
            "most) were deleted before they were read, by retention or by hand"
        )
    if position > end:
        return (
            f"{topic}, partition {number}: the next offset would be {position}, but the topic ends at {end}; it was "
            f"recreated or truncated. It would be read from its first record, {beginning}, on"
        )
    return None


def gap_error(lost: list[str]) -> GapError:
    """The error for records that are gone."""
    listed = "\n".join(f"  {line}." for line in lost)
    return GapError(
        f"Records are gone that were never counted:\n{listed}\n"
        "To go on without them, start the worker once with --accept-gap; the figures then lack these events. To bring "
        "them back, restore the topic from a copy first."
    )
