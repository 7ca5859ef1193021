"""The generator: repeatable, and such that every rule of the definitions changes some figure."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.catalogue.load import load_catalogue
from app.catalogue.naming import family_names
from tests.oracle import OracleSettings, compute
from tests.oracle.examples import outcomes
from tests.oracle.figures import label
from tests.oracle.generate import evaluation_time, evaluation_times, event_sets, random_events
from tests.oracle.growth_kpis import of_type
from tests.oracle.issues import carried
from tests.oracle.people import NOT_ACTING, Lives, lives
from tests.oracle.retention_kpis import value_at
from tests.oracle.settings import DAY, HOUR, INACTIVITY_MS, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.oracle.figures import Series
    from tests.oracle.people import Event, Life

Json = dict[str, Any]
Figures = dict["Series", float | int]

SEEDS = range(24)
#: Further ones are asked only for what the first do not show.
MORE_SEEDS = range(400)
#: After everything in the order of an issue's events.
LAST = (10**18, 0)


@cache
def sample(seed: int) -> tuple[tuple[Json, ...], tuple[int, ...]]:
    """A set of 300 events and some evaluation times, one of them the full minute of a deadline."""
    rng = random.Random(seed)
    events = random_events(rng, 300, deletions=bool(seed % 2))
    last = events[-1]["time"] + 1
    deadlines = [moment for _, moment in outcomes(events) if moment % MINUTE == 0 and moment <= last + DAY]
    return tuple(events), (
        last,
        *rng.sample(evaluation_times(events), 5),
        *rng.sample(deadlines, min(1, len(deadlines))),
    )


@cache
def expected(seed: int, at: int) -> Figures:
    return compute(sample(seed)[0], at)


def changes_a_figure(compute_otherwise: Callable[[Sequence[Json], int], Figures]) -> bool:
    for seed in MORE_SEEDS:
        events, times = sample(seed)
        for at in times:
            usual = expected(seed, at)
            if compute_otherwise(events, at) != usual:
                return True
    return False


def test_the_same_seed_gives_the_same_events_and_another_seed_others() -> None:
    first, again, other = (random_events(random.Random(seed), 200) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(first) == 200


@pytest.mark.parametrize("n", [0, 1, 2, 25, 26])
def test_small_sets_have_their_size_too(n: int) -> None:
    assert len(random_events(random.Random(3), n, deletions=True)) == n


def test_events_are_by_time_and_identified_by_source_and_id_copies_apart() -> None:
    events = random_events(random.Random(4), 1000, deletions=True)
    assert [e["time"] for e in events] == sorted(e["time"] for e in events)
    by_identity: dict[tuple[str, str], list[Json]] = {}
    for event in events:
        by_identity.setdefault((event.get("source", event["topic"]), event["id"]), []).append(event)
    for same in by_identity.values():
        assert all({**e, "source": None} == {**same[0], "source": None} for e in same)
    assert any(len(same) > 1 for same in by_identity.values())
    ids = Counter(identity for _, identity in by_identity)
    assert max(ids.values()) > 1


def test_identities_and_deletions_are_there_when_asked_for() -> None:
    def kinds(**flags: bool) -> set[tuple[str, bool]]:
        events = random_events(random.Random(5), 2000, **flags)
        return {(e["type"], {"user_id", "anonymous_id"} <= e.keys()) for e in events}

    both = kinds(deletions=True, identities=True)
    neither = kinds(deletions=False, identities=False)
    assert ("user.identified", True) in both
    assert ("user.deleted", False) in both
    assert ("user.identified", True) not in neither
    assert ("user.deleted", False) not in neither


def test_every_outcome_and_every_family_occurs() -> None:
    seen = set()
    families = set()
    for seed in SEEDS:
        events, times = sample(seed)
        seen |= {outcome for outcome, _ in outcomes(events)}
        families |= {family for family, _ in expected(seed, times[0])}
    assert seen == {"confirmed", "assumed", "escalated", "agent_resolved", "abandoned"}
    assert families == {
        family.name for kpi in load_catalogue().values() if kpi.enabled for family in family_names(kpi)
    }


@pytest.mark.parametrize(
    "otherwise",
    [
        OracleSettings(customer="account"),
        OracleSettings(timezone="Pacific/Auckland"),
        OracleSettings(assumption_ms=OracleSettings().assumption_ms + 1),
        OracleSettings(assumption_ms=OracleSettings().assumption_ms - 1),
        OracleSettings(resolution="last"),
        OracleSettings(self_service_adoption_among="active"),
        OracleSettings(durable_ms=OracleSettings().durable_ms + 1),
        OracleSettings(activation_ms=3 * HOUR),
        OracleSettings(onboarding_idle_ms=3 * HOUR),
        OracleSettings(tour_idle_ms=3 * HOUR),
        OracleSettings(journey_idle_ms=3 * HOUR),
        OracleSettings(reaction_ms=3 * HOUR),
        OracleSettings(renewal_grace_ms=3 * HOUR),
        OracleSettings(session_gap_ms=OracleSettings().session_gap_ms + 1),
        OracleSettings(session_gap_ms=OracleSettings().session_gap_ms - 1),
        OracleSettings(short_abandon_ms=1),
        OracleSettings(short_abandon_ms=5 * MINUTE),
        OracleSettings(first_response="anyone"),
        OracleSettings(voice_channels=frozenset({"phone"})),
        OracleSettings(other_inactivity_ms=None),
        *(OracleSettings(inactivity_ms={**INACTIVITY_MS, channel: 7 * MINUTE}) for channel in INACTIVITY_MS),
        *(
            OracleSettings(active_events=OracleSettings().active_events - {kind})
            for kind in sorted(OracleSettings().active_events)
        ),
        *(
            OracleSettings(self_service_actions=OracleSettings().self_service_actions - {kind})
            for kind in sorted(OracleSettings().self_service_actions)
        ),
        OracleSettings(activation_milestones=frozenset({"other"})),
        OracleSettings(first_value_milestones=frozenset({"activated", "first_value"})),
        OracleSettings(key_action_milestones=frozenset({"other"})),
        OracleSettings(free_plans=frozenset({"pro"})),
        OracleSettings(plan_order=("team", "pro")),
    ],
)
def test_every_setting_changes_some_figure(otherwise: OracleSettings) -> None:
    assert changes_a_figure(lambda events, at: compute(events, at, settings=otherwise))


def nothing(*_: object) -> None:
    return None


def latest_smaller(life: Life, name: str) -> str | None:
    carried = [(e.time, value) for e in life.events if (value := e.field(name)) is not None]
    last = max((time for time, _ in carried), default=None)
    return min((value for time, value in carried if time == last), default=None)


def flagged_by_the_last_event(life: Life) -> bool:
    marks = [e for e in life.events if e.type in {"user.flagged", "user.unflagged"}]
    return bool(marks) and marks[-1].type == "user.flagged"


def eligible_by_the_last_event(life: Life) -> bool:
    changes = [e for e in life.events if e.type == "account.eligibility_changed"]
    known = any(e.type not in NOT_ACTING for e in life.events)
    return life.ended is None and known and (not changes or changes[-1].data("eligible") is True)


def undated(event: Event) -> tuple[int, int]:
    return event.time, 0


def without(everyone: Lives, leaves: Callable[[Life], bool]) -> Lives:
    kept = Lives(life for life in everyone if not leaves(life))
    kept.about_accounts = everyone.about_accounts
    kept.flagged = [life for life in everyone.flagged if not leaves(life)]
    return kept


RULES: dict[str, tuple[str, object]] = {
    "who is known": ("people.NOT_ACTING", frozenset[str]()),
    "identities": ("people.names", lambda *_: {}),
    "flags": ("people.Life.flagged", False),
    "a tie of flags": ("people.Life.flagged", property(flagged_by_the_last_event)),
    "a tie of eligibility": ("people.Life.eligible", property(eligible_by_the_last_event)),
    "eligibility": ("people.Life.eligible", property(lambda life: life.ended is None)),
    "what stays after a deletion": (
        "lives",
        lambda *given: without(lives(*given), lambda life: life.ended is not None),
    ),
    "plans": ("people.Life.latest", nothing),
    "who belongs to an account": ("accounts.account_of", nothing),
    "whose subscriptions they are": ("holders.about_account", lambda event: None),
    "who counts as an account": ("holders.account_of", nothing),
    "what is said of an account": ("accounts.about_account", lambda event: None),
    "whose eligibility it is": ("people.about_account", lambda event: None),
    "a tie of plans": ("people.Life.latest", latest_smaller),
    "the order within a millisecond": ("conversations.place", undated),
    "private messages": ("conversations.is_public", lambda _: True),
    "with a bot": ("conversations.Conversation.with_bot", False),
    "who initiated": ("conversations.Conversation.customer_initiated", True),
    "contacts": ("conversations.Conversation.contacts", ()),
    "serving": ("conversations.Conversation.served", None),
    "serving in the phase": ("conversations.Conversation.served_in_phase", False),
    "bots in a conversation": ("conversations.Conversation.bot_since_begin", False),
    "reopening": ("conversations.Conversation.reopening", None),
    "agents": ("conversations.agent_acts", lambda _: False),
    "agents before a message": ("customer_kpis.agent_acts", lambda _: False),
    "answers": ("conversations.Conversation.answers", ()),
    "subscriptions": ("retention_kpis.changes_of", lambda _: {}),
    "plans of that time": ("retention_kpis.value_at", lambda life, name, _: label(life.latest(name))),
    "a subscription's own plan": (
        "retention_kpis.own_plan",
        lambda life, _, time: value_at(life, "plan", time),
    ),
    "later days": ("retention_kpis.Member.returned", lambda m, age, _: m.day + timedelta(age) in m.active),
    "help channels": ("issues.help_channel", lambda event: event.field("channel") or "chat"),
    "rounding of deadlines": ("issues.deadline", lambda time: time),
    "sessions in conversations": ("issues.owner_of", nothing),
    "carried plans": ("issues.carried", nothing),
    "up to the deciding event": ("issues.carried", lambda events, name, _: carried(events, name, LAST)),
    "which bot": ("support_kpis.bot_of", nothing),
    "a bot's part": ("support_kpis.bot_handled", lambda _: True),
    "handing over": ("support_kpis.handed_over", lambda _: False),
    "what breaks a silence": ("support_kpis.settles", lambda *_, **__: False),
    "sessions that were resolved": ("support_kpis.session_resolutions", lambda *_: []),
    "conversations that were resolved": ("support_kpis.conversation_resolutions", lambda *_: []),
    "later contacts": ("support_kpis.Case.contact_in", lambda *_: False),
    "rounding of ages and weeks": ("support_kpis.deadline", lambda time: time),
    "kinds of flow": ("flow_kpis.left_after", lambda *_: MINUTE),
    "done by the decision": (
        "flow_kpis.done_by",
        lambda passage, _: [e.data("step") for e in passage if e.type == "flow.step_completed"],
    ),
    "completions": ("flow_kpis.completion", nothing),
    "orders and invitations": ("growth_kpis.once", lambda life, type_, _: of_type(life, type_)),
    "why it was flagged": ("people.Life.flag_reason", "fake"),
    "the end of paid plans": ("plan_kpis.held", lambda life, time: False),
    "the order of plans": ("plan_kpis.higher", lambda plan, before, settings: plan != before),
    "full hours": ("figures.HOUR", 1),
    "full minutes": ("figures.MINUTE", 1),
}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_changes_some_figure(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target, replacement = RULES[rule]

    def without_it(events: Sequence[Json], at: int) -> Figures:
        with monkeypatch.context() as patch:
            patch.setattr(f"tests.oracle.{target}", replacement)
            return compute(events, at)

    assert changes_a_figure(without_it)


@pytest.mark.parametrize("mark", ["is_bot", "is_test", "channel", "platform", "user.deleted"])
def test_every_mark_of_an_event_changes_some_figure(mark: str) -> None:
    def without_it(events: Sequence[Json], at: int) -> Figures:
        kept = [
            {name: value for name, value in e.items() if name != mark} for e in events if e["type"] != mark
        ]
        return compute(kept, at)

    assert changes_a_figure(without_it)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_arrival_and_copies_do_not_matter_to_the_oracle(seed: int) -> None:
    events, (at, *_) = sample(seed)
    shuffled = random.Random(seed).sample([*events, *events[:50]], len(events) + 50)
    assert compute(shuffled, at) == expected(seed, at)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), deletions=st.booleans(), identities=st.booleans())
def test_figures_of_drawn_sets_are_coherent(data: st.DataObject, deletions: bool, identities: bool) -> None:
    events = data.draw(event_sets(deletions=deletions, identities=identities))
    at = data.draw(evaluation_time(events))
    figures = compute(events, at)
    for (family, labels), value in figures.items():
        if family.endswith("_ratio"):
            kpi = family.removesuffix("_ratio")
            whole = tuple(pair for pair in labels if pair[0] not in {"resolution", "mode"})
            assert 0 <= value <= 1
            if kpi == "kpi_csat_response":
                continue
            denominator = figures[f"{kpi}_denominator", whole]
            assert denominator > 0
            assert value == figures[f"{kpi}_numerator", labels] / denominator
    for dimension in ("plan", "segment", "role"):
        by_window: Counter[str] = Counter()
        for (family, pairs), value in figures.items():
            text = dict(pairs)
            if family == "kpi_active_users" and text[dimension] != "all":
                by_window[text["window"]] += int(value)
        for window in ("1h", "1d", "7d", "30d", "day", "all"):
            everything = dict.fromkeys(("plan", "segment", "role", "platform"), "all") | {"window": window}
            assert figures["kpi_active_users", tuple(sorted(everything.items()))] == by_window[window]


def test_drawn_sets_reach_every_outcome() -> None:
    seen: set[str] = set()

    @settings(
        max_examples=150,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(event_sets(deletions=True))
    def collect(events: list[Json]) -> None:
        seen.update(outcome for outcome, _ in outcomes(events))

    collect()
    assert seen == {"confirmed", "assumed", "escalated", "agent_resolved", "abandoned"}
