"""Durations as people write them: ``500ms``, ``30m``, ``1h30m``, ``35d``. Inside, integer milliseconds."""

from __future__ import annotations

import re

UNITS: dict[str, int] = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
"""Milliseconds of each unit, in the order in which they may follow one another. A day is 24 hours."""

_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,12}}){unit})?" for unit in UNITS))
_WEEK = 7 * UNITS["d"]


def parse_duration(text: str) -> int:
    """Return the milliseconds that ``text`` stands for.

    Whole numbers, each with its unit, the larger unit first and none twice; no sign, no fraction, no spaces.
    Raises ``ValueError`` with what is wrong, without repeating the text.
    """
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        if re.fullmatch(r"[0-9]+", text):
            raise ValueError("a unit is missing")
        raise ValueError("not a duration")
    return sum(int(number) * UNITS[unit] for unit, number in match.groupdict().items() if number is not None)


def format_duration(milliseconds: int) -> str:
    """Return the text that ``parse_duration`` reads back as ``milliseconds``, which must not be negative.

    Below a week hours are the largest unit: support works in spans of 24 and 72 hours.
    """
    if milliseconds < 0:
        raise ValueError(f"a duration is not negative: {milliseconds}")
    parts = []
    for unit, size in UNITS.items():
        if unit == "d" and milliseconds < _WEEK:
            continue
        number, milliseconds = divmod(milliseconds, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"
