"""The frame of the command line: what is listed, what is imported, and how mistakes are answered."""

from __future__ import annotations

import importlib
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import structlog
from click.testing import CliRunner

import app
from app.cli import COMMANDS, LazyGroup, is_installed, main, module_of
from app.cli.options import setting_option, settings_options
from app.errors import UserError
from app.settings import Settings
from streams.build import core_build
from tests.conftest import REPOSITORY

INSTALLED = [name for name in COMMANDS if is_installed(name)]


@click.group(cls=LazyGroup)
def group() -> None:
    """Hold the commands of these tests."""


@click.command()
@setting_option("--port", "-p", key="worker.port")
@setting_option("--every", key="worker.checkpoint_interval")
@settings_options
@click.argument("word")
def show(settings: Settings, word: str) -> None:
    click.echo(
        json.dumps(
            {
                "word": word,
                "port": settings.worker.port,
                "every": settings.worker.checkpoint_interval_ms,
                "brokers": settings.kafka.bootstrap_servers,
                "level": settings.log.level,
            }
        )
    )


@click.command()
def fail() -> None:
    raise UserError("the broker at 127.0.0.1:9 does not answer; start it with: selfserve kafka")


@click.command()
def crash() -> None:
    raise ZeroDivisionError


class RejectedError(UserError):
    exit_code = 3


@click.command()
def reject() -> None:
    raise RejectedError("no")


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.chdir(tmp_path)
    commands = {"show": show, "fail": fail, "crash": crash, "reject": reject}
    monkeypatch.setattr(LazyGroup, "get_command", lambda self, ctx, name: commands.get(name))
    monkeypatch.setattr(LazyGroup, "list_commands", lambda self, ctx: list(commands))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield CliRunner()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


class TestCommands:
    @pytest.mark.parametrize("name", INSTALLED)
    def test_every_listed_command_imports_and_has_a_help_line(self, name: str) -> None:
        command = importlib.import_module(module_of(name)).command

        assert isinstance(command, click.Command)
        assert command.get_short_help_str(limit=200)

    def test_only_commands_that_are_there_are_listed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(COMMANDS, "not-written-yet", "Later.")
        context = click.Context(main)

        assert main.list_commands(context) == INSTALLED
        assert "generate" in INSTALLED
        assert main.get_command(context, "not-written-yet") is None

    def test_every_module_of_the_command_line_is_listed(self) -> None:
        names = {
            path.stem.replace("_", "-")
            for path in (REPOSITORY / "app" / "cli").glob("[a-z]*.py")
            if "\ncommand" in (text := path.read_text()) or "\ndef command(" in text
        }

        assert names == set(INSTALLED)

    def test_the_help_page_imports_no_command(self) -> None:
        program = (
            "import sys\n"
            "from app.cli import main\n"
            "main(['--help'], standalone_mode=False)\n"
            "imported = sorted(name for name in sys.modules if name.startswith('app.cli.'))\n"
            "sys.exit(f'imported for the help page: {imported}' if imported else 0)\n"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Usage:")
        assert all(f"  {name} " in done.stdout and COMMANDS[name] in done.stdout for name in INSTALLED)

    def test_the_version_is_the_packages(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "app", "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd=REPOSITORY,
        )

        assert done.stdout == f"selfserve, version {app.__version__} ({core_build()} core)\n"

    def test_a_misspelt_command_is_answered_with_the_nearest(self) -> None:
        result = CliRunner().invoke(main, ["generat"])

        assert result.exit_code == 2
        assert "there is no command 'generat'; did you mean generate?" in result.output


class TestOptions:
    def test_options_replace_settings_where_they_are_checked(self, runner: CliRunner) -> None:
        arguments = [
            "-p",
            "0",
            "--every",
            "2s",
            "--bootstrap-servers",
            "a:1,b:2",
            "--log-level",
            "error",
            "hi",
        ]
        result = runner.invoke(group, ["show", *arguments])

        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout) == {
            "word": "hi",
            "port": 0,
            "every": 2_000,
            "brokers": "a:1,b:2",
            "level": "error",
        }

    def test_a_command_sees_file_and_environment(self, runner: CliRunner) -> None:
        Path("other.yaml").write_text("worker:\n  port: 5\nkafka:\n  bootstrap_servers: file:1\n")
        environ = {"SELFSERVE_BOOTSTRAP_SERVERS": "environment:1"}
        result = runner.invoke(group, ["show", "--config", "other.yaml", "hi"], env=environ)

        assert json.loads(result.stdout)["port"] == 5
        assert json.loads(result.stdout)["brokers"] == "environment:1"

    def test_a_wrong_option_is_named_as_it_was_given(self, runner: CliRunner) -> None:
        result = runner.invoke(group, ["show", "--port", "eighty", "--log-format", "xml", "hi"])

        assert result.exit_code == 2
        assert result.stderr.splitlines() == [
            "Error: option --port: worker.port: found 'eighty'; allowed: a whole number from 0 to 65535",
            "option --log-format: log.format: found 'xml'; allowed: console or json",
        ]

    def test_a_wrong_file_is_named_with_its_line(self, runner: CliRunner) -> None:
        Path("selfserve.yaml").write_text("worker:\n  prot: 5\n")
        result = runner.invoke(group, ["show", "hi"])

        assert result.exit_code == 2
        assert result.stderr == "Error: selfserve.yaml:2: worker.prot: unknown key; did you mean port?\n"
        assert result.stdout == ""

    def test_options_of_one_call_do_not_reach_the_next(self, runner: CliRunner) -> None:
        runner.invoke(group, ["show", "--port", "1", "hi"])

        assert json.loads(runner.invoke(group, ["show", "hi"]).stdout)["port"] == 8001


class TestErrors:
    def test_what_the_user_can_put_right_is_one_message_and_exit_code_2(self, runner: CliRunner) -> None:
        result = runner.invoke(group, ["fail"])

        assert result.exit_code == 2
        expected = "Error: the broker at 127.0.0.1:9 does not answer; start it with: selfserve kafka\n"
        assert result.stderr == expected

    def test_an_error_can_have_an_exit_code_of_its_own(self, runner: CliRunner) -> None:
        assert runner.invoke(group, ["reject"]).exit_code == 3

    def test_a_mistake_of_the_program_keeps_its_traceback(self, runner: CliRunner) -> None:
        assert isinstance(runner.invoke(group, ["crash"]).exception, ZeroDivisionError)
