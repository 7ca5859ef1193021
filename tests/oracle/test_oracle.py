"""Which events count, for whom, and in which window: examples computed by hand."""

from __future__ import annotations

from typing import Any

import pytest

from app.catalogue.load import load_catalogue
from app.catalogue.naming import family_names
from app.catalogue.reads import Level
from tests.oracle import OracleSettings, compute
from tests.oracle.examples import Json, Result, Talk, at, event
from tests.oracle.figures import begin_of
from tests.oracle.settings import HOUR

NOON = at("12:00")


def used(time: int | str, user: str | None = "u1", **envelope: Any) -> Json:
    return event("page.viewed", time, user, **envelope)


def test_an_event_at_the_evaluation_time_is_ignored_and_one_a_millisecond_before_counts() -> None:
    events = [used(NOON, "late"), used(NOON - 1, "just")]
    assert Result(events, NOON)("active_users", window="all") == 1
    assert Result(events, NOON + 1)("active_users", window="all") == 2


@pytest.mark.parametrize(
    ("window", "begin"),
    [
        ("5m", at("12:25")),
        ("1h", at("11:30")),
        ("6h", at("06:30")),
        ("1d", at("12:30", day=-1)),
        ("7d", at("12:00", day=-7)),
        ("30d", at("12:00", day=-30)),
    ],
)
def test_a_window_begins_at_a_full_minute_or_beyond_a_day_at_a_full_hour(window: str, begin: int) -> None:
    assert begin_of(window, at("12:30:30.500")) == begin


def test_a_customer_is_in_the_window_from_its_rounded_begin_on() -> None:
    # At 12:30:30.500 the hour begins at 11:30:00.000 and the week at 12:00:00.000 of last Monday.
    events = [
        used("11:30:00.000", "in"),
        used("11:29:59.999", "before"),
        used(at("12:00", day=-7), "in_week"),
        used(at("11:59:59.999", day=-7), "before_week"),
    ]
    result = Result(events, at("12:30:30.500"))
    assert result("active_users", window="1h") == 1
    assert result("active_users", window="1d") == 2
    assert result("active_users", window="7d") == 3
    assert result("active_users", window="30d") == 4


@pytest.mark.parametrize(
    "written",
    ["2025-01-06T11:30:00.0009Z", "2025-01-06t12:30:00+01:00", "2025-01-06T07:00:00.0-04:30", at("11:30")],
)
def test_a_time_may_be_text_in_any_zone_and_is_rounded_down_to_the_millisecond(written: str | int) -> None:
    events = [{**used(0), "time": written}]
    assert Result(events, at("11:30"))("active_users", window="all") == 0
    assert Result(events, at("11:30") + 1)("active_users", window="all") == 1


def test_events_of_bots_and_tests_count_nowhere() -> None:
    events = [used("10:00", "u1", is_bot=True), used("10:00", "u2", is_test=True), used("10:00", "u3")]
    result = Result(events, NOON)
    assert result("active_users", window="1d") == 1
    assert result("adoption_denominator", window="1d") == 1


def test_a_bot_s_claim_and_a_test_s_flag_count_nowhere_either() -> None:
    events = [
        used("10:00", None, anonymous_id="v1"),
        used("10:00", "u1"),
        event("user.identified", "10:05", "u1", anonymous_id="v1", is_bot=True),
        event("user.flagged", "10:06", "u1", is_test=True),
    ]
    assert Result(events, NOON)("active_users", window="1d") == 2


def test_the_same_source_and_id_are_one_event_and_the_topic_is_the_default_source() -> None:
    # A second delivery that says something else is not believed: only web is used.
    first = {**used("10:00", platform="web"), "id": "x"}
    again = {**used("10:01", platform="ios"), "id": "x", "source": "product.events"}
    other = {**used("10:02", platform="tv"), "id": "x", "source": "elsewhere"}
    result = Result([again, first, other], NOON)
    assert result("active_users", window="1d", platform="web") == 1
    assert result("active_users", window="1d", platform="ios") is None
    assert result("active_users", window="1d", platform="tv") == 1


