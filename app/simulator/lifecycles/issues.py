"""Needs for help: how each of the five outcomes comes about."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from app.simulator.lifecycles.conversations import (
    abandoned_agent,
    abandoned_bot,
    agent_conversation,
    assumed_by_bot,
    confirmed_by_bot,
    handed_off_by_bot,
)
from app.simulator.lifecycles.product import HOUR, MINUTE, SECOND, begin_session, end_session, use
from app.simulator.population import ISSUE, SESSION, Customer
from app.simulator.scenarios import Outcomes
from app.simulator.vocabulary import (
    ARTICLES,
    HELP_CHANNELS,
    SELF_SERVICE_FLOWS,
    SELF_SERVICE_STEPS,
)
from app.simulator.world import Lifecycle, World

QUIET: Final = 25 * HOUR
"""Between two needs of one customer; longer than the assumption time, so that one does not decide the other."""

_BY_BOT: Final = 0.35
_BY_FLOW: Final = 0.2
_SEARCHES: Final = 0.6
_TO_AGENT_AFTER: Final = 90 * MINUTE


def issue(world: World, customer: Customer) -> Lifecycle:
    """One need for help from its beginning until the customer is at rest again."""
    customer.busy |= ISSUE
    yield from _towards(world, customer, draw_outcome(world.behaviour.outcomes, world.random()))
    customer.quiet_until = world.now + QUIET
    customer.busy &= ~ISSUE


def draw_outcome(outcomes: Outcomes, uniform: float) -> str:
    """Return the outcome that a number from [0, 1) stands for."""
    for name in ("confirmed", "assumed", "escalated", "agent_resolved"):
        uniform -= getattr(outcomes, name)
        if uniform < 0:
            return name
    return "abandoned"


def _towards(world: World, customer: Customer, outcome: str) -> Lifecycle:
    if outcome == "agent_resolved":
        return agent_conversation(world, customer)
    by_bot = world.chance(_BY_BOT)
    if outcome == "confirmed":
        return confirmed_by_bot(world, customer) if by_bot else _confirmed_by_help(world, customer)
    if outcome == "assumed":
        return assumed_by_bot(world, customer) if by_bot else _assumed_by_help(world, customer)
    if outcome == "escalated":
        return handed_off_by_bot(world, customer) if by_bot else _help_then_agent(world, customer)
    if world.chance(0.3):
        return abandoned_agent(world, customer)
    return abandoned_bot(world, customer) if by_bot else _abandoned_help(world, customer)


def _confirmed_by_help(world: World, customer: Customer) -> Lifecycle:
    channel, entered = _enter(world, customer)
    article = yield from _look_up(world, customer, channel)
    yield world.wait(90 * SECOND, 5 * SECOND)
    if world.chance(0.6):
        world.emit("help.article_rated", customer, {"article": article, "helpful": True}, channel=channel)
    else:
        world.emit("help.solved", customer, channel=channel)
    _leave(customer, entered)


def _assumed_by_help(world: World, customer: Customer) -> Lifecycle:
    channel, entered = _enter(world, customer)
    if world.chance(_BY_FLOW):
        yield from _flow(world, customer, channel)
    else:
        article = yield from _look_up(world, customer, channel)
        if world.chance(0.3):
            yield world.wait(90 * SECOND, 5 * SECOND)
            rating = {"article": article, "helpful": False}
            world.emit("help.article_rated", customer, rating, channel=channel)
    _leave(customer, entered)


def _abandoned_help(world: World, customer: Customer) -> Lifecycle:
    channel, entered = _enter(world, customer)
    _search(world, customer, channel, results=_results(world, nothing=0.5))
    if world.chance(0.4):
        yield world.wait(40 * SECOND, 5 * SECOND)
        _search(world, customer, channel, results=_results(world, nothing=0.5))
    _leave(customer, entered)


def _help_then_agent(world: World, customer: Customer) -> Lifecycle:
    yield from _assumed_by_help(world, customer) if world.chance(0.7) else _abandoned_help(world, customer)
    # Within the assumption time of 24 h, so that it is one need.
    yield min(world.wait(_TO_AGENT_AFTER, MINUTE), 20 * HOUR)
    yield from agent_conversation(world, customer)


def _enter(world: World, customer: Customer) -> tuple[str, bool]:
    """Come to the help, from the product if help is a part of it; say whether that began a session."""
    channel = world.draw(HELP_CHANNELS)
    entered = channel == "in_app" and not customer.busy & SESSION
    if entered:
        begin_session(world, customer)
        use(world, customer)
    return channel, entered


def _leave(customer: Customer, entered: bool) -> None:
    if entered:
        end_session(customer)


def _look_up(world: World, customer: Customer, channel: str) -> Generator[int, None, str]:
    """Find an article and read it."""
    article = world.draw(ARTICLES)
    if world.chance(_SEARCHES):
        if world.chance(0.12):
            _search(world, customer, channel, results=0)
            yield world.wait(30 * SECOND, 3 * SECOND)
        search = _search(world, customer, channel, results=_results(world, nothing=0))
        yield world.wait(15 * SECOND, SECOND)
        found = {"search_id": search, "article": article}
        world.emit("help.result_clicked", customer, found, channel=channel)
    view = {"article": article, "in_app": channel == "in_app"}
    world.emit("help.article_viewed", customer, view, channel=channel)
    if world.chance(0.25):
        yield world.wait(70 * SECOND, 5 * SECOND)
        article = world.draw(ARTICLES)
        world.emit("help.article_viewed", customer, {**view, "article": article}, channel=channel)
    return article


def _flow(world: World, customer: Customer, channel: str) -> Lifecycle:
    """Solve it with a guided flow."""
    flow = {"flow": world.draw(SELF_SERVICE_FLOWS), "flow_id": world.new_id("f"), "kind": "self_service"}
    world.emit("flow.started", customer, {**flow, "steps": SELF_SERVICE_STEPS}, channel=channel)
    for step in range(1, SELF_SERVICE_STEPS + 1):
        yield world.wait(25 * SECOND, 2 * SECOND)
        world.emit("flow.step_completed", customer, {**flow, "step": step}, channel=channel)
    world.emit("flow.completed", customer, flow, channel=channel)


def _search(world: World, customer: Customer, channel: str, *, results: int) -> str:
    search = world.new_id("q")
    world.emit("help.searched", customer, {"search_id": search, "results": results}, channel=channel)
    return search


def _results(world: World, *, nothing: float) -> int:
    return 0 if world.chance(nothing) else world.between(1, 20)
