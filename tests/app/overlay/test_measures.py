"""Own measures: what every mistake is answered with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.overlay.measures import read_measures
from streams.core.own import Condition, OwnMeasure
from tests.app.overlay.support import located, mistakes
from tests.support.own_kpis import MEASURES, overlay_of, read
from tests.support.own_kpis_page import overlay_text


def wrong(folder: Path, **measure: Any) -> list[str]:
    """What is wrong with a measure over searches that is otherwise right."""
    given = {"events": "help.searched", "count": "events", **measure}
    return mistakes(folder, {"measures": {"m": {k: v for k, v in given.items() if v is not None}}})


def test_everything_that_can_be_written_is_understood() -> None:
    problems: list[Any] = []
    found = read_measures(located(dict(MEASURES)), problems)

    assert not problems
    assert found["agent_talk"] == OwnMeasure(
        name="agent_talk",
        counts="events: conversation.message",
        events=("conversation.message",),
        count="events",
        where=(
            Condition(field="data.actor", one_of=("agent", "bot")),
            Condition(field="data.public", one_of=(True,)),
            Condition(field="channel", present=True),
        ),
        dimensions=("channel", "data.actor"),
    )
    assert found["revenue"].where == (Condition(field="data.currency", one_of=("EUR", "USD")),)
    assert [part.name for part in found["readers"].parts()] == ["readers", "readers_by_platform"]
    assert [part.measure.fields for part in found["scores"].parts()] == [("kind", "bucket"), ("kind",)]


def test_only_what_some_kpi_reads_is_counted(tmp_path: Path) -> None:
    overlay = overlay_of()
    del overlay["kpis"]["own_use"]
    overlay["kpis"]["own_happy"]["enabled"] = False

    names = [measure.name for measure in read(tmp_path / "overlay.yaml", overlay).measures]
    assert names == [name for name in MEASURES if name not in ("use", "happy")]


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": ({"event": "x"}, ":5: measures.m.event: unknown key 'event'; did you mean events?"),
    "no events": (
        {"events": None},
        ":2: measures.m.events: is missing; it says which types of event are counted",
    ),
    "an unknown type": (
        {"events": "help.serched"},
        ":3: measures.m.events: found 'help.serched'; no event has that type; did you mean help.searched?",
    ),
    "a type like no other": (
        {"events": ["zzz"]},
        ":4: measures.m.events[0]: found 'zzz'; no event has that type; there are",
    ),
    "a type twice": (
        {"events": ["help.searched", "help.searched"]},
        ":5: measures.m.events[1]: help.searched is there twice",
    ),
    "no type": (
        {"events": []},
        ":3: measures.m.events: the list is empty; give the types of event that are counted",
    ),
    "no count": (
        {"count": None},
        ":2: measures.m.count: is missing; allowed: events, customers, {sum: FIELD} or {distribution: FIELD}",
    ),
    "an unknown count": (
        {"count": "uses"},
        ":4: measures.m.count: found 'uses'; allowed: events, customers, {sum: FIELD}",
    ),
    "an unknown way of counting": (
        {"count": {"median": "data.results"}},
        ":4: measures.m.count: found a mapping; allowed: events, customers, {sum: FIELD} or {distribution: FIELD}",
    ),
    "an unknown field to add up": (
        {"count": {"sum": "data.result"}},
        ":5: measures.m.count.sum: found 'data.result'; help.searched has no such field; did you mean data.results?",
    ),
    "a field without its data": (
        {"count": {"sum": "results"}},
        ":5: measures.m.count.sum: found 'results'; help.searched has no such field; did you mean data.results?",
    ),
    "texts to add up": (
        {"count": {"sum": "channel"}},
        (
            ":5: measures.m.count.sum: found 'channel'; its values are texts, not whole numbers; of help.searched there are"
            " data.results"
        ),
    ),
    "nothing that could be added up": (
        {"events": "help.solved", "count": {"sum": "plan"}},
        "its values are texts, not whole numbers; help.solved has none that would do",
    ),
    "fractions to add up": (
        {"events": "survey.responded", "count": {"sum": "data.score"}},
        (
            "found 'data.score'; its values are numbers with fractions or texts, not whole numbers; of survey.responded there"
            " are data.scale"
        ),
    ),
    "what may be negative as a distribution": (
        {"events": "subscription.changed", "count": {"distribution": "data.mrr_delta"}},
        (
            "found 'data.mrr_delta'; its values may be negative; only their sum can be counted; of subscription.changed there are"
            " data.mrr"
        ),
    ),
    "texts as a distribution": (
        {"count": {"distribution": "data.search_id"}},
        "found 'data.search_id'; its values are texts, neither numbers nor moments; of help.searched there are data.results",
    ),
    "the event's own time as a distribution": (
        {"count": {"distribution": "time"}},
        "found 'time'; its values are moments, neither numbers nor moments",
    ),
    "a field that one of the types lacks": (
        {"events": ["help.searched", "help.solved"], "count": {"sum": "data.results"}},
        "found 'data.results'; help.solved has no such field; there are id,",
    ),
    "too many dimensions": (
        {"dimensions": ["plan", "segment", "role", "platform"]},
        ":5: measures.m.dimensions: there are 4; a measure has at most 3, for every combination of their values",
    ),
    "dimensions that are no list": (
        {"dimensions": "plan"},
        ":5: measures.m.dimensions: found 'plan'; allowed: a list of fields",
    ),
    "a dimension without end": (
        {"dimensions": ["data.search_id"]},
        ":6: measures.m.dimensions[0]: found 'data.search_id'; it names single things or persons, of which there is no end",
    ),
    "a number as a dimension": (
        {"dimensions": ["data.results"]},
        "found 'data.results'; its values are numbers or moments, of which there is no end; make a condition of it",
    ),
    "a dimension twice": (
        {"dimensions": ["plan", "plan"]},
        ":7: measures.m.dimensions[1]: the label 'plan' is there twice",
    ),
    "two dimensions of one label": (
        {"events": "feedback.submitted", "dimensions": ["data.milestone", "data.milestone"]},
        "measures.m.dimensions[1]: the label 'milestone' is there twice",
    ),
    "a label that the measure needs itself": (
        {"events": "account.eligibility_changed", "dimensions": ["data.eligible"]},
        "measures.m.dimensions[0]: the label 'eligible' is taken by the measure itself",
    ),
    "conditions that are no mapping": (
        {"where": ["plan"]},
        ":5: measures.m.where: found a list; allowed: fields, each with what it has to be",
    ),
    "a condition on an unknown field": (
        {"where": {"data.resuls": 3}},
        ":6: measures.m.where.data.resuls: found 'data.resuls'; help.searched has no such field; did you mean data.results?",
    ),
    "a condition on the time": (
        {"where": {"time": {"above": 3}}},
        "measures.m.where.time: found 'time'; windows say from when on events count; of help.searched there are source,",
    ),
    "a condition on bots": ({"where": {"is_bot": True}}, "events of bots are left out in any case"),
    "a condition on a list": ({"events": "flow.started", "where": {"data.steps": 3}}, "it may be a list"),
    "a condition on a moment": (
        {"events": "enhancement.shipped", "where": {"data.requested_at": 3}},
        "found 'data.requested_at'; it is a moment",
    ),
    "no values": (
        {"where": {"plan": []}},
        ":6: measures.m.where.plan: the list is empty; give the values that count",
    ),
    "nothing asked for": (
        {"where": {"plan": {}}},
        "measures.m.where.plan: nothing is asked for; give a value, a list, present,",
    ),
    "an unknown comparison": (
        {"where": {"data.results": {"over": 3}}},
        ":7: measures.m.where.data.results.over: unknown key 'over'; did you mean above?",
    ),
    "a text compared": (
        {"where": {"plan": {"above": 3}}},
        ":7: measures.m.where.plan.above: plan is no number, so it cannot be compared; give the values that count",
    ),
    "a bound that is no number": (
        {"where": {"data.results": {"above": "3"}}},
        ":7: measures.m.where.data.results.above: found '3'; allowed: a number",
    ),
    "a bound that is yes or no": (
        {"where": {"data.results": {"above": True}}},
        "found true; allowed: a number",
    ),
    "presence that is neither": (
        {"where": {"plan": {"present": "yes"}}},
        ":7: measures.m.where.plan.present: found 'yes'; allowed: true or false",
    ),
    "absence with a bound": (
        {"where": {"data.results": {"present": False, "above": 3}}},
        "what is left out cannot be compared; leave present or the bounds out",
    ),
    "a number for a text": (
        {"where": {"plan": 3}},
        "measures.m.where.plan: found 3; plan is no number; in quotes it is a text",
    ),
    "a text for a number": ({"where": {"data.results": "3"}}, "found '3'; data.results is never a text"),
    "yes for a text": ({"where": {"plan": True}}, "found true; plan is never true or false"),
    "nothing for a value": ({"where": {"plan": [None]}}, "allowed: a text, a number, true or false"),
    "a word that the field never is": (
        {"events": "conversation.message", "where": {"data.actor": ["agnt"]}},
        "measures.m.where.data.actor[0]: found 'agnt'; allowed: agent, bot, customer; did you mean agent?",
    ),
    "a score as a word": (
        {"events": "survey.responded", "where": {"data.score": "good"}},
        "found 'good'; a score is compared as a number",
    ),
    "no text about it": (
        {"about": 3},
        ":5: measures.m.about: found 3; allowed: a text that says what is counted",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_names_file_key_value_and_remedy(tmp_path: Path, case: str) -> None:
    measure, expected = MISTAKES[case]
    found = wrong(tmp_path, **measure)

    assert len(found) == 1, found
    assert found[0].startswith("overlay.yaml:")
    assert expected in found[0]


NAMES = {
    "M": "a measure's name 'M' must be lower-case letters and digits",
    "a" * 65: "the name is longer than 64 characters",
    "issues": "issues is the name of one of the built-in measures already; choose another name",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_cannot_be(tmp_path: Path, name: str) -> None:
    (found,) = mistakes(tmp_path, {"measures": {name: {"events": "help.searched", "count": "events"}}})

    assert found.startswith(f"overlay.yaml:2: measures.{name}: ")
    assert NAMES[name] in found


def test_names_that_two_measures_make(tmp_path: Path) -> None:
    measures = {
        "found": {"events": "help.searched", "count": {"distribution": "data.results"}},
        "found_sum": {"events": "help.searched", "count": "events"},
    }
    (found,) = mistakes(tmp_path, {"measures": measures})

    assert found == (
        "overlay.yaml:6: measures.found_sum: found_sum is the name of one of those of the own measure found already;"
        " choose another name"
    )


def test_all_mistakes_of_all_measures_are_told_at_once(tmp_path: Path) -> None:
    found = mistakes(
        tmp_path,
        {
            "measures": {
                "a": {"events": "help.searched", "count": "x", "dimensions": ["y"]},
                "b": 3,
            }
        },
    )

    assert len(found) == 3
    assert "measures.b: found 3; allowed: about, events, where, count, dimensions, with values" in found[2]


def test_a_kpi_over_a_measure_that_is_refused_is_no_further_mistake(tmp_path: Path) -> None:
    overlay: dict[str, Any] = yaml.safe_load(overlay_text())
    overlay["measures"]["searches_with_choice"]["where"] = {"data.results": {"at_leest": 3}}

    (found,) = mistakes(tmp_path, overlay)

    assert "did you mean at_least?" in found