def test_the_customer_is_the_user_else_the_visitor_else_the_account() -> None:
    events = [
        used("10:00", "u1", anonymous_id="v1", account_id="a1"),
        used("10:01", "u1", anonymous_id="v2", account_id="a2"),
        used("10:02", None, anonymous_id="v1", account_id="a1"),
        used("10:03", None, account_id="a1"),
        event("enhancement.shipped", "10:04", None, {"enhancement_id": "x", "requested_at": 0}),
    ]
    assert Result(events, NOON)("active_users", window="1d") == 3


def test_a_visitor_that_is_identified_has_been_the_user_before_and_after() -> None:
    before = [used("10:00", None, anonymous_id="v1"), used("11:00", None, anonymous_id="v1")]
    assert Result(before, NOON)("active_users", window="1d") == 1
    claim = event("user.identified", "10:30", "u1", anonymous_id="v1")
    assert Result([*before, claim], NOON)("active_users", window="1d") == 1
    with_user = [*before, claim, used("09:00", "u1")]
    assert Result(with_user, NOON)("active_users", window="1d") == 1
    assert Result([*before, used("09:00", "u1")], NOON)("active_users", window="1d") == 2


def test_the_earliest_claim_of_a_visitor_holds_and_at_the_same_time_the_smaller_user_id() -> None:
    visit = used("10:00", None, anonymous_id="v1")
    plans = [used("09:00", user, plan=f"of_{user}") for user in ("u1", "u2", "u3")]

    def owner_platform(*claims: tuple[str, str]) -> set[str]:
        made = [event("user.identified", time, user, anonymous_id="v1") for time, user in claims]
        result = Result([visit, *plans, *made], at("10:30"))
        return {u for u in ("u1", "u2", "u3") if result("active_users", window="1h", plan=f"of_{u}")}

    # In the last hour only the visitor was active: whose plan counts tells who it is.
    assert owner_platform(("10:20", "u1"), ("10:10", "u2")) == {"u2"}
    assert owner_platform(("10:20", "u3"), ("10:20", "u2")) == {"u2"}
    assert owner_platform(("10:20", "u3")) == {"u3"}


def test_plan_segment_and_role_are_each_those_of_the_latest_event_that_carries_one() -> None:
    events = [
        used("10:00", plan="free", segment="small"),
        used("10:30", plan="pro"),
        event("survey.sent", "11:00", role="admin"),
        used("11:30"),
    ]
    result = Result(events, NOON)
    assert result("active_users", window="1h", plan="pro") == 1
    assert result("active_users", window="1h", segment="small") == 1
    assert result("active_users", window="1h", role="admin") == 1
    assert result("active_users", window="1h", plan="free") is None


def test_in_the_same_millisecond_the_greater_value_holds() -> None:
    events = [used("10:00", plan="pro"), used("10:00", plan="free"), used("10:00", plan="enterprise")]
    for order in (events, events[::-1]):
        assert Result(order, NOON)("active_users", window="1d", plan="pro") == 1


def test_what_is_not_known_is_unknown_and_a_value_called_all_is_bracketed() -> None:
    events = [used("10:00", "u1"), used("10:00", "u2", plan="all", platform="all")]
    result = Result(events, NOON)
    assert result("active_users", window="1d") == 2
    assert result("active_users", window="1d", plan="unknown") == 1
    assert result("active_users", window="1d", plan="(all)") == 1
    assert result("active_users", window="1d", platform="unknown") == 1
    assert result("active_users", window="1d", platform="(all)") == 1


