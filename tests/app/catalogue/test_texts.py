"""The texts: complete, the KPI's own, and true where they name something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

import pytest

from app.catalogue.attributes import Attributes
from app.catalogue.load import Catalogue, load_catalogue
from app.catalogue.naming import family_names
from app.catalogue.pages import HEADINGS
from app.cli import COMMANDS
from schemas.topics import ALL_TOPICS
from schemas.types import EVENT_TYPES
from tests.app.catalogue.conftest import LISTS, TWELVE

KPIS = list(load_catalogue())


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text, without case, marks and numbers of spaces."""
    for sentence in re.split(r"(?<=[.?!])\s+(?=[A-Z`])|\n", text):
        words = re.findall(r"[\w'-]+", sentence.lower())
        if words:
            yield " ".join(words)


def texts(catalogue: Catalogue, kpi: str) -> list[str]:
    found = catalogue[kpi]
    return [
        *(point for _, points in found.attributes.by_name() for point in points),
        *found.help.values(),
    ]


def test_the_twelve_attributes_are_those_of_the_sources_in_order() -> None:
    assert Attributes.__struct_fields__ == TWELVE
    assert tuple(HEADINGS) == TWELVE


@pytest.mark.parametrize("kpi", KPIS)
def test_every_attribute_says_something(catalogue: Catalogue, kpi: str) -> None:
    found = dict(catalogue[kpi].attributes.by_name())

    assert set(found) == set(TWELVE)
    for name, points in found.items():
        words = sum(len(point.split()) for point in points)
        assert words >= (5 if name == "formula" else 20), f"{name} says too little"
        assert len(points) >= (3 if name in LISTS else 1)
        if name != "formula":
            assert all(re.search(r'[.?]"?$', point) for point in points), f"{name} breaks off"
        if name == "diagnostic_questions":
            assert all(point.endswith("?") for point in points)


def test_no_two_kpis_share_a_sentence(catalogue: Catalogue) -> None:
    owner: dict[str, str] = {}
    for kpi in catalogue:
        own = [sentence for text in texts(catalogue, kpi) for sentence in sentences(text)]
        assert len(set(own)) == len(own), f"{kpi} says something twice"
        for sentence in own:
            assert sentence not in owner, f"{kpi} and {owner[sentence]}: {sentence}"
        owner |= dict.fromkeys(own, kpi)
    assert len(owner) > 30 * len(catalogue)


def test_no_two_kpis_say_nearly_the_same(catalogue: Catalogue) -> None:
    shingles = [
        (kpi, sentence, {tuple(words[i : i + 3]) for i in range(len(words) - 2)})
        for kpi in catalogue
        for text in texts(catalogue, kpi)
        for sentence in sentences(text)
        if len(words := sentence.split()) >= 6
    ]
    for (one, first, ours), (two, second, theirs) in combinations(shingles, 2):
        if one != two:
            likeness = len(ours & theirs) / len(ours | theirs)
            assert likeness < 0.5, f"{one}: {first}\n{two}: {second}"


@pytest.mark.parametrize("kpi", KPIS)
def test_what_a_text_names_exists(catalogue: Catalogue, kpi: str) -> None:
    metrics = {family.name for found in catalogue.values() for family in family_names(found)}
    topics = {topic.name for topic in ALL_TOPICS}
    for text in texts(catalogue, kpi):
        assert set(re.findall(r"\bkpi_\w+", text)) <= metrics
        for name in re.findall(r"`([^`]+)`", text):
            if name.startswith("selfserve "):
                assert name.split()[1] in COMMANDS
            elif "." in name:
                assert name in topics or name in EVENT_TYPES


@pytest.mark.parametrize("kpi", KPIS)
def test_texts_are_plain_and_mention_no_machine(catalogue: Catalogue, kpi: str) -> None:
    for text in texts(catalogue, kpi):
        assert text == " ".join(text.split())
        assert not re.search(r"https?://|(?<!\w)/(?:home|work|tmp|usr)\b|TODO|TBD|\bn/a\b", text)
