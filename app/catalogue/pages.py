"""The reference pages `docs/kpis/*.md`, rendered from the catalogue.

`reference_pages` is the generator. `python -m app.catalogue.pages --write` writes what it returns, `--check` fails
where a page is not what would be written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from app.catalogue.load import Catalogue, load_catalogue
from app.catalogue.model import Kpi, Option
from app.catalogue.naming import DENOMINATOR, INFO, OBSERVATIONS, RESPONSES, TARGET, Family, family_names
from app.catalogue.reads import Computed, Ratio, Read
from app.catalogue.targets import Band, Benchmark, Case

FOLDER: Final = "docs/kpis"
"""Where the pages are, from the root of the repository."""

INDEX_PAGE: Final = "README.md"

INTRODUCTION: Final = (
    "What is counted, and when, is defined in [definitions](../definitions.md). Each page has the twelve attributes"
    " of a KPI, its metric families, and what its value is held against."
)

HEADINGS: Final[Mapping[str, str]] = {
    "definition": "Definition",
    "business_insights": "Business insights",
    "measurement_approach": "Measurement approach",
    "formula": "Formula",
    "trend_analysis": "Trend analysis",
    "diagnostic_questions": "Diagnostic questions",
    "tips": "Tips",
    "visualization": "Visualization",
    "risk_warnings": "Risk warnings",
    "tools": "Tools",
    "integration_points": "Integration points",
    "change_impact": "Change impact",
}
"""Heading of each attribute."""


def reference_pages(catalogue: Catalogue | None = None) -> dict[str, str]:
    """Return the pages of a catalogue, by default the package's, by their path in the repository."""
    pages = render_pages(load_catalogue() if catalogue is None else catalogue)
    return {f"{FOLDER}/{name}": text for name, text in pages.items()}


def render_pages(catalogue: Catalogue) -> dict[str, str]:
    """Return the text of every page by its file name."""
    pages = {INDEX_PAGE: render_index(catalogue)}
    off = catalogue.switched_off()
    for kpi in catalogue.values():
        family, source = catalogue.families[kpi.family], catalogue.source(kpi.id)
        pages[f"{kpi.id}.md"] = render_page(kpi, family, source, off.get(kpi.id))
    return pages


def render_index(catalogue: Catalogue) -> str:
    """Return the page that lists the KPIs by family."""
    lines = [
        *_banner("app/catalogue/kpis"),
        "# KPI reference",
        "",
        INTRODUCTION,
        "",
    ]
    for family, title in catalogue.families.items():
        kpis = [kpi for kpi in catalogue.values() if kpi.family == family]
        if kpis:
            rows = (
                (
                    f"[{kpi.title}]({kpi.id}.md)" + ("" if kpi.enabled else " (off)"),
                    f"`{kpi.id}`",
                    kpi.kind,
                    _code(_dimension_names(kpi)),
                    _objective(kpi),
                )
                for kpi in kpis
            )
            lines += [f"## {title}", "", *_table(("KPI", "id", "kind", "dimensions", "objective"), rows), ""]
    lines += ["## Families of all KPIs", "", *_families((TARGET, INFO))]
    return _text(lines)


def render_page(kpi: Kpi, family: str, source: str | None = None, off: str | None = None) -> str:
    """Return the page of one KPI; ``family`` is the title of its family, ``source`` the file that it comes from.

    ``off`` is what is to be said if it is switched off (`Catalogue.switched_off`).
    """
    unit = "" if kpi.unit == kpi.kind else f", in {kpi.unit}"
    facts = [
        ("id", f"`{kpi.id}`, version {kpi.version}"),
        *([] if off is None else [("state", off)]),
        ("family", family),
        ("kind", f"{kpi.kind}{unit}; {kpi.better} is better"),
        ("windows", _code(kpi.windows)),
        ("dimensions", ", ".join(_dimensions(kpi)) or "none"),
        ("objective", _objective(kpi)),
        ("review", kpi.review),
    ]
    lines = [
        *_banner(source or f"app/catalogue/kpis/{kpi.id}.yaml"),
        f"# {kpi.title}",
        "",
        *_table(("", ""), facts),
        "",
    ]
    for name, points in kpi.attributes.by_name():
        single = isinstance(getattr(kpi.attributes, name), str)
        lines += [f"## {HEADINGS[name]}", "", *(points if single else (f"- {point}" for point in points)), ""]
    lines += ["## Metrics", "", *_families(family_names(kpi)), ""]
    lines += ["## Readings", "", *_readings(kpi), ""]
    if kpi.targets:
        lines += ["## Targets", "", *_targets(kpi), ""]
    if kpi.benchmarks or kpi.cases:
        lines += ["## Benchmarks", "", *(_benchmark(kpi, item) for item in kpi.benchmarks)]
        lines += [*(_case(kpi, item) for item in kpi.cases), ""]
    lines += ["## Alerts", "", *_alerts(kpi), ""]
    lines.append("[All KPIs](README.md) · [Definitions](../definitions.md)")
    return _text(lines)


