"""The machine, the processes and the records around what is measured."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec
import pytest

from app.bench import environment, memory
from app.bench.environment import PACKAGES, child_environment, repository, source_tree, working_directory
from app.bench.errors import BenchmarkError
from app.bench.machine import Commit, commit_of, cpu_model, this_machine, versions
from app.bench.memory import Growth
from app.bench.plan import FEW_KPIS
from app.bench.quiet import Clock, others_cores
from app.bench.scripts import run_script
from app.bench.worker_run import write_settings
from app.bench.yardstick import DECODERS
from app.settings import load_settings
from app.simulator.mix import benchmark_mix
from streams.core.rules import Rules
from tests.conftest import REPOSITORY


def test_no_setting_of_the_caller_reaches_what_is_measured() -> None:
    inherited = child_environment(
        {
            "SELFSERVE_GROUP": "mine",
            "PATH": "/bin",
            "PYTHONPATH": "/elsewhere",
            "SELFSERVE_LOG_LEVEL": "debug",
        }
    )
    assert inherited == {"PATH": "/bin", "PYTHONPATH": f"{repository()}:/elsewhere"}


def test_a_worker_is_measured_with_the_default_settings(tmp_path: Path) -> None:
    settings = load_settings(
        write_settings(tmp_path, bootstrap_servers="127.0.0.1:1", partitions=3, group="bench-1")
    )
    assert settings.kafka.partitions == 3
    assert set(settings.places) == {
        "kafka.bootstrap_servers",
        "kafka.topic_prefix",
        "kafka.group",
        "kafka.partitions",
        "worker.port",
    }


def test_a_worker_with_few_kpis_keeps_nothing_for_the_others(tmp_path: Path) -> None:
    settings = load_settings(
        write_settings(
            tmp_path, bootstrap_servers="127.0.0.1:1", partitions=3, group="bench-1", only=FEW_KPIS
        )
    )
    assert {name for name, kpi in settings.catalogue.items() if kpi.enabled} == set(FEW_KPIS)
    rules = Rules(settings.definitions)
    assert rules.groups == ()
    assert not rules.tells_accounts
    assert not rules.assesses


def test_logs_stay_only_after_an_error() -> None:
    with working_directory() as fine:
        (fine / "log").touch()
    assert not fine.exists()
    with pytest.raises(BenchmarkError), working_directory() as failed:
        raise BenchmarkError("no")
    failed.rmdir()


def test_the_machine_and_the_versions_are_known() -> None:
    machine = this_machine()
    assert machine.cpu
    assert machine.cores >= 1
    assert machine.memory_bytes > 1 << 28
    assert {"selfserve", "kafka", "python", "aiokafka", "faust-streaming", "msgspec", "uvloop"} == set(
        versions("4")
    )


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        (
            "processor\t: 0\nmodel name\t: Some CPU @ 3 GHz \nprocessor\t: 1\nmodel name\t: Other\n",
            "Some CPU @ 3 GHz",
        ),
        ("processor\t: 0\nBogoMIPS\t: 50\n", None),
    ],
)
def test_the_processor_is_named_where_the_system_says_it(cpuinfo: str, expected: str | None) -> None:
    assert cpu_model(cpuinfo) == expected


def test_the_commit_says_whether_files_were_changed(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        return subprocess.run(
            ["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    assert commit_of(tmp_path) is None
    git("init", "--quiet")
    assert commit_of(tmp_path) is None
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "--quiet", "--message", "one")
    assert commit_of(tmp_path) == Commit(git("rev-parse", "--short", "HEAD"), modified=False)
    (tmp_path / "file").write_text("2")
    found = commit_of(tmp_path)
    assert found is not None
    assert found.modified


def packages(root: Path, text: str) -> Path:
    for package in PACKAGES:
        (root / package).mkdir(parents=True)
        (root / package / "__init__.py").write_text(text)
    return root


def test_a_wheel_belongs_to_the_source_tree_that_has_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert source_tree() == REPOSITORY

    wheel, tree = packages(tmp_path / "wheel", "1"), packages(tmp_path / "tree", "1")
    monkeypatch.setattr(environment, "repository", lambda: wheel)
    monkeypatch.chdir(tree)
    assert source_tree() is None
    (tree / "pyproject.toml").touch()
    assert source_tree() == tree
    (tree / "streams" / "__init__.py").write_text("2")
    assert source_tree() is None
    monkeypatch.chdir(tmp_path)
    assert source_tree() is None


@pytest.mark.parametrize(("busy", "ours", "expected"), [(6.0, 6.0, 0.0), (6.0, 4.0, 0.5), (5.0, 5.5, 0.0)])
def test_what_others_used_is_the_rest(busy: float, ours: float, expected: float) -> None:
    before = Clock(at=100.0, busy=50.0, ours=20.0)
    after = Clock(at=104.0, busy=50.0 + busy, ours=20.0 + ours)
    assert others_cores(before, after) == expected


@pytest.mark.parametrize("decoding", sorted(DECODERS))
def test_the_yardstick_reads_every_event_of_the_mix(decoding: str) -> None:
    ids = {DECODERS[decoding](event.value).id for event in benchmark_mix(2_000, customers=100)}
    assert len(ids) > 1_900


def test_a_script_answers_with_its_document() -> None:
    growth = run_script(memory.__name__, memory.Options(customers=50), Growth, timeout_s=60)
    assert growth.customers == 50


def test_a_script_that_fails_says_why() -> None:
    class Wrong(msgspec.Struct):
        customers: str = "many"

    with pytest.raises(
        BenchmarkError, match=r"app\.bench\.memory failed \(exit code 1\)(.|\n)*ValidationError"
    ):
        run_script(memory.__name__, Wrong(), Growth, timeout_s=60)
