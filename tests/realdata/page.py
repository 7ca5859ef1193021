"""The tables of docs/real-data.md. ``python -m tests.realdata.page`` writes them, where the logs are there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from tests.conftest import RECORDED_DATA, REPOSITORY
from tests.realdata.comparison import EACH, Comparison, Place
from tests.realdata.logs import LOGS, all_comparisons

PAGE = REPOSITORY / "docs" / "real-data.md"


def with_tables(text: str, data: Path) -> str:
    """Return the page with its generated parts as the logs in ``data`` have them now."""
    for name, table in (("figures", figures(data)), ("not compared", not_compared())):
        block = re.compile(f"<!-- generated: {name}[^\n]*-->\n(.*?)<!-- end of {name} -->", re.DOTALL)
        found = list(block.finditer(text))
        if len(found) != 1:
            raise ValueError(f"{PAGE.name} has {len(found)} parts 'generated: {name}', not one")
        start, end = found[0].span(1)
        text = f"{text[:start]}\n{table}\n{text[end:]}"
    return text


def figures(data: Path) -> str:
    """Return the table of all figures that are compared."""
    lines = [
        "| log | figure | reference | selfserve | difference | selfserve has it as |",
        "| --- " * 6 + "|",
    ]
    for dataset in LOGS:
        for found in all_comparisons(dataset, data):
            cells = (dataset, f"`{_name(found.place)}`", *_numbers(found), _difference(found), found.by)
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def not_compared() -> str:
    """Return the table of the figures that are not compared."""
    lines = ["| log | figure | because it |", "| --- | --- | --- |"]
    for dataset, recorded in LOGS.items():
        for reason, places in _by_reason(recorded.not_compared):
            lines.append(f"| {dataset} | {', '.join(_names(places))} | {reason} |")
    return "\n".join(lines) + "\n"


def _by_reason(reasons: Mapping[Place, str]) -> Iterator[tuple[str, list[Place]]]:
    order = list(dict.fromkeys(reasons.values()))
    ranked = sorted(reasons.items(), key=lambda item: order.index(item[1]))
    for reason, items in groupby(ranked, key=lambda item: item[1]):
        yield reason, [place for place, _ in items]


def _names(places: list[Place]) -> Iterator[str]:
    """Names, what is common to neighbours only once."""
    for parent, siblings in groupby(places, key=lambda place: place[:-1]):
        keys = [place[-1] for place in siblings]
        yield from [f"`{key}`" for key in keys] if not parent else [f"`{_name((*parent, ', '.join(keys)))}`"]


def _name(place: Place) -> str:
    return " / ".join("each" if key == EACH else key for key in place)


def _numbers(found: Comparison) -> tuple[str, str]:
    pairs = found.pairs()
    if len(pairs) == 1 and pairs[0][0] == found.place:
        return _number(found, pairs[0][1]), _number(found, pairs[0][2])
    return _spread(found, [want for _, want, _ in pairs]), _spread(found, [got for _, _, got in pairs])


def _spread(found: Comparison, numbers: list[float | None]) -> str:
    there = [number for number in numbers if number is not None]
    missing = f", {len(numbers) - len(there)} without" if len(there) < len(numbers) else ""
    low, high = _number(found, min(there)), _number(found, max(there))
    shown = low if low == high else f"{low} to {high}"
    return f"{len(there)} of {_of(found)}{missing}: {shown}"


def _of(found: Comparison) -> int:
    assert isinstance(found.reference, Mapping)
    return len(found.reference)


def _number(found: Comparison, number: float | None) -> str:
    if number is None:
        return "none"
    if float(number).is_integer():
        return f"{number:,.0f}"
    return f"{number:,.3f}" if found.place[-1].endswith("_s") else f"{number:.6f}"


def _difference(found: Comparison) -> str:
    off = found.off()
    share = f"{off:.2%}".replace("%", " %") if off else "none"
    return f"{share}: {found.because}" if found.because else share


def main() -> None:
    """Write the page."""
    if not RECORDED_DATA.is_dir():
        sys.exit("The recorded logs are not there, so there is nothing to compute the page from.")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), RECORDED_DATA), encoding="utf-8")


if __name__ == "__main__":
    main()
