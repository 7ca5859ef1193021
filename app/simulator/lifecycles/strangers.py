"""Those who are not customers, or not yet: visitors, sign-ups, fakes, crawlers and testers."""

from __future__ import annotations

from typing import Any, Final

from app.simulator.lifecycles.product import (
    HOUR,
    MINUTE,
    SECOND,
    begin_session,
    browse,
    end_session,
    first_session,
    use,
)
from app.simulator.population import SESSION, SUSPICION, Customer, Person
from app.simulator.vocabulary import CRAWLERS, FLAG_REASONS, USER_AGENTS
from app.simulator.world import Lifecycle, World

_LOGS_IN: Final = 0.12
_REFERRED: Final = 0.08
_FLAG_WAS_WRONG: Final = 0.1
_SPAM_FLAGGED: Final = 0.85


def visit(world: World) -> Lifecycle:
    """Somebody looks around unknown, and stays so, signs up, or turns out to be a customer."""
    visitor = world.visitor()
    world.emit("visit.started", visitor)
    for _ in range(world.between(0, 3)):
        yield world.wait(25 * SECOND, SECOND)
        world.emit("page.viewed", visitor)
    u = world.random()
    if u < world.behaviour.signs_up:
        yield world.wait(MINUTE, 5 * SECOND)
        yield from _sign_up(world, visitor)
    elif u < world.behaviour.signs_up + _LOGS_IN:
        customer = world.pick(SESSION)
        if customer is not None:
            customer.busy |= SESSION
            yield world.wait(20 * SECOND, SECOND)
            customer.platform = visitor.platform
            world.emit("user.identified", customer, anonymous_id=visitor.id)
            begin_session(world, customer, platform=visitor.platform)
            yield from browse(world, customer)
            end_session(customer)


def _sign_up(world: World, visitor: Person) -> Lifecycle:
    customer = world.sign_up()
    if customer is None:
        return
    customer.platform = customer.device = visitor.platform or customer.device
    signup: dict[str, Any] = {"user_agent": world.draw(USER_AGENTS[customer.device])}
    if world.chance(_REFERRED):
        friend = world.pick(0)
        if friend is not None and friend is not customer:
            signup["referred_by"] = friend.id
    world.emit("user.signed_up", customer, signup)
    world.emit("user.identified", customer, anonymous_id=visitor.id)
    if world.chance(world.behaviour.fake):
        customer.busy |= SUSPICION
        world.spawn(_flagging(world, customer), world.wait(3 * HOUR, 5 * MINUTE))
    yield world.wait(20 * SECOND, SECOND)
    yield from first_session(world, customer)


def _flagging(world: World, customer: Customer) -> Lifecycle:
    """Somebody finds that a customer is none, and sometimes finds out that this was wrong."""
    reason = {"reason": world.draw(FLAG_REASONS)}
    world.emit("user.flagged", customer, reason)
    if world.chance(_FLAG_WAS_WRONG):
        yield world.wait(5 * HOUR, 10 * MINUTE)
        world.emit("user.unflagged", customer, reason)
    customer.busy &= ~SUSPICION


def spam(world: World) -> Lifecycle:
    """A program signs up, looks at a page, and is found out later, mostly."""
    spammer = Person(world.new_id("spam"), named_by="user_id", platform="web")
    world.emit("user.signed_up", spammer, {"user_agent": world.draw(CRAWLERS)})
    if world.chance(0.5):
        yield world.wait(2 * SECOND, 100)
        world.emit("page.viewed", spammer)
    if world.chance(_SPAM_FLAGGED):
        yield world.wait(15 * MINUTE, MINUTE)
        world.emit("user.flagged", spammer, {"reason": "bot"})


def crawl(world: World) -> Lifecycle:
    """A crawler that says what it is goes through the site."""
    crawler = world.visitor()
    crawler.is_bot = True
    crawler.platform = "web"
    world.emit("session.started", crawler, {"user_agent": world.draw(CRAWLERS)})
    while world.chance(0.85):
        yield world.wait(SECOND, 200)
        world.emit("page.viewed", crawler)


def self_test(world: World) -> Lifecycle:
    """The product's own monitoring logs in and uses it."""
    tester = Person("test-monitor", named_by="user_id", platform="web")
    tester.is_test = True
    tester.role = "admin"
    world.emit("session.started", tester)
    for _ in range(3):
        yield world.wait(2 * SECOND, 100)
        world.emit("page.viewed", tester)


def stray_use(world: World) -> None:
    """Let somebody who is in the product do one more thing, for times when nobody is free to begin anything."""
    customer = world.pick(0)
    if customer is not None and customer.session is not None:
        use(world, customer)
    else:
        world.emit("visit.started", world.visitor())
