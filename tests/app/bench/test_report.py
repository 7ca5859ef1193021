"""How the figures of a run are shown and kept."""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from app.bench import record
from app.bench.errors import BenchmarkError
from app.bench.machine import Commit, Machine
from app.bench.measures import Measure, ratios, spread, summarise
from app.bench.memory import Memory
from app.bench.plan import BARE_MINIMAL, BARE_TYPED, STOCK_FAUST, WORKER, WORKER_COMMITTED, Plan
from app.bench.profile import Profile
from app.bench.record import EMPTY, MARKER, check_recordable, page, with_run
from app.bench.report import Report, show, to_json, to_markdown
from app.bench.topics import Filled


@pytest.fixture
def report() -> Report:
    speeds = {BARE_TYPED: 1_000, BARE_MINIMAL: 1_250, WORKER: 290, WORKER_COMMITTED: 250, STOCK_FAUST: 5}
    summaries = {
        contestant.name: summarise(
            contestant.title, [Measure(speed * 10, seconds, 5.0) for seconds in (10.0, 9.0, 12.5)]
        )
        for contestant, speed in speeds.items()
    }
    return Report(
        date="2026-01-05T08:00:00+00:00",
        commit=Commit("abc1234", modified=True),
        core="compiled",
        machine=Machine("Some CPU", 2, 8 << 30, "Linux 6 x86_64"),
        versions={"selfserve": "1.2.3", "kafka": "4.0.0"},
        plan=Plan(events=10_000, faust_events=50),
        topics=Filled({"product.events": 7_000, "support.events": 3_000}, 2_200_000),
        contestants=summaries,
        ratios=ratios(summaries),
        worker_results={"processed": 9_900, "duplicate": 100},
        worker_late_counts=[0, 0, 0],
        worker_rss_bytes=spread([200.0 * (1 << 20)]),
        others_cores=spread([0.01, 0.02, 0.4]),
        profile=Profile(400, {"decode": 0.25, "facts and panes": 0.75, "other": 0.0}, idle=0.125),
        memory=Memory(1_000, 712.4, 655.5),
        remarks=["Something else ran."],
    )


def test_the_document_holds_everything(report: Report) -> None:
    document = to_json(report)
    assert msgspec.json.decode(document, type=Report) == report
    assert json.loads(document)["contestants"]["worker"]["events_per_second"]["median"] == 290


def test_a_section_has_date_commit_machine_and_the_tables(report: Report) -> None:
    lines = to_markdown(report).splitlines()
    assert lines[0] == "### 2026-01-05, commit abc1234 with changes, compiled core"
    assert "Some CPU, 2 cores, 8 GiB, Linux 6 x86_64." in lines
    assert "| selfserve worker | 290 (232 to 322) | 580 (580 to 580) |" in lines
    assert "| selfserve worker / bare aiokafka, typed events | 0.29 | 0.29 | ≥ 0.3: missed |" in lines
    assert "| selfserve worker / stock Faust, one tumbling table | 58 | 58 | ≥ 40: reached |" in lines
    parts = [line for line in lines if line.endswith("% |")]
    assert parts == ["| facts and panes | 75.0% |", "| decode | 25.0% |"]
    assert any("712 bytes at 1,000 customers, each further one 656" in line for line in lines)
    assert lines[-1] == "- Something else ran."


def test_without_samples_the_section_says_so(report: Report) -> None:
    text = to_markdown(msgspec.structs.replace(report, profile=None, commit=None, core="pure"))
    assert "The worker's time was not sampled." in text
    assert "| part |" not in text
    assert text.startswith("### 2026-01-05, no commit, pure core\n")


def test_a_terminal_shows_the_same_figures(report: Report) -> None:
    output = io.StringIO()
    show(report, Console(file=output, width=120, highlight=False))
    text = output.getvalue()
    for expected in ("290 (232 to 322)", "≥ 0.3: missed", "75.0%", "Remark: Something else ran."):
        assert expected in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_the_newest_run_stands_first() -> None:
    empty = f"# Page\n\n{MARKER}\n\n{EMPTY}\n"
    once = with_run(empty, "### first\n\nfigures\n")
    assert once == f"# Page\n\n{MARKER}\n\n### first\n\nfigures\n"
    assert with_run(once, "### second\n") == f"# Page\n\n{MARKER}\n\n### second\n\n### first\n\nfigures\n"


def test_a_page_without_a_place_for_runs_is_left_alone() -> None:
    with pytest.raises(ValueError, match="marker"):
        with_run("# Page\n", "### first\n")


def test_the_page_of_this_repository_takes_runs(report: Report) -> None:
    text = page().read_text()
    assert text.count(MARKER) == 1
    assert with_run(text, to_markdown(report)).count("### 2026-01-05, commit abc1234") == 1


def test_a_run_of_few_rounds_cannot_be_recorded() -> None:
    check_recordable(3)
    with pytest.raises(BenchmarkError, match="at least 3 rounds, not of 2"):
        check_recordable(2)


def test_recording_needs_a_source_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "source_tree", lambda: None)
    with pytest.raises(BenchmarkError, match="source tree"):
        check_recordable(3)
    monkeypatch.setattr(record, "source_tree", lambda: tmp_path)
    with pytest.raises(BenchmarkError, match=r"docs/benchmarks\.md is not there"):
        check_recordable(3)


def test_recording_changes_the_page(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "docs" / "benchmarks.md"
    file.parent.mkdir()
    file.write_text(f"# Page\n\n{MARKER}\n\n{EMPTY}\n")
    monkeypatch.setattr(record, "source_tree", lambda: tmp_path)
    assert record.record(report) == file
    assert EMPTY not in file.read_text()
    assert "### 2026-01-05, commit abc1234" in file.read_text()