def format_value(value: float, unit: str) -> str:
    """Return ``value`` as people write it in ``unit``."""
    if unit == "ratio":
        return f"{value * 100:.10g} %"
    return f"{value:,.10g} {'s' if unit == 'seconds' else unit}"


def _banner(source: str) -> list[str]:
    return [f"<!-- Generated by `make generate` from {source}. Do not edit. -->", ""]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(header), line("---" for _ in header), *(line(row) for row in rows)]


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words) or "none"


def _dimension_names(kpi: Kpi) -> list[str]:
    return [dimension.name for dimension in kpi.dimensions]


def _dimensions(kpi: Kpi) -> Iterable[str]:
    for dimension in kpi.dimensions:
        derived = dimension.derived
        if derived is None:
            yield f"`{dimension.name}`"
        else:
            yield (
                f"`{dimension.name}` (`{derived.listed}` for the {derived.field}s in `{derived.definition}`,"
                f" else `{derived.unlisted}`)"
            )


def _objective(kpi: Kpi) -> str:
    if kpi.objective is None:
        return "none"
    sign = "≥" if kpi.better == "higher" else "≤"
    return f"{sign} {format_value(kpi.objective, kpi.unit)}"


def _families(families: Iterable[Family]) -> list[str]:
    rows = ((f"`{family.name}`", _code(family.labels), family.help) for family in families)
    return _table(("family", "labels", "meaning"), rows)


def _readings(kpi: Kpi) -> list[str]:
    if isinstance(kpi.value, Computed):
        return [f"Computed by `{kpi.value.function}` from {_code(kpi.value.measures)}."]
    chosen = next((option for option in kpi.options if option.value == kpi.value), None)
    lines = [] if chosen is None else [f"With {_choice(chosen)}:", ""]
    lines += _reading(kpi)
    for option in kpi.options:
        if option is not chosen:
            lines += ["", f"With {_choice(option)} instead:", "", *_reading(kpi.counted_by(option))]
    for dimension in kpi.dimensions:
        for measure, instead in dimension.measures.items():
            lines += ["", f"By `{dimension.name}`, `{instead}` is read in place of `{measure}`."]
    return lines


def _choice(option: Option) -> str:
    return f"`{option.definition}: {option.choice}` below `definitions` in the settings"


def _reading(kpi: Kpi) -> list[str]:
    rows = (
        (_place(key) if part is parts[0] else "plus", *_read(part))
        for key, read in kpi.readings()
        for parts in (read.parts,)
        for part in parts
    )
    lines = _table(("", "measure", "read as", "where"), rows)
    if isinstance(kpi.value, Ratio) and kpi.value.complement:
        lines += ["", "What is counted is the rest: the denominator less this numerator."]
    return lines


def _place(key: str) -> str:
    return key.removeprefix("value.").replace("split.parts.", "numerator, ")


def _read(read: Read) -> tuple[str, str, str]:
    how = read.how + ("" if read.window is None else f", over {read.window}")
    how += ", at the window's start" if read.at == "start" else ""
    where = " and ".join(f"{field} = {' or '.join(values)}" for field, values in read.where.items())
    return f"`{read.measure}`", how, where or "none"


