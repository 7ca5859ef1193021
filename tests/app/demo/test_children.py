"""The demonstration's processes, with small programs in place of the real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo import children
from app.demo.children import Child, describe_end
from app.demo.supervision import ChildEndedError, Supervisor
from tests.support.processes import alive, environment, eventually

TETHER = Path(children.__file__).with_name("tether.py")


def child(tmp_path: Path, *arguments: str) -> Child:
    return Child("worker", arguments, environment=environment(), log=tmp_path / "worker.log")


def test_a_child_is_a_command_of_this_program_and_its_output_is_in_its_log(tmp_path: Path) -> None:
    one = child(tmp_path, "--version")
    one.start()
    eventually(lambda: one.ended() is not None, "the child ends")
    assert one.ended() == 0
    assert one.tail().startswith("  selfserve, version ")


def test_a_package_of_the_same_name_in_the_working_directory_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong app')")
    monkeypatch.chdir(tmp_path)
    one = Child("worker", ["--version"], environment=dict(os.environ), log=tmp_path / "worker.log")
    one.start()
    eventually(lambda: one.ended() is not None, "the child ends")
    assert one.ended() == 0, one.tail()


def test_stopping_a_child_that_has_ended_or_was_never_started_does_nothing(tmp_path: Path) -> None:
    one = child(tmp_path, "--version")
    one.stop(1.0)
    one.start()
    eventually(lambda: one.ended() is not None, "the child ends")
    one.stop(1.0)
    assert one.ended() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a death signal")
def test_a_tethered_program_ends_when_its_parent_is_killed() -> None:
    sleeper = "import time; time.sleep(600)"
    start = (
        "import os, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, {str(TETHER)!r}, str(os.getpid()), sys.executable, '-c', {sleeper!r}])\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        eventually(lambda: b"time.sleep" in Path(f"/proc/{pid}/cmdline").read_bytes(), "the program runs")
        assert alive(pid)
        parent.kill()
    eventually(lambda: not alive(pid), "the program ends with its parent")


def test_a_tethered_program_does_not_start_without_its_parent() -> None:
    result = subprocess.run(
        [sys.executable, str(TETHER), "1", sys.executable, "-c", "print('started')"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (3, "exit code 3"), (-9, "killed by SIGKILL"), (-99, "killed by signal 99")],
)
def test_ends_are_described(code: int, words: str) -> None:
    assert describe_end(code) == words


class Puppet(Child):
    """A child whose ends are told."""

    def __init__(self, log: Path) -> None:
        super().__init__("worker", [], environment={}, log=log)
        self.starts = 0
        self.code: int | None = None

    def start(self) -> None:
        self.starts += 1
        self.code = None

    def ended(self) -> int | None:
        return self.code


@pytest.fixture
def puppet(tmp_path: Path) -> Puppet:
    log = tmp_path / "worker.log"
    log.write_text("".join(f"line {n}\n" for n in range(100)))
    return Puppet(log)


@pytest.mark.parametrize("code", [-signal.SIGKILL, -signal.SIGTERM, 3, 70])
def test_a_child_that_was_killed_or_asks_for_it_is_started_again(puppet: Puppet, code: int) -> None:
    supervisor = Supervisor(puppet)
    assert supervisor.check(0.0) is None
    puppet.code = code
    said = supervisor.check(1.0)
    assert said is not None
    assert describe_end(code) in said
    assert (puppet.starts, supervisor.restarts) == (1, 1)
    assert supervisor.check(2.0) is None


@pytest.mark.parametrize("code", [0, 1, 2])
def test_any_other_end_is_an_error_with_the_end_of_the_log(puppet: Puppet, code: int) -> None:
    puppet.code = code
    with pytest.raises(ChildEndedError) as caught:
        Supervisor(puppet).check(0.0)
    assert f"The worker ended (exit code {code})" in str(caught.value)
    assert str(puppet.log) in str(caught.value)
    assert "  line 99" in str(caught.value)
    assert "line 50" not in str(caught.value)
    assert puppet.starts == 0


def test_a_child_that_ends_again_and_again_is_given_up(puppet: Puppet) -> None:
    supervisor = Supervisor(puppet)
    for n in range(5):
        puppet.code = -9
        assert supervisor.check(float(n)) is not None
    puppet.code = -9
    with pytest.raises(ChildEndedError, match="6th time within a minute"):
        supervisor.check(30.0)


def test_a_child_may_be_killed_as_often_as_one_likes_if_not_all_the_time(puppet: Puppet) -> None:
    supervisor = Supervisor(puppet)
    for n in range(50):
        puppet.code = -9
        assert supervisor.check(n * 13.0) is not None
    assert supervisor.restarts == 50
