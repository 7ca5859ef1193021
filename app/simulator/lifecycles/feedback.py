"""Surveys, feedback, e-mails and what is said elsewhere."""

from __future__ import annotations

from typing import Final

from app.simulator.lifecycles.product import HOUR, MINUTE
from app.simulator.population import FEEDBACK, MAIL, SURVEY, Customer, Person
from app.simulator.vocabulary import ACTIVATION, CAMPAIGNS, FEATURES, NETWORKS, SENTIMENTS, Weighted
from app.simulator.world import Lifecycle, World

_DAY: Final = 24 * HOUR
_SATISFIED: Final = Weighted({5: 0.6, 4: 0.4})
_DISSATISFIED: Final = Weighted({3: 0.45, 2: 0.25, 1: 0.3})
_PROMOTER: Final = Weighted({10: 0.55, 9: 0.45})
_PASSIVE: Final = Weighted({8: 0.6, 7: 0.4})
_DETRACTOR: Final = Weighted({6: 0.3, 5: 0.25, 4: 0.12, 3: 0.1, 2: 0.08, 1: 0.05, 0: 0.1})
_EFFORT: Final = Weighted({7: 0.3, 6: 0.28, 5: 0.18, 4: 0.1, 3: 0.07, 2: 0.04, 1: 0.03})


def satisfaction_survey(world: World, customer: Customer, channel: str) -> Lifecycle:
    """Ask how support was; the customer is marked as busy by whoever starts this."""
    survey = {"request_id": world.new_id("r"), "survey": "support", "kind": "csat"}
    world.emit("survey.sent", customer, survey, channel=channel)
    if world.chance(world.behaviour.answers):
        yield world.wait(3 * HOUR, MINUTE)
        good = world.chance(world.behaviour.satisfied)
        score = world.draw(_SATISFIED if good else _DISSATISFIED)
        answer = {**survey, "score": score, "scale": 5, "complete": True}
        world.emit("survey.responded", customer, answer, channel=channel)
    customer.busy &= ~SURVEY


def recommendation_survey(world: World, customer: Customer) -> Lifecycle:
    """Ask whether the customer would recommend the product."""
    customer.busy |= SURVEY
    survey = {"request_id": world.new_id("r"), "survey": "relationship", "kind": "nps"}
    world.emit("survey.sent", customer, survey)
    if world.chance(world.behaviour.answers):
        yield world.wait(6 * HOUR, MINUTE)
        u = world.random()
        if u < world.behaviour.promoters:
            scores = _PROMOTER
        elif u < world.behaviour.promoters + world.behaviour.detractors:
            scores = _DETRACTOR
        else:
            scores = _PASSIVE
        answer = {**survey, "score": world.draw(scores), "scale": 10, "complete": world.chance(0.96)}
        world.emit("survey.responded", customer, answer)
    customer.busy &= ~SURVEY


def effort_survey(world: World, customer: Customer) -> Lifecycle:
    """Ask in the product how easy a feature is to use; an answer comes at once or never."""
    feature = world.draw(FEATURES)
    customer.busy |= SURVEY
    survey = {"request_id": world.new_id("r"), "survey": "ease", "kind": "ces"}
    world.emit("survey.sent", customer, survey, channel="in_app", feature=feature)
    if world.chance(world.behaviour.answers):
        yield world.wait(MINUTE, 2_000)
        answer = {**survey, "score": world.draw(_EFFORT), "scale": 7, "complete": True}
        world.emit("survey.responded", customer, answer, channel="in_app", feature=feature)
    customer.busy &= ~SURVEY


def feedback(world: World, customer: Customer) -> Lifecycle:
    """Say something of one's own accord, sometimes as a wish that becomes an enhancement."""
    customer.busy |= FEEDBACK
    data: dict[str, object] = {"actionable": world.chance(0.55)}
    if world.chance(0.2):
        data["milestone"] = ACTIVATION
    feature = world.draw(FEATURES)
    world.emit("feedback.submitted", customer, data, feature=feature)
    if world.chance(0.2):
        yield world.wait(2 * MINUTE, 10_000)
        enhancement = world.new_id("e")
        world.wishes.append((enhancement, world.now))
        world.emit("enhancement.requested", customer, {"enhancement_id": enhancement}, feature=feature)
    customer.busy &= ~FEEDBACK


def shipped_enhancement(world: World) -> Lifecycle:
    """Deliver what was asked for: the oldest wish, or one from before the simulation began."""
    if world.wishes and world.now - world.wishes[0][1] > 8 * HOUR:
        enhancement, requested_at = world.wishes.popleft()
    else:
        enhancement, requested_at = world.new_id("e"), world.now - world.between(10, 120) * _DAY
    data = {"enhancement_id": enhancement, "requested_at": requested_at}
    world.emit("enhancement.shipped", None, data, feature=world.draw(FEATURES))
    yield from ()


def email(world: World, customer: Customer) -> Lifecycle:
    """A campaign's e-mail, left unread, opened, or clicked."""
    customer.busy |= MAIL
    email_id = world.new_id("m")
    data = {"email_id": email_id, "campaign": world.draw(CAMPAIGNS)}
    world.emit("email.delivered", customer, data, channel="email")
    u = world.random()
    if u < world.behaviour.opens + world.behaviour.clicks:
        yield world.wait(5 * HOUR, MINUTE)
        world.emit("email.engaged", customer, {"email_id": email_id, "action": "open"}, channel="email")
        if u < world.behaviour.clicks:
            yield world.wait(MINUTE, 3_000)
            world.emit("email.engaged", customer, {"email_id": email_id, "action": "click"}, channel="email")
    customer.busy &= ~MAIL


def mention(world: World, customer: Customer) -> Lifecycle:
    """Somebody writes about the product on a network: under a handle mostly, now and then a known customer."""
    network = world.draw(NETWORKS)
    author = customer if world.chance(0.2) else Person(f"{network}:{world.new_id('h')}")
    data = {"network": network, "sentiment": world.draw(SENTIMENTS)}
    world.emit("social.mentioned", author, data, channel="social")
    yield from ()