def _targets(kpi: Kpi) -> list[str]:
    lines = [f"Objective: {_objective(kpi)}."] if kpi.objective is not None else []
    if kpi.bands:
        rows = ((band.title, f"`{band.name}`", _range(band, kpi.unit)) for band in kpi.bands)
        lines += ["", *_table(("band", "name", "values"), rows)]
        if kpi.alerts.band is not None and kpi.alerts.band.window is not None:
            lines += ["", f"The bands are meant for the window `{kpi.alerts.band.window}`."]
    return lines


def _range(band: Band, unit: str) -> str:
    ends = ((band.above, "above"), (band.at_least, "from"), (band.at_most, "to"), (band.below, "below"))
    return " ".join(f"{word} {format_value(bound, unit)}" for bound, word in ends if bound is not None)


def _benchmark(kpi: Kpi, item: Benchmark) -> str:
    note = f": {item.note}" if item.note else ""
    return f"- {format_value(item.value, kpi.unit)}, {item.who}{note} ({_source(item.source, item.url)})"


def _case(kpi: Kpi, item: Case) -> str:
    change = f"{format_value(item.before, kpi.unit)} to {format_value(item.after, kpi.unit)}"
    return f"- Case: {item.who} went from {change} in {item.months:g} months: {item.what} ({_source(item.source, item.url)})"


def _source(source: str, url: str | None) -> str:
    return source if url is None else f"[{source}]({url})"


def _alerts(kpi: Kpi) -> list[str]:
    alerts = kpi.alerts
    value = "the value" if alerts.stat is None else f"`{alerts.stat}`"
    direction = "below" if kpi.better == "higher" else "above"
    lines = []
    if alerts.band is not None:
        over = "" if alerts.band.window is None else f" over {alerts.band.window}"
        lines.append(
            f"- Band ({alerts.band.severity}): {value}{over} is worse than `{alerts.band.worse_than}`."
        )
    if alerts.drop is not None:
        over = "" if alerts.drop.window is None else f" over {alerts.drop.window}"
        lines.append(
            f"- Against last week ({alerts.drop.severity}): {value}{over} lies more than"
            f" {format_value(alerts.drop.by, 'ratio')} {direction} that of the same hour a week ago."
        )
    if alerts.anomaly:
        lines.append(
            "- Anomaly (info): it lies more than three standard deviations of the last week on the worse side of its mean."
        )
    if (burst := alerts.burst) is not None:
        lines.append(
            f"- Burst ({burst.severity}): the denominator over {burst.window} is more than {burst.times:g} times that of the same"
            " hour a week ago."
        )
    if alerts.burn_rate:
        lines.append(
            "- Burn rate: the error budget that the objective leaves is spent too fast, over 5m and 1h, or 30m and 6h."
        )
    if not lines:
        return ["None."]
    if any(family.role in {DENOMINATOR, OBSERVATIONS, RESPONSES} for family in family_names(kpi)):
        lines += ["", f"None of them fires on fewer than {alerts.min_samples} samples."]
    elif kpi.kind != "score" and (alerts.drop is not None or alerts.anomaly):
        lines += ["", f"What it is compared with has to be at least {alerts.min_samples}."]
    return lines


def stale_pages(root: Path, pages: Mapping[str, str]) -> list[str]:
    """Return the paths below ``root`` that differ from ``pages``, are missing, or are pages of no KPI."""
    found = {
        f"{FOLDER}/{file.name}": file.read_text(encoding="utf-8") for file in (root / FOLDER).glob("*.md")
    }
    return sorted(path for path in found.keys() | pages.keys() if found.get(path) != pages.get(path))


def main(arguments: list[str] | None = None) -> int:
    """Write or check the pages; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m app.catalogue.pages", description="The KPI reference pages."
    )
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help=f"write {FOLDER}")
    mode.add_argument(
        "--check", action="store_true", help="fail if a page differs from what --write would write"
    )
    parser.add_argument(
        "--root", type=Path, default=Path(), help="the repository; default: the working directory"
    )
    options = parser.parse_args(arguments)
    pages = reference_pages()
    stale = stale_pages(options.root, pages)
    if options.check:
        for path in stale:
            sys.stderr.write(f"{path}: not what the catalogue says; run with --write\n")
        return 1 if stale else 0
    for path in stale:
        file = options.root / path
        if path in pages:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(pages[path], encoding="utf-8")
        else:
            file.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
