"""Reading the files: order, names, YAML, and what the catalogue offers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.catalogue.errors import CatalogueError
from app.catalogue.load import Catalogue, load_catalogue, read_catalogue
from streams.core.measures import MEASURES
from tests.app.catalogue.conftest import document


def index_of(*kpis: str) -> dict[str, Any]:
    return {"families": {"support": {"title": "Support", "kpis": list(kpis)}}}


INDEX = index_of("answered")


def write(folder: Path, index: Any = INDEX, **documents: Any) -> Path:
    (folder / "index.yaml").write_text(yaml.safe_dump(index))
    for name, content in (documents or {"answered": document()}).items():
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (folder / f"{name}.yaml").write_text(text)
    return folder


def test_a_folder_is_a_catalogue(tmp_path: Path) -> None:
    other = document(id="other")
    index = index_of("other", "answered")
    found = read_catalogue(write(tmp_path, index, answered=document(), other=other), MEASURES)

    assert list(found) == ["other", "answered"]
    assert dict(found.families) == {"support": "Support"}
    assert found["answered"].title == "Answered"


@pytest.mark.parametrize(
    ("index", "documents", "message"),
    [
        (index_of(), {}, "KPI answered (index.yaml): families: the file has no place in a family"),
        (
            index_of("answered", "lost"),
            {},
            "KPI lost (index.yaml): families: there is no file lost.yaml",
        ),
        ({}, {}, "KPI index (index.yaml): Object missing required field `families`"),
        (
            INDEX,
            {"answered": document(family="x")},
            "KPI answered (answered.yaml): family: index.yaml lists it under support, not x",
        ),
        (
            INDEX,
            {"answered": document(id="other")},
            "KPI other (answered.yaml): id: the file is that of answered",
        ),
        (INDEX, {"answered": document(help={})}, "KPI answered: help: one line each for value, numerator"),
        (INDEX, {"answered": "id: a\nid: b\n"}, "not valid YAML: key 'id' is given twice"),
        (INDEX, {"answered": "id: [a"}, "KPI answered (answered.yaml): not valid YAML: "),
        (INDEX, {"answered": "- id"}, "KPI answered (answered.yaml): Expected `object`, got `array`"),
        (
            index_of("answered", "other"),
            {"answered": document(), "other": document(id="other", metric="answered")},
            "KPI other: id: kpi_answered_ratio is also a family of answered; set metric",
        ),
        (
            INDEX,
            {"answered": document(dimensions=[{"name": "role"}])},
            "KPI answered: dimensions[0]: measure issues has no field 'role'",
        ),
    ],
)
def test_a_mistake_names_the_kpi(tmp_path: Path, index: Any, documents: dict[str, Any], message: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(write(tmp_path, index, **documents), MEASURES)

    assert message in str(caught.value)


def test_the_catalogue_is_read_once() -> None:
    assert load_catalogue() is load_catalogue()


def test_near_ids_are_offered(catalogue: Catalogue) -> None:
    assert catalogue.close_matches("stickyness") == ["stickiness"]
    assert catalogue.close_matches("abandonment") == ["self_service_abandonment", "conversation_abandonment"]
    assert catalogue.close_matches("zzz") == []


def test_reading_the_catalogue_imports_no_client() -> None:
    program = (
        "import sys\n"
        "from app.catalogue.load import load_catalogue\n"
        "load_catalogue()\n"
        "heavy = {'faust', 'mode', 'aiokafka', 'kafka', 'aiohttp', 'prometheus_client'} & sys.modules.keys()\n"
        "sys.exit(f'imported: {sorted(heavy)}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
