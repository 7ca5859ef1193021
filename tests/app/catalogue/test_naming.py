"""Metric names and labels: by kind, and after Prometheus' conventions."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from app.catalogue.labels import FORBIDDEN_LABELS
from app.catalogue.load import Catalogue, parse_kpi
from app.catalogue.model import Kpi
from app.catalogue.naming import INFO, TARGET, family_names, family_of
from tests.app.catalogue.conftest import document

EVENT = {"measure": "issues", "how": "event"}
LAST = {"measure": "active", "how": "last"}
LEVEL = {"measure": "eligible", "how": "edge"}
RATIO = {"form": "ratio", "numerator": EVENT, "denominator": EVENT}
HELP = dict.fromkeys(("value", "numerator", "denominator"), "A text")
VALUE = {"value": "A text"}


def kpi(kpi_id: str, kind: str, value: dict[str, Any], help_texts: dict[str, str], **changes: Any) -> Kpi:
    unit = "ratio" if kind == "ratio" else "things"
    return parse_kpi(
        document(id=kpi_id, kind=kind, unit=unit, value=value, help=help_texts, **changes), "test.yaml"
    )


def names(found: Kpi) -> dict[str, tuple[str, ...]]:
    return {family.name: family.labels for family in family_names(found)}


class TestFamiliesByKind:
    """The table of section 6 of the design, one row a test."""

    def test_ratio(self) -> None:
        assert names(kpi("x", "ratio", RATIO, HELP)) == {
            "kpi_x_ratio": ("window", "channel"),
            "kpi_x_numerator": ("window", "channel"),
            "kpi_x_denominator": ("window", "channel"),
        }

    def test_a_split_labels_ratio_and_numerator_but_not_the_denominator(self) -> None:
        value = RATIO | {"split": {"label": "part", "parts": {"said": EVENT}}}

        assert names(kpi("x", "ratio", value, HELP)) == {
            "kpi_x_ratio": ("window", "part", "channel"),
            "kpi_x_numerator": ("window", "part", "channel"),
            "kpi_x_denominator": ("window", "channel"),
        }

    def test_quotient(self) -> None:
        assert list(names(kpi("x", "quotient", RATIO, HELP))) == [
            "kpi_x_quotient",
            "kpi_x_numerator",
            "kpi_x_denominator",
        ]

    @pytest.mark.parametrize("kind", ["count", "level"])
    def test_count_and_level(self, kind: str) -> None:
        assert names(kpi("x", kind, {"form": "level", "read": EVENT}, VALUE)) == {
            "kpi_x": ("window", "channel")
        }

    def test_a_level_without_windows_has_no_window_label(self) -> None:
        assert names(kpi("x", "level", {"form": "level", "read": LEVEL}, VALUE, windows=[])) == {
            "kpi_x": ("channel",)
        }

    def test_score(self) -> None:
        value = {"form": "score", "read": EVENT, "weights": {"high": 1, "low": -1}}

        assert names(kpi("x", "score", value, VALUE | {"responses": "A text"})) == {
            "kpi_x_score": ("window", "channel"),
            "kpi_x_responses": ("window", "class", "channel"),
        }

    def test_score_is_not_doubled(self) -> None:
        value = {"form": "score", "read": LEVEL, "sums": LEVEL, "label": None}

        assert list(names(kpi("health_score", "score", value, VALUE, windows=[]))) == ["kpi_health_score"]

    def test_amount(self) -> None:
        changed = kpi(
            "x",
            "amount",
            {"form": "level", "read": EVENT},
            VALUE,
            dimensions=[{"name": "plan"}, {"name": "currency", "overall": False}],
        )

        assert names(changed) == {"kpi_x_minor_units": ("window", "plan", "currency")}

    def test_seconds(self) -> None:
        value = {"form": "distribution", "read": EVENT, "sums": EVENT}

        assert names(kpi("x", "seconds", value, VALUE | {"observations": "A text"})) == {
            "kpi_x_seconds": ("window", "stat", "channel"),
            "kpi_x_observations": ("window", "channel"),
        }

    def test_extra_families_have_their_own_dimensions(self) -> None:
        extras = [
            {"suffix": "mean", "value": RATIO},
            {
                "suffix": "waiting",
                "value": {"form": "level", "read": LEVEL},
                "dimensions": [{"name": "plan"}],
            },
        ]
        found = kpi("x", "ratio", RATIO, HELP | {"mean": "A text", "waiting": "A text"}, extras=extras)

        assert names(found) == names(kpi("x", "ratio", RATIO, HELP)) | {
            "kpi_x_mean": ("window",),
            "kpi_x_waiting": ("plan",),
        }

    def test_of_all_kpis(self) -> None:
        assert TARGET[:3] == ("kpi_target", "target", ("kpi", "band", "unit"))
        assert INFO[:3] == ("kpi_info", "info", ("kpi", "title", "version"))


class TestNamesThatDoNotWork:
    def test_a_name_that_ends_like_a_counter_needs_another_stem(self) -> None:
        value = {"form": "level", "read": EVENT}
        with pytest.raises(ValueError, match="id: kpi_order_count ends like"):
            family_names(kpi("order_count", "count", value, VALUE))

        assert list(names(kpi("order_count", "count", value, VALUE, metric="orders"))) == ["kpi_orders"]

    def test_every_role_has_one_line_of_help_and_no_other(self) -> None:
        with pytest.raises(
            ValueError, match="help: one line each for value, numerator, denominator; found value"
        ):
            family_names(kpi("x", "ratio", RATIO, VALUE))
        with pytest.raises(ValueError, match="found value, observations"):
            family_names(
                kpi("x", "level", {"form": "level", "read": EVENT}, VALUE | {"observations": "A text"})
            )

    def test_a_role_that_is_not_there(self, catalogue: Catalogue) -> None:
        assert family_of(catalogue["reopen"], "denominator").name == "kpi_reopen_denominator"
        with pytest.raises(KeyError, match="active_users has no family for denominator"):
            family_of(catalogue["active_users"], "denominator")


class TestTheCatalogue:
    def test_families_and_labels(self, catalogue: Catalogue) -> None:
        known = {
            "kpi_self_service_adoption_ratio": ("window", "channel", "plan", "segment"),
            "kpi_self_service_adoption_numerator": ("window", "channel", "plan", "segment"),
            "kpi_self_service_adoption_denominator": ("window", "channel", "plan", "segment"),
            "kpi_self_service_resolution_ratio": ("window", "resolution", "channel", "plan", "segment"),
            "kpi_self_service_resolution_numerator": ("window", "resolution", "channel", "plan", "segment"),
            "kpi_self_service_resolution_denominator": ("window", "channel", "plan", "segment"),
            "kpi_self_service_abandonment_ratio": ("window", "channel"),
            "kpi_self_service_abandonment_numerator": ("window", "channel"),
            "kpi_self_service_abandonment_denominator": ("window", "channel"),
            "kpi_conversation_abandonment_ratio": ("window", "channel", "medium"),
            "kpi_conversation_abandonment_numerator": ("window", "channel", "medium"),
            "kpi_conversation_abandonment_denominator": ("window", "channel", "medium"),
            "kpi_time_to_resolution_seconds": ("window", "stat", "channel", "resolver"),
            "kpi_time_to_resolution_observations": ("window", "channel", "resolver"),
            "kpi_reopen_ratio": ("window", "channel"),
            "kpi_reopen_numerator": ("window", "channel"),
            "kpi_reopen_denominator": ("window", "channel"),
            "kpi_active_users": ("window", "plan", "segment", "role", "platform"),
            "kpi_stickiness_ratio": ("plan", "segment"),
            "kpi_stickiness_numerator": ("plan", "segment"),
            "kpi_stickiness_denominator": ("plan", "segment"),
            "kpi_adoption_ratio": ("window", "plan", "segment"),
            "kpi_adoption_numerator": ("window", "plan", "segment"),
            "kpi_adoption_denominator": ("window", "plan", "segment"),
        }
        found = {family.name: family.labels for kpi in catalogue.values() for family in family_names(kpi)}
        assert {name: found.get(name) for name in known} == known

    def test_names_and_labels_keep_the_conventions(self, catalogue: Catalogue) -> None:
        for found in catalogue.values():
            for family in family_names(found):
                assert re.fullmatch(r"kpi_[a-z0-9_]+", family.name)
                assert not re.search(
                    r"_(count|sum|bucket|total|created|gauge|counter|histogram|summary)\b", family.name
                )
                assert not re.search(r"_(ms|milliseconds|minutes|hours|days|weeks|percent)(_|$)", family.name)
                assert len(set(family.labels)) == len(family.labels)
                assert not {"type", "service", "env", "region", "le", "quantile"} & set(family.labels)
                own = {"window", "stat"}
                assert not (FORBIDDEN_LABELS - own) & set(family.labels)

    def test_help_is_a_line_without_a_full_stop_and_said_once(self, catalogue: Catalogue) -> None:
        texts = [family.help for found in catalogue.values() for family in family_names(found)]

        assert all(text == text.strip() and text[0].isupper() and not text.endswith(".") for text in texts)
        assert len(set(texts)) == len(texts)

    @pytest.mark.prometheus
    def test_promtool_accepts_every_family(self, catalogue: Catalogue) -> None:
        families = [family for found in catalogue.values() for family in family_names(found)]
        lines = []
        for family in (*families, TARGET, INFO):
            labels = ",".join(label + '="x"' for label in family.labels)
            lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} gauge"]
            lines.append(f"{family.name}{{{labels}}} 1")
        page = "\n".join(lines) + "\n"
        done = subprocess.run(
            ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False
        )

        assert (done.returncode, done.stdout + done.stderr) == (0, "")
