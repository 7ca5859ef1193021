"""Generated files: current in the repository, and a difference is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import app.generated
from app.cli import main
from app.generated import differences, generated_files, write
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return generated_files()


def test_the_repository_has_the_current_files(files: dict[str, str]) -> None:
    assert differences(REPOSITORY, files) == {}


def test_what_was_written_is_current_and_writing_again_changes_nothing(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert write(tmp_path, files) == list(files)
    assert differences(tmp_path, files) == {}
    assert write(tmp_path, files) == []


def test_a_missing_and_a_changed_file_are_noticed_and_put_right(
    files: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path, files)
    page = tmp_path / "docs" / "configuration.md"
    page.write_text(page.read_text() + "\n")

    assert differences(tmp_path, files) == {"docs/configuration.md": "differs"}
    page.unlink()
    assert differences(tmp_path, files) == {"docs/configuration.md": "missing"}
    assert write(tmp_path, files) == ["docs/configuration.md"]


def test_files_of_kpis_that_are_gone_are_noticed_and_deleted(files: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path, files)
    rules = tmp_path / "deploy" / "prometheus" / "rules"
    gone = [
        rules / "gone.rules.yml",
        tmp_path / "docs" / "kpis" / "gone.md",
        tmp_path / "deploy" / "grafana" / "dashboards" / "family-gone.json",
    ]
    for file, text in zip(
        gone,
        (
            (rules / "csat.rules.yml").read_text(),
            (tmp_path / "docs" / "kpis" / "csat.md").read_text(),
            (tmp_path / "deploy" / "grafana" / "dashboards" / "family-support.json")
            .read_text()
            .replace("selfserve-family-support", "selfserve-family-gone"),
        ),
        strict=True,
    ):
        file.write_text(text)
    mine = [rules / "mine.rules.yml", tmp_path / "deploy" / "grafana" / "dashboards" / "mine.json"]
    for file in mine:
        file.write_text("{}\n")

    paths = sorted(str(file.relative_to(tmp_path)) for file in gone)
    assert differences(tmp_path, files) == dict.fromkeys(paths, "surplus")
    assert sorted(write(tmp_path, files)) == paths
    assert not any(file.exists() for file in gone)
    assert all(file.exists() for file in mine)


def test_the_command_fails_on_a_difference_and_says_which(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["generate", "--check", "--output", str(tmp_path)])

    assert result.exit_code == 2
    assert "docs/configuration.md: missing" in result.stderr
    assert not (tmp_path / "docs").exists()


def test_the_command_writes(tmp_path: Path) -> None:
    runner = CliRunner()

    assert (
        "wrote docs/configuration.md" in runner.invoke(main, ["generate", "--output", str(tmp_path)]).output
    )
    assert runner.invoke(main, ["generate", "--check", "--output", str(tmp_path)]).exit_code == 0


def test_two_generators_of_one_path_are_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.generated, "GENERATORS", app.generated.GENERATORS[:1] * 2)

    with pytest.raises(ValueError, match="generated twice"):
        generated_files()
