"""What a KPI names must exist, and be read as what it is."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalogue.errors import CatalogueError
from app.catalogue.load import parse_kpi
from app.catalogue.references import check_references
from streams.core.measures import MEASURES
from tests.app.catalogue.conftest import document

ISSUES = {"measure": "issues", "how": "event"}
ACTIVE = {"measure": "active", "how": "last"}
ELIGIBLE = {"measure": "eligible", "how": "edge"}


def ratio(numerator: dict[str, Any], denominator: dict[str, Any], **changes: Any) -> dict[str, Any]:
    value = {"form": "ratio", "numerator": numerator, "denominator": denominator}
    return document(value=value, **changes)


def option(
    definition: str = "first_response",
    choice: str = "anyone",
    numerator: dict[str, Any] = ISSUES,
    **help_: str,
) -> dict[str, Any]:
    """Another way to count the small KPI."""
    value = {"form": "ratio", "numerator": numerator, "denominator": ISSUES}
    return {"definition": definition, "choice": choice, "value": value, "help": help_}


def by(name: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": name, **more}]


@pytest.mark.parametrize(
    ("wrong", "key", "says"),
    [
        (
            ratio({**ISSUES, "measure": "issue"}, ISSUES),
            "value.numerator.measure",
            "there is no measure 'issue'",
        ),
        (ratio(ISSUES, {**ISSUES, "measure": "x"}), "value.denominator.measure", "there is no measure 'x'"),
        (
            ratio({**ISSUES, "how": "last"}, ISSUES),
            "value.numerator.how",
            "issues is read as event, not last",
        ),
        (
            ratio({**ISSUES, "where": {"role": ["a"]}}, ISSUES),
            "value.numerator.where",
            "has no field 'role', only",
        ),
        (ratio(ISSUES, ISSUES, dimensions=by("platform")), "dimensions[0]", "issues has no field 'platform'"),
        (
            ratio(ISSUES, ISSUES, dimensions=by("platform", measures={"issues": "nothing"})),
            "dimensions[0].measures.issues",
            "there is no measure 'nothing'",
        ),
        (
            ratio(ISSUES, ISSUES, dimensions=by("platform", measures={"active": "active_by_platform"})),
            "dimensions[0].measures",
            "the value does not read 'active'",
        ),
        (
            ratio(ISSUES, ISSUES, dimensions=by("platform", measures={"issues": "active_by_platform"})),
            "dimensions[0].measures.issues",
            "active_by_platform is read as last, not event like issues",
        ),
        (
            ratio(
                {**ACTIVE, "where": {"eligible": ["1"]}},
                ELIGIBLE,
                dimensions=by("platform", measures={"active": "active_by_platform"}),
            ),
            "dimensions[0].measures.active",
            "active_by_platform has no field 'eligible'",
        ),
        (
            ratio({**ACTIVE, "plus": [{"measure": "nothing"}]}, ELIGIBLE),
            "value.numerator.plus[0].measure",
            "there is no measure 'nothing'",
        ),
        (
            ratio({**ACTIVE, "plus": [{"measure": "account_eligible"}]}, ELIGIBLE),
            "value.numerator.plus[0].how",
            "account_eligible is read as edge, not last",
        ),
        (
            ratio({**ACTIVE, "plus": [{"measure": "account_active", "how": "event"}]}, ELIGIBLE),
            "value.numerator.plus[0].how",
            "account_active is read as last, not event",
        ),
        (
            ratio({**ACTIVE, "plus": [{"measure": "account_active"}]}, ELIGIBLE, dimensions=by("segment")),
            "dimensions[0]",
            "account_active has no field 'segment'",
        ),
        (
            ratio(
                ISSUES,
                ISSUES,
                dimensions=by(
                    "medium",
                    derived={"field": "channel", "definition": "loud", "listed": "voice", "unlisted": "text"},
                ),
            ),
            "dimensions[0].derived.definition",
            "there is no definition 'loud'",
        ),
        (
            document(options=[option(definition="loud")]),
            "options[0].definition",
            "there is no definition 'loud'",
        ),
        (
            document(options=[option(numerator={"measure": "x", "how": "event"})]),
            "value.numerator.measure",
            "there is no measure 'x'",
        ),
        (
            document(dimensions=by("channel", measures={"active": "active_by_platform"}), options=[option()]),
            "dimensions[0].measures",
            "the value does not read 'active'",
        ),
        (
            document(
                kind="seconds",
                unit="seconds",
                value={"form": "distribution", "read": ISSUES, "sums": ISSUES},
            ),
            "value.bucket",
            "issues has no field 'bucket'",
        ),
        (
            document(kind="score", value={"form": "score", "read": ISSUES, "weights": {"a": 1}}),
            "value.field",
            "issues has no field 'class'",
        ),
        (
            document(value={"form": "computed", "function": "a.b:c", "measures": ["issues", "x"]}),
            "value.measures[1]",
            "there is no measure 'x'",
        ),
        (
            document(
                extras=[
                    {"suffix": "more", "value": {"form": "level", "read": ISSUES}, "dimensions": by("role")}
                ]
            ),
            "extras[0].dimensions[0]",
            "issues has no field 'role'",
        ),
    ],
)
def test_a_wrong_reference_is_refused(wrong: dict[str, Any], key: str, says: str) -> None:
    found = parse_kpi(wrong, "test.yaml")
    with pytest.raises(CatalogueError) as caught:
        check_references(found, MEASURES)

    assert (caught.value.kpi, caught.value.key) == ("answered", key)
    assert says in caught.value.problem


def test_a_denominator_may_lack_the_field_of_a_dimension() -> None:
    changed = ratio(
        ACTIVE, ELIGIBLE, dimensions=by("platform", measures={"active": "active_by_platform"}), windows=["1d"]
    )

    check_references(parse_kpi(changed, "test.yaml"), MEASURES)
