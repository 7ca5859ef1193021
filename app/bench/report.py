"""The figures of one run, and how they are shown: as a document, on a terminal, as a section of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from rich.console import Console
from rich.table import Table

from app.bench.machine import Commit, Machine
from app.bench.measures import Ratio, Spread, Summary
from app.bench.memory import Memory
from app.bench.plan import CONTESTANTS, MEMORY_GOAL_BYTES, Plan
from app.bench.profile import Profile
from app.bench.topics import Filled
from streams.build import CoreBuild

_TITLES = {contestant.name: contestant.title for contestant in CONTESTANTS}
_GIB = 1 << 30


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a run found. Rates are events per second, sizes bytes."""

    date: str
    """When it began, RFC 3339."""
    commit: Commit | None
    core: CoreBuild
    """Whether the core of what was measured was compiled."""
    machine: Machine
    versions: Mapping[str, str]
    plan: Plan
    topics: Filled
    contestants: Mapping[str, Summary]
    ratios: list[Ratio]
    worker_results: Mapping[str, int]
    """What became of the records in the worker, in one round."""
    worker_late_counts: list[int]
    """In each round, records that were too late for plain counts in the worker."""
    worker_rss_bytes: Spread
    """Resident memory of the worker at the end of a round."""
    others_cores: Spread
    """How many cores other programs used, on average, while something was measured."""
    profile: Profile | None
    memory: Memory
    remarks: list[str]
    """What somebody who compares these figures with others should know."""


Rows = list[list[str]]


def to_json(report: Report) -> str:
    """Return the report as a document, indented."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def headline(report: Report) -> str:
    """Return what was measured, and when."""
    return f"{report.date[:10]}, {_commit(report.commit)}, {report.core} core"


def circumstances(report: Report) -> list[str]:
    """Return on what, with what and how much, as sentences."""
    machine, plan = report.machine, report.plan
    programs = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    topics = report.topics
    size = topics.value_bytes / topics.total
    rounds = f"Median of {plan.rounds} rounds (least to greatest)."
    return [
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_bytes / _GIB:.0f} GiB, {machine.system}.",
        f"{programs}.",
        f"{topics.total:,} events of {size:.0f} bytes in 4 topics of {plan.partitions} partitions. {rounds}",
        f"Others used {report.others_cores.median:.2f} cores (at most {report.others_cores.greatest:.2f}).",
    ]


def rates(report: Report) -> Rows:
    """Return a row for each contestant: title, events a second, events a CPU second."""
    return [
        [summary.title, _spread(summary.events_per_second), _spread(summary.events_per_cpu_second)]
        for summary in report.contestants.values()
    ]


def comparisons(report: Report) -> Rows:
    """Return a row for each ratio: which, in wall time, in CPU time, goal."""
    return [
        [
            f"{_TITLES[ratio.numerator]} / {_TITLES[ratio.denominator]}",
            f"{ratio.wall:.3g}",
            f"{ratio.cpu:.3g}",
            _goal(ratio),
        ]
        for ratio in report.ratios
    ]


def parts(report: Report) -> Rows:
    """Return a row for each part of the worker: its share of the work, greatest first."""
    if report.profile is None:
        return []
    shares = sorted(report.profile.parts.items(), key=lambda item: -item[1])
    return [[part, f"{share:.1%}"] for part, share in shares if share]


def memory_line(report: Report) -> str:
    """Return what a customer takes, as a sentence."""
    memory = report.memory
    return (
        f"A customer with 10 active days, 5 features and one conversation takes {memory.bytes_per_customer:.0f} bytes at "
        f"{memory.customers:,} customers, each further one {memory.bytes_per_further_customer:.0f} "
        f"(goal: at most {MEMORY_GOAL_BYTES} at a million). The worker's process ended a round with "
        f"{report.worker_rss_bytes.median / (1 << 20):,.0f} MiB."
    )


def profile_line(report: Report) -> str:
    """Return what the shares refer to, as a sentence."""
    if report.profile is None:
        return "The worker's time was not sampled."
    return (
        f"Shares of {report.profile.samples:,} samples that found the worker at work; "
        f"it used no CPU for {report.profile.idle:.0%} of the time."
    )


def show(report: Report, console: Console) -> None:
    """Print the report for a person."""
    console.print(f"[bold]{headline(report)}[/bold]")
    for line in circumstances(report):
        console.print(line, markup=False)
    for title, heads, rows in _tables(report):
        console.print()
        console.print(_table(title, heads, rows))
    console.print()
    console.print(profile_line(report), markup=False)
    console.print(memory_line(report), markup=False)
    for remark in report.remarks:
        console.print(f"[yellow]Remark:[/yellow] {remark}")


def to_markdown(report: Report) -> str:
    """Return the report as a section of a page."""
    lines = [f"### {headline(report)}", "", *circumstances(report), ""]
    for _, heads, rows in _tables(report):
        lines += [_row(heads), _row(["---", *("--:" for _ in heads[1:])]), *(_row(row) for row in rows), ""]
    lines += [profile_line(report), memory_line(report)]
    if report.remarks:
        lines += ["", *(f"- {remark}" for remark in report.remarks)]
    return "\n".join(lines) + "\n"


def _tables(report: Report) -> Iterator[tuple[str, list[str], Rows]]:
    yield "Throughput", ["what", "events/s", "events per CPU-second"], rates(report)
    yield "Ratios", ["what", "wall", "CPU", "goal"], comparisons(report)
    if report.profile is not None:
        yield "Where the worker's time goes", ["part", "share"], parts(report)


def _table(title: str, heads: list[str], rows: Rows) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for n, head in enumerate(heads):
        table.add_column(head, justify="right" if n else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _commit(commit: Commit | None) -> str:
    if commit is None:
        return "no commit"
    return f"commit {commit.id}{' with changes' if commit.modified else ''}"


def _goal(ratio: Ratio) -> str:
    if ratio.goal is None:
        return ""
    return f"≥ {ratio.goal:g}: {'reached' if ratio.reached else 'missed'}"


def _spread(spread: Spread) -> str:
    return f"{spread.median:,.0f} ({spread.least:,.0f} to {spread.greatest:,.0f})"
