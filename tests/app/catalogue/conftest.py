from __future__ import annotations

from typing import Any

import pytest

from app.catalogue.load import Catalogue, load_catalogue

TWELVE = (
    "definition",
    "business_insights",
    "measurement_approach",
    "formula",
    "trend_analysis",
    "diagnostic_questions",
    "tips",
    "visualization",
    "risk_warnings",
    "tools",
    "integration_points",
    "change_impact",
)

LISTS = ("diagnostic_questions", "tips", "visualization", "risk_warnings", "tools", "integration_points")


def document(**changes: Any) -> dict[str, Any]:
    """A small valid KPI as it is written in a file."""
    return {
        "id": "answered",
        "title": "Answered",
        "version": 1,
        "kind": "ratio",
        "family": "support",
        "unit": "ratio",
        "better": "higher",
        "review": "weekly",
        "value": {
            "form": "ratio",
            "numerator": {"measure": "issues", "how": "event", "where": {"outcome": ["confirmed"]}},
            "denominator": {"measure": "issues", "how": "event"},
        },
        "windows": ["1h", "7d"],
        "dimensions": [{"name": "channel"}],
        "help": {"value": "The share", "numerator": "The part", "denominator": "The whole"},
        "attributes": {name: ["A point."] if name in LISTS else "A text." for name in TWELVE},
        **changes,
    }


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()
