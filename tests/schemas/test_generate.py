"""What is generated is current, and generating refuses to break the published contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas import generate, published, reference, resources
from schemas.shape import INSTANT_PATTERN, Field
from schemas.types import EVENT_TYPES


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty package directory into which the generator writes."""
    root = tmp_path / "schemas"
    root.mkdir()
    page = tmp_path / "docs" / "events.md"
    page.parent.mkdir()
    names = ("envelope", "types", "reasons")
    page.write_text(
        "\n".join(f"<!-- generated: {n}, do not edit by hand -->\n<!-- end of {n} -->" for n in names)
    )
    monkeypatch.setattr(generate, "PACKAGE", root)
    monkeypatch.setattr(generate, "SNAPSHOT", root / "published.json")
    monkeypatch.setattr(generate, "PAGE", page)
    return root


def test_the_generated_files_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_generating_anew_gives_the_same_files(package: Path) -> None:
    assert generate.main([]) == 0
    written = {path.name: path.read_bytes() for path in (package / "json").iterdir()}
    original = Path(generate.__file__).parent / "json"
    assert written == {path.name: path.read_bytes() for path in original.iterdir()}
    assert json.loads((package / "published.json").read_text()) == resources.published()
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize("stale", ["json/page.viewed.schema.json", "published.json", "../docs/events.md"])
def test_a_file_that_was_edited_is_noticed_and_put_right(
    package: Path, stale: str, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.main([])
    path = package / stale
    good = path.read_text()
    path.write_text(good.replace("ustomer", "lient"))
    assert generate.main(["--check"]) == 1
    assert Path(stale).name in capsys.readouterr().err
    assert generate.main([]) == 0
    assert path.read_text() == good


def test_the_schema_of_a_type_that_is_gone_is_noticed_and_removed(package: Path) -> None:
    generate.main([])
    orphan = package / "json" / "page.left.schema.json"
    orphan.write_text("{}")
    assert generate.main(["--check"]) == 1
    assert generate.main([]) == 0
    assert not orphan.exists()


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_a_breaking_change_is_refused_and_writes_nothing(
    package: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken: dict[str, Any] = published.current()
    del broken["types"]["help.solved"]
    monkeypatch.setattr(published, "current", lambda: broken)
    (package / "published.json").write_text("{}")
    assert generate.main(arguments) == 1
    assert "help.solved: the type was removed" in capsys.readouterr().err
    assert (package / "published.json").read_text() == "{}"
    assert not (package / "json").exists()


def test_a_breaking_change_that_is_accepted_is_published(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: dict[str, Any] = published.current()
    del broken["types"]["help.solved"]
    monkeypatch.setattr(published, "current", lambda: broken)
    (package / "published.json").write_text("{}")
    assert generate.main(["--accept-breaking"]) == 0
    assert json.loads((package / "published.json").read_text()) == broken


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="generated: envelope"):
        generate.fill_in("# Events")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (
            Field("at", required=True, accepts={"string": {"pattern": INSTANT_PATTERN}}, description=""),
            "instant",
        ),
        (Field("who", required=True, accepts={"string": {"enum": ["a", "b"]}}, description=""), "`a`, `b`"),
        (Field("n", required=False, accepts={"integer": {}, "null": {}}, description=""), "whole number"),
        (
            Field("steps", required=True, accepts={"integer": {}, "array": {"maxItems": 9}}, description=""),
            "whole number, or list of at most 9 strings",
        ),
    ],
)
def test_the_reference_says_in_words_what_a_field_holds(field: Field, words: str) -> None:
    assert reference.holds(field) == words


def test_the_reference_lists_every_type_with_what_it_requires() -> None:
    tables = reference.types_tables()
    for event_type in EVENT_TYPES.values():
        assert f"| `{event_type.name}` | {event_type.summary}" in tables
    assert f"{EVENT_TYPES['feature.used'].summary} Needs `feature`." in tables
    assert "| `subscription_id`, `from`?, `to`?, `mrr`," in tables
