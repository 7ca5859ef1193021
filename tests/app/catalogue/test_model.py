"""What a KPI may not be: each mistake is refused, naming the KPI and the key."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalogue.errors import CatalogueError
from app.catalogue.load import parse_kpi
from app.catalogue.model import Kpi
from app.catalogue.reads import Ratio
from streams.core.definitions import Definitions
from tests.app.catalogue.conftest import TWELVE, document

EVENT = {"measure": "issues", "how": "event"}
LEVEL = {"measure": "eligible", "how": "edge"}
LAST = {"measure": "active", "how": "last"}
OPTION: dict[str, Any] = {
    "definition": "first_response",
    "choice": "anyone",
    "value": {"form": "ratio", "numerator": EVENT, "denominator": EVENT},
    "help": {},
}
BANDS = [
    {"name": "good", "title": "Good", "at_least": 0.5},
    {"name": "bad", "title": "Bad", "below": 0.5},
]


def put(key: str, value: Any) -> dict[str, Any]:
    """The small KPI with one key, given by its dotted path, replaced."""
    changed = document()
    *path, last = key.split(".")
    place: Any = changed
    for step in path:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[last] = value
    return changed


def kpi(**changes: Any) -> Kpi:
    return parse_kpi(document(**changes), "test.yaml")


def test_the_small_kpi_is_valid() -> None:
    assert kpi().id == "answered"


@pytest.mark.parametrize(
    ("wrong", "key", "says"),
    [
        (put("id", "Answered"), "id", "must be lower-case letters"),
        (put("metric", "a__b"), "id", "'a__b' must be lower-case"),
        (put("version", 0), "version", "versions count from 1"),
        (put("version", "one"), "version", "Expected `int`"),
        (put("kind", "rate"), "kind", "Invalid enum value 'rate'"),
        (put("better", "lowest"), "better", "Invalid enum value"),
        (put("kind", "level"), "value", "kind level has form level or computed, not ratio"),
        (put("value.form", "product"), "value.form", "Invalid value 'product'"),
        (put("value.numerator.how", "lst"), "value.numerator.how", "Invalid enum value 'lst'"),
        (put("value.numerator.wher", {}), "value.numerator", "unknown field `wher`"),
        (put("value.numerator", {"how": "event"}), "value.numerator", "missing required field `measure`"),
        (put("value.numerator.window", "2d"), "value.numerator", "window '2d' is none of 5m"),
        (put("value.denominator", {**LEVEL, "window": "1d"}), "value.denominator", "has no window"),
        (put("value.numerator.at", "start"), "value.numerator", "only a level"),
        (
            put("value.numerator.where", {"outcome": []}),
            "value.numerator",
            "where.outcome needs at least one",
        ),
        (put("value.numerator.where", {"outcome": ["a", "a"]}), "value.numerator", "each once"),
        (put("value.numerator.where", {"reopened": [1]}), "value.numerator.where[...][0]", "Expected `str`"),
        (
            put("value.denominator.where", {"outcome": ["assumed"]}),
            "value",
            "the numerator counts outcome = confirmed, which the denominator does not",
        ),
        (
            put(
                "value",
                {"form": "ratio", "numerator": EVENT, "denominator": {**EVENT, "where": {"plan": ["x"]}}},
            ),
            "value",
            "counts plan = any other value",
        ),
        (put("value.split", {"label": "part", "parts": {}}), "value.split", "at least one"),
        (put("value.split", {"label": "part", "parts": {"all": EVENT}}), "value.split", "not 'all'"),
        (put("value.split", {"label": "env", "parts": {"a": EVENT}}), "dimensions", "label 'env' is taken"),
        (
            put("value.split", {"label": "channel", "parts": {"a": EVENT}}),
            "dimensions",
            "a label is there twice",
        ),
        (
            document(
                kind="score",
                value={"form": "score", "read": EVENT, "weights": {"a": 1}, "label": "channel"},
            ),
            "dimensions",
            "a label is there twice: channel, channel",
        ),
        (
            document(
                value={
                    "form": "ratio",
                    "numerator": {**LAST, "window": "7d"},
                    "denominator": {**LAST, "window": "1d"},
                },
                windows=[],
            ),
            "value",
            "the numerator's window 7d is longer than the denominator's 1d",
        ),
        (put("windows", []), "windows", "the value needs windows"),
        (put("windows", ["1h", "1h"]), "windows", "each window once"),
        (put("windows", ["7d", "1h"]), "windows", "the shortest first"),
        (put("windows", ["1h", "2h"]), "windows", "'2h' is none of"),
        (put("windows", ["1h", "all"]), "windows", "'all' is none of"),
        (put("windows", ["1h", "day"]), "windows", "value.day come together"),
        (
            document(value={"form": "ratio", "numerator": LEVEL, "denominator": LEVEL}),
            "windows",
            "depends on no window",
        ),
        (
            document(kind="level", unit="customers", value={"form": "level", "read": LAST, "day": LAST}),
            "value",
            "day reads a measure of calendar days",
        ),
        (put("dimensions", [{"name": "service"}]), "dimensions[0]", "label 'service' is taken"),
        (put("dimensions", [{"name": "Plan"}]), "dimensions[0]", "must be lower-case"),
        (put("dimensions", [{"name": "plan"}, {"name": "plan"}]), "dimensions", "plan, plan"),
        (
            document(
                dimensions=[
                    {
                        "name": "medium",
                        "field": "x",
                        "derived": {"field": "y", "definition": "z", "listed": "a", "unlisted": "b"},
                    }
                ]
            ),
            "dimensions[0]",
            "not both",
        ),
        (put("help.value", ""), "help", "value is one line"),
        (put("help.value", "two\nlines"), "help", "value is one line"),
        (put("bands", BANDS[::-1]), "bands", "listed best first"),
        (put("bands", [BANDS[0], {**BANDS[1], "below": 0.4}]), "bands", "do not meet: 0.4 and 0.5"),
        (put("bands", [BANDS[0], {**BANDS[1], "below": 0.6}]), "bands", "do not meet: 0.6 and 0.5"),
        (
            put("bands", [{"name": "good", "title": "Good", "above": 0.5}, BANDS[1]]),
            "bands",
            "0.5 belongs to neither",
        ),
        (
            put("bands", [BANDS[0], {"name": "bad", "title": "Bad", "at_most": 0.5}]),
            "bands",
            "0.5 belongs to both",
        ),
        (put("bands", [BANDS[0], {**BANDS[1], "name": "good"}]), "bands", "band 'good' is there twice"),
        (put("bands", [{"name": "good", "title": "Good"}]), "bands[0]", "has no bound"),
        (put("bands", [{"name": "good", "title": "G", "above": 0.5, "below": 0.5}]), "bands[0]", "is empty"),
        (
            put("bands", [{"name": "good", "title": "G", "above": 0, "at_least": 0}]),
            "bands[0]",
            "one of the two",
        ),
        (put("bands", [{"name": "objective", "title": "G", "above": 0}]), "bands[0]", "cannot be called"),
        (put("objective", 1.2), "objective", "between 0 and 1"),
        (put("benchmarks", [{"value": 1, "who": "", "source": "s"}]), "benchmarks[0]", "whose it is"),
        (put("benchmarks", [{"value": 1, "who": "w", "source": " "}]), "benchmarks[0]", "where it was read"),
        (put("benchmarks", [{"value": 1, "who": "w"}]), "benchmarks[0]", "missing required field `source`"),
        (
            put("benchmarks", [{"value": 1, "who": "w", "source": "s", "url": "example.org"}]),
            "benchmarks[0]",
            "not a web address",
        ),
        (
            put("cases", [{"before": 0, "after": 1, "months": 0, "who": "w", "source": "s", "what": "x"}]),
            "cases[0]",
            "in how many months",
        ),
        (put("alerts", {"min_samples": 0}), "alerts", "min_samples must be at least 1"),
        (put("alerts", {"band": {"worse_than": "good"}}), "alerts", "'good' is no target"),
        (
            document(objective=0.5, alerts={"band": {"worse_than": "objective", "window": "30d"}}),
            "alerts",
            "band.window: the KPI has no window '30d'",
        ),
        (put("alerts", {"drop": {"by": 1.5}}), "alerts.drop", "between 0 and 1, not 1.5"),
        (
            put("alerts", {"drop": {"by": 0.1, "window": "5m"}}),
            "alerts",
            "drop.window: the KPI has no window '5m'",
        ),
        (put("alerts", {"drop": {"by": 0.1, "window": None}}), "alerts", "drop.window"),
        (
            put("alerts", {"drop": {"by": 0.1, "severity": "page"}}),
            "alerts.drop.severity",
            "Invalid enum value",
        ),
        (put("alerts", {"stat": "p50"}), "alerts", "stat: alerts on distributions"),
        (put("alerts", {"burn_rate": True}), "alerts", "needs a ratio with an objective"),
        (document(objective=0.5, alerts={"burn_rate": True}), "alerts", "the KPI has no window 5m, 30m, 6h"),
        (put("attributes.tips", []), "attributes", "tips is empty"),
        (put("attributes.tips", ["One.", " "]), "attributes", "tips is empty"),
        (put("attributes.formula", ""), "attributes", "formula is empty"),
        (put("attributes.tips", "One."), "attributes.tips", "Expected `array`"),
        (put("attributes.advice", "More."), "attributes", "unknown field `advice`"),
        (
            put("options", [OPTION | {"help": {"mean": "Sum"}}]),
            "options",
            "help.mean: the KPI has no such line",
        ),
        (
            put("options", [OPTION | {"value": {"form": "level", "read": EVENT}}]),
            "options",
            "a KPI of kind ratio has form ratio or computed, not level",
        ),
        (
            put(
                "options",
                [OPTION | {"value": {**OPTION["value"], "split": {"label": "by", "parts": {"a": EVENT}}}}],
            ),
            "options",
            "value: an option has the labels that the KPI has",
        ),
        (put("colour", "red"), "", "unknown field `colour`"),
        (
            put("extras", [{"suffix": "Mean", "value": {"form": "level", "read": EVENT}}]),
            "extras[0]",
            "suffix 'Mean'",
        ),
    ],
)
def test_a_mistake_is_refused_with_the_kpi_and_the_key(wrong: dict[str, Any], key: str, says: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse_kpi(wrong, "test.yaml")

    assert caught.value.key == key
    assert says in caught.value.problem
    assert str(caught.value).startswith(f"KPI {wrong['id']} (test.yaml): ")


@pytest.mark.parametrize("name", TWELVE)
def test_no_attribute_may_be_missing(name: str) -> None:
    wrong = document()
    del wrong["attributes"][name]

    with pytest.raises(CatalogueError, match=f"attributes: .*missing required field `{name}`"):
        parse_kpi(wrong, "test.yaml")


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(CatalogueError, match=r"KPI answered .*Expected `object`, got `array`"):
        parse_kpi([], "test.yaml", expect="answered")


def test_a_file_of_another_kpi_is_refused() -> None:
    with pytest.raises(CatalogueError, match="id: the file is that of other"):
        parse_kpi(document(), "other.yaml", expect="other")


def test_an_option_takes_the_place_of_the_value_where_the_definitions_choose_it() -> None:
    found = kpi(options=[OPTION | {"help": {"value": "The other share"}}])
    usual, chosen = found.under(Definitions()), found.under(Definitions(first_response="anyone"))

    assert usual == found
    assert isinstance(chosen.value, Ratio)
    assert chosen.value.numerator.where == {}
    assert chosen.help == {**found.help, "value": "The other share"}
    assert chosen.under(Definitions(first_response="anyone")) == chosen
    assert list(found.forms()) == [found, chosen]


def test_a_kpi_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        kpi().title = "Another"  # type: ignore[misc]


class TestWindows:
    def test_all_is_evaluated_but_not_exported(self) -> None:
        found = kpi()

        assert found.windows == ("1h", "7d")
        assert found.evaluated_windows == ("1h", "7d", "all")

    def test_readings_with_windows_of_their_own_need_none(self) -> None:
        fixed = kpi(
            value={
                "form": "ratio",
                "numerator": {**LAST, "window": "1d"},
                "denominator": {**LAST, "window": "30d"},
            },
            windows=[],
        )

        assert not fixed.windowed
        assert fixed.evaluated_windows == ()

    def test_a_level_at_the_start_depends_on_the_window(self) -> None:
        value = {
            "form": "ratio",
            "numerator": {**LEVEL, "at": "start"},
            "denominator": {**LEVEL, "at": "start"},
        }

        assert kpi(value=value).windowed


class TestBands:
    bands = (
        {"name": "excellent", "title": "Excellent", "above": 0.8},
        {"name": "good", "title": "Good", "at_least": 0.7, "at_most": 0.8},
        {"name": "poor", "title": "Poor", "below": 0.7},
    )

    @pytest.mark.parametrize(
        ("value", "band"),
        [
            (1.0, "excellent"),
            (0.8001, "excellent"),
            (0.8, "good"),
            (0.7, "good"),
            (0.6999, "poor"),
            (0.0, "poor"),
        ],
    )
    def test_a_value_lies_in_one_band(self, value: float, band: str) -> None:
        found = kpi(bands=self.bands)

        assert [b.name for b in found.bands if value in b] == [band]
        assert found.band_of(value) == next(b for b in found.bands if b.name == band)

    def test_targets_are_the_objective_and_the_worse_ends_of_the_bands(self) -> None:
        assert kpi(bands=self.bands, objective=0.75).targets == (
            ("objective", 0.75),
            ("excellent", 0.8),
            ("good", 0.7),
        )

    def test_where_lower_is_better_the_worse_end_is_the_upper_one(self) -> None:
        bands = [
            {"name": "fast", "title": "Fast", "below": 60},
            {"name": "fair", "title": "Fair", "at_least": 60, "below": 90},
            {"name": "slow", "title": "Slow", "at_least": 90},
        ]

        assert kpi(bands=bands, better="lower").targets == (("fast", 60), ("fair", 90))

    def test_without_bands_a_value_lies_in_none(self) -> None:
        assert kpi().band_of(0.5) is None
        assert kpi().targets == ()


class TestReadings:
    def test_the_numerator_comes_first_and_then_its_parts(self) -> None:
        value = document()["value"] | {"split": {"label": "part", "whole": "any", "parts": {"said": EVENT}}}
        found = kpi(value=value).value

        assert [name for name, _ in found.numerators] == ["any", "said"]  # type: ignore[union-attr]

    def test_without_a_split_the_numerator_has_no_label_value(self) -> None:
        assert [name for name, _ in kpi().value.numerators] == [None]  # type: ignore[union-attr]

    def test_every_reading_has_its_key(self) -> None:
        extra = {"suffix": "mean", "value": {"form": "ratio", "numerator": EVENT, "denominator": EVENT}}

        assert [key for key, _ in kpi(extras=[extra]).readings()] == [
            "value.numerator",
            "value.denominator",
            "extras[0].value.numerator",
            "extras[0].value.denominator",
        ]