@pytest.mark.parametrize(
    ("marks", "counted"),
    [
        ([("user.flagged", "10:00")], 0),
        ([("user.flagged", "10:00"), ("user.unflagged", "10:01")], 1),
        ([("user.unflagged", "10:00"), ("user.flagged", "10:01")], 0),
        ([("user.flagged", "10:00"), ("user.unflagged", "10:00")], 0),
        ([("user.unflagged", "10:00")], 1),
    ],
)
def test_a_flag_excludes_everything_until_it_is_taken_back(
    marks: list[tuple[str, str]], counted: int
) -> None:
    done = [used("09:00"), used("11:00"), event("help.solved", "11:00")]
    done += Talk().start("09:00").say("09:01", "agent").resolve("09:30", "agent").reopen("09:40").events
    result = Result([*done, *(event(kind, time) for kind, time in marks)], NOON)
    assert result("active_users", window="1d") == counted
    assert result("active_users", window="day") == counted
    assert result("adoption_denominator", window="1d") == counted
    assert result("self_service_adoption_numerator", window="1d") == counted
    # The help session is confirmed, the reopened conversation abandoned at 10:10.
    assert result("self_service_resolution_denominator", window="1d") == 2 * counted
    assert result("conversation_abandonment_denominator", window="1d") == counted
    assert result("time_to_resolution_observations", window="1d") == counted
    assert result("reopen_denominator", window="1d") == counted


def test_a_flag_of_a_visitor_is_a_flag_of_the_user_that_it_is() -> None:
    events = [
        used("10:00", "u1"),
        event("user.flagged", "10:10", None, anonymous_id="v1"),
        event("user.identified", "10:20", "u1", anonymous_id="v1"),
    ]
    assert Result(events, NOON)("active_users", window="1d") == 0


class TestDeletion:
    """u1 does all kinds of things, is deleted at 10:30:30, and every figure says what remains of it."""

    done = (
        used("10:00", plan="pro", platform="web"),
        event("help.article_viewed", "09:00"),
        *Talk("c1").start("10:00").say("10:05", "agent").resolve("10:10", "agent").reopen("10:15").events,
        # Nobody replies: abandoned 30 minutes after 10:01:00, which is 10:31:00, after the deletion's minute.
        *Talk("c2").start("10:01:00").events,
        # Abandoned 30 minutes after 10:00:00: at 10:30:00, in the minute of the deletion.
        *Talk("c3").start("10:00:00").events,
    )
    deletion = event("user.deleted", "10:30:30")

    def test_without_the_deletion_all_of_it_counts(self) -> None:
        result = Result(self.done, NOON)
        assert result("active_users", window="1d") == 1
        assert result("adoption_denominator", window="1d") == 1
        assert result.counts("conversation_abandonment", window="1d") == (2, 3)

    def test_levels_and_trailing_distinct_counts_are_withdrawn_and_the_day_is_not(self) -> None:
        result = Result([*self.done, self.deletion], NOON)
        assert result("active_users", window="all") == 0
        assert result("active_users", window="day") == 1
        assert result("active_users", window="day", plan="pro") == 1
        assert result("active_users", window="day", platform="web") == 1
        assert result.counts("adoption", window="1d") == (0, 0)
        assert result("adoption_ratio", window="1d") is None
        assert result.counts("self_service_adoption", window="1d") == (0, 0)
        assert result.counts("stickiness") == (0, 0)

    def test_what_counted_up_to_its_minute_stays_and_deadlines_ahead_are_withdrawn(self) -> None:
        result = Result([*self.done, self.deletion], NOON)
        assert result.counts("conversation_abandonment", window="1d") == (1, 2)
        assert result.counts("reopen", window="1d") == (1, 1)
        assert result("time_to_resolution_seconds", window="1d", stat="mean") == 600

    def test_afterwards_a_new_customer_of_that_name_begins_with_nothing(self) -> None:
        later = [used("11:00", segment="large"), *Talk("c1").resolve("11:10", "bot").events]
        result = Result([*self.done, self.deletion, *later], NOON)
        assert result("active_users", window="1d") == 1
        assert result("active_users", window="1d", plan="unknown") == 1
        assert result("active_users", window="1d", segment="large") == 1
        # Two customers of today: the one that is gone and the new one.
        assert result("active_users", window="day") == 2
        # The new customer's c1 is another conversation: resolved, never reopened, its start not seen.
        assert result.counts("reopen", window="1d") == (1, 2)
        assert result("time_to_resolution_observations", window="1d") == 1
        assert result.counts("adoption", window="1d") == (1, 1)

    def test_a_flag_of_the_new_customer_leaves_the_old_one_s_figures_alone(self) -> None:
        later = [used("11:00"), event("user.flagged", "11:01")]
        result = Result([*self.done, self.deletion, *later], NOON)
        assert result("active_users", window="day") == 1
        assert result.counts("reopen", window="1d") == (1, 1)
        assert result("adoption_denominator", window="1d") == 0


