"""The operating guide describes every metric of the service about itself, and only such; its links lead somewhere."""

from __future__ import annotations

import re

from app.exporter.selfmetrics import self_registry
from app.generation import names
from schemas.topics import INTERNAL_TOPICS, SOURCE_TOPICS
from streams.metrics import SELF_METRICS
from tests.app.exporter.support import world_with_figures
from tests.conftest import REPOSITORY

GUIDE = REPOSITORY / "docs" / "operations.md"
TEXT = GUIDE.read_text(encoding="utf-8")
DAY_MS = 86_400_000


def exported() -> dict[str, set[str]]:
    """Return the labels of each metric that exporters and workers publish."""
    found = {metric.name: {*metric.labels} for metric in SELF_METRICS}
    for family in self_registry(world_with_figures().live).collect():
        name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        found.setdefault(name, set()).update(
            label for sample in family.samples for label in sample.labels if label != "le"
        )
    return found


def described() -> dict[str, set[str]]:
    """Return the labels of each metric that has a row."""
    found = {}
    for row in re.findall(r"^\| (`selfserve_[^|]*)\|", TEXT, re.MULTILINE):
        for name, labels in re.findall(r"`(selfserve_\w+)(?:\{([^}]*)\})?`", row):
            found[name] = set(filter(None, labels.split(",")))
    return found


def test_every_metric_is_described_with_its_labels() -> None:
    assert described() == exported()


def test_every_metric_that_the_text_names_is_exported() -> None:
    assert set(re.findall(r"\bselfserve_[a-z_]+", TEXT)) <= exported().keys()


def test_every_alert_on_the_service_has_a_first_step() -> None:
    rows = set(re.findall(r"^\| \[(Selfserve\w+)\]\(runbooks/\1\.md\) \|", TEXT, re.MULTILINE))

    assert rows == {value for name, value in vars(names).items() if str(value).startswith("Selfserve")}


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (GUIDE.parent / target).exists(), target


def test_retention_is_that_of_the_topics() -> None:
    section = TEXT.partition("## Retention")[2].partition("\n## ")[0]
    kept = {topic.name: topic.settings for topic in (*SOURCE_TOPICS, *INTERNAL_TOPICS)}

    for row in re.findall(r"^\| (.*(?:sources|selfserve\.).*) \| (.*) \| .* \|$", section, re.MULTILINE):
        topics = re.findall(r"`(selfserve\.[\w-]+)`", row[0])
        if "four sources" in row[0]:
            topics += [topic.name for topic in SOURCE_TOPICS]
        for topic in topics:
            if row[1].startswith("compacted"):
                assert kept[topic]["cleanup.policy"] == "compact"
            else:
                assert int(kept[topic]["retention.ms"]) == int(row[1].split()[0]) * DAY_MS
