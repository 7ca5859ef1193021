"""The figures that simulated events come to are the rates that the scenario was given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from app.simulator.scenarios import SCENARIOS, USUAL, Outcomes
from tests.app.simulator.samples import DAY, MONDAY, data, events, parsed
from tests.oracle import compute

DAYS = 4
WAITED = MONDAY + (DAYS + 6) * DAY
"""Late enough for every deadline to have passed."""

Sample = Sequence[dict[str, Any]]


def sample(scenario: str) -> Sample:
    return parsed(events(scenario, customers=15_000, rate=0.5, duration_ms=DAYS * DAY))


@pytest.fixture(scope="module")
def steady() -> Sample:
    return sample("steady")


def share(part: int, whole: int) -> tuple[float, float]:
    """Return the share and four standard errors of it."""
    found = part / whole
    return found, 4 * (max(found, 0.01) * (1 - min(found, 0.99)) / whole) ** 0.5


def assert_share(part: int, whole: int, expected: float, *, beside: float = 0.0) -> None:
    """``beside`` is how far lifecycles outside of the parameter, such as outreach, may move the share."""
    assert whole > 50
    found, error = share(part, whole)
    assert found == pytest.approx(expected, abs=error + beside)


def resolution(of: Sample) -> dict[str, float]:
    support = [e for e in of if e["topic"] == "support.events" or data(e, "kind") == "self_service"]
    found = compute(support, WAITED)
    overall = {"window": "all", "channel": "all", "plan": "all", "segment": "all"}
    return {
        part: found[
            "kpi_self_service_resolution_ratio", tuple(sorted({**overall, "resolution": part}.items()))
        ]
        for part in ("all", "confirmed", "assumed")
    }


def test_self_service_resolution_is_the_scenarios(steady: Sample) -> None:
    found = resolution(steady)
    assert found["all"] == pytest.approx(USUAL.resolution, abs=0.02)
    assert found["confirmed"] == pytest.approx(USUAL.confirmed, abs=0.02)
    assert found["assumed"] == pytest.approx(USUAL.assumed, abs=0.02)
    assert 0.74 <= found["all"] <= 0.78


def test_a_resolution_drop_halves_the_resolution_and_raises_contacts(steady: Sample) -> None:
    dropped = sample("resolution-drop")
    assert resolution(dropped)["all"] == pytest.approx(USUAL.resolution / 2, abs=0.02)

    def contacts(of: Sample) -> float:
        count: int = sum(
            e["type"] == "conversation.handed_off"
            or (
                e["type"] == "conversation.started"
                and data(e, "initiated_by") == "customer"
                and data(e, "with") is None
            )
            for e in of
        )
        return count / len(of)

    assert contacts(dropped) > 2.5 * contacts(steady)


def test_reopening_is_as_frequent_as_given(steady: Sample) -> None:
    resolved = {e["conversation_id"] for e in steady if e["type"] == "conversation.resolved"}
    reopened = {e["conversation_id"] for e in steady if e["type"] == "conversation.reopened"}
    # A bot's resolution that nobody confirmed is never reopened, and some reopenings lie beyond the end.
    assert_share(len(reopened), len(resolved), SCENARIOS["steady"].behaviour.reopened, beside=0.02)


def test_new_customers_are_activated_as_given(steady: Sample) -> None:
    new = {e["user_id"] for e in steady if e["type"] == "user.signed_up"}
    active = {
        e["user_id"]
        for e in steady
        if data(e, "milestone") == "activated" and e["type"] == "milestone.reached"
    }
    assert_share(len(active), len(new), SCENARIOS["steady"].behaviour.activated)


@pytest.mark.parametrize(
    ("kind", "rate"), [("onboarding", "onboarded"), ("tour", "toured"), ("checkout", "checked_out")]
)
def test_flows_are_completed_as_given(steady: Sample, kind: str, rate: str) -> None:
    flows = [e for e in steady if data(e, "kind") == kind]
    started = sum(e["type"] == "flow.started" for e in flows)
    completed = sum(e["type"] == "flow.completed" for e in flows)
    assert_share(completed, started, getattr(SCENARIOS["steady"].behaviour, rate))


def test_emails_are_clicked_as_given(steady: Sample) -> None:
    # The last day's may be clicked later than the sample reaches.
    delivered = {
        data(e, "email_id")
        for e in steady
        if e["type"] == "email.delivered" and e["time_ms"] < MONDAY + (DAYS - 1) * DAY
    }
    clicked = {data(e, "email_id") for e in steady if data(e, "action") == "click"}
    assert_share(len(delivered & clicked), len(delivered), SCENARIOS["steady"].behaviour.clicks, beside=0.01)


def test_satisfaction_and_recommendation_are_as_given(steady: Sample) -> None:
    behaviour = SCENARIOS["steady"].behaviour
    answers = [e for e in steady if e["type"] == "survey.responded"]
    csat = [data(e, "score") for e in answers if data(e, "kind") == "csat"]
    assert_share(sum(score >= 4 for score in csat), len(csat), behaviour.satisfied)
    nps = [data(e, "score") for e in answers if data(e, "kind") == "nps"]
    assert_share(sum(score >= 9 for score in nps), len(nps), behaviour.promoters)
    assert_share(sum(score <= 6 for score in nps), len(nps), behaviour.detractors)


def test_a_few_sign_ups_are_fake_and_some_flags_are_taken_back(steady: Sample) -> None:
    new = {e["user_id"] for e in steady if e["type"] == "user.signed_up"}
    flagged = {e["user_id"] for e in steady if e["type"] == "user.flagged"}
    unflagged = {e["user_id"] for e in steady if e["type"] == "user.unflagged"}
    assert flagged <= new
    assert_share(len(flagged), len(new), SCENARIOS["steady"].behaviour.fake, beside=0.02)
    assert unflagged
    assert unflagged < flagged


def test_orders_are_a_few_percent_of_visits(steady: Sample) -> None:
    visits = sum(e["type"] == "visit.started" for e in steady)
    orders = sum(e["type"] == "order.completed" for e in steady)
    assert 0.01 < orders / visits < 0.06


def test_every_channel_plan_segment_role_and_platform_occurs(steady: Sample) -> None:
    channels = {e["channel"] for e in steady if e["topic"] == "support.events" and "channel" in e}
    assert channels == {"web", "in_app", "help_center", "chat", "bot", "email", "social", "phone"}
    customers = [e for e in steady if "account_id" in e]
    assert {e["plan"] for e in customers if "user_id" in e} == {"free", "pro", "enterprise"}
    assert {e["segment"] for e in customers if "user_id" in e} == {"smb", "mid", "enterprise"}
    assert {e["role"] for e in customers if "role" in e} == {"admin", "end-user"}
    assert {e["platform"] for e in customers if "platform" in e} == {"web", "ios", "android"}


def test_outcomes_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to 1\.1"):
        Outcomes(confirmed=0.6, assumed=0.2, escalated=0.1, agent_resolved=0.1, abandoned=0.1)