def test_without_events_counts_are_zero_and_ratios_and_durations_absent() -> None:
    values = compute([], NOON)
    assert values
    assert set(values.values()) == {0}
    assert {family for family, _ in values} == {
        family.name
        for kpi in load_catalogue().values()
        if kpi.enabled
        for family in family_names(kpi)
        if family.role in {"numerator", "denominator", "observations"}
        or (family.role == "value" and kpi.kind in {"count", "level"})
        or any(extra.suffix == family.role and isinstance(extra.value, Level) for extra in kpi.extras)
        or (family.role == "responses" and kpi.id in {"nps", "ces"})
    }


def test_every_family_has_its_labels_and_windows() -> None:
    talk = Talk().start("10:00").say("10:01", "agent").resolve("10:02", "agent").reopen("10:03")
    values = compute([used("10:00"), event("help.solved", "10:00"), *talk.events], NOON)
    labels: dict[str, set[str]] = {}
    windows: dict[str, set[str]] = {}
    for family, pairs in values:
        labels.setdefault(family, set()).update(name for name, _ in pairs)
        assert [name for name, _ in pairs] == sorted(labels[family])
        windows.setdefault(family, set()).update(text for name, text in pairs if name == "window")
    events = {"5m", "30m", "1h", "6h", "1d", "7d", "30d", "all"}
    customers = {"1h", "1d", "7d", "30d", "all"}
    assert labels["kpi_active_users"] == {"window", "plan", "segment", "role", "platform"}
    assert windows["kpi_active_users"] == customers | {"day"}
    assert labels["kpi_time_to_resolution_seconds"] == {"window", "channel", "resolver", "stat"}
    assert labels["kpi_time_to_resolution_observations"] == {"window", "channel", "resolver"}
    assert labels["kpi_self_service_resolution_denominator"] == {"window", "channel", "plan", "segment"}
    for part in ("ratio", "numerator", "denominator"):
        assert labels[f"kpi_stickiness_{part}"] == {"plan", "segment"}
        assert labels[f"kpi_adoption_{part}"] == {"window", "plan", "segment"}
        assert labels[f"kpi_self_service_adoption_{part}"] == {"window", "channel", "plan", "segment"}
        assert labels[f"kpi_self_service_abandonment_{part}"] == {"window", "channel"}
        assert labels[f"kpi_conversation_abandonment_{part}"] == {"window", "channel", "medium"}
        assert labels[f"kpi_reopen_{part}"] == {"window", "channel"}
    for part in ("ratio", "numerator"):
        assert labels[f"kpi_self_service_resolution_{part}"] == {
            *("window", "channel", "plan", "segment", "resolution")
        }
    for part in ("numerator", "denominator"):
        for kpi in ("adoption", "self_service_adoption"):
            assert windows[f"kpi_{kpi}_{part}"] == customers
        for kpi in (
            "reopen",
            "self_service_resolution",
            "self_service_abandonment",
            "conversation_abandonment",
        ):
            assert windows[f"kpi_{kpi}_{part}"] == events
    assert windows["kpi_time_to_resolution_observations"] == events


def test_settings_change_what_they_name() -> None:
    settings = OracleSettings(
        active_events=frozenset({"help.solved"}),
        self_service_actions=frozenset({"help.searched"}),
        assumption_ms=2 * HOUR,
    )
    events = [
        used("08:00", "u1"),
        event("help.solved", "09:00", "u2"),
        event("help.article_viewed", "09:30", "u3"),
    ]
    usual, chosen = Result(events, NOON), Result(events, NOON, settings)
    assert usual("active_users", window="1d") == 1
    assert chosen("active_users", window="1d", plan="unknown") == 1
    assert usual("self_service_adoption_numerator", window="1d") == 2
    assert chosen("self_service_adoption_numerator", window="1d") == 0
    assert usual("self_service_resolution_numerator", window="1d", resolution="assumed") == 0
    assert chosen("self_service_resolution_numerator", window="1d", resolution="assumed") == 1
