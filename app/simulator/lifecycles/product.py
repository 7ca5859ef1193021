"""Use of the product: sessions, and the flows that customers go through in them."""

from __future__ import annotations

from typing import Final

from app.simulator.population import SESSION, Customer
from app.simulator.vocabulary import (
    ACTIVATION,
    CHECKOUT_FLOW,
    CHECKOUT_STEPS,
    CORE_FEATURES,
    FEATURES,
    FIRST_VALUE,
    JOURNEY,
    JOURNEY_STEPS,
    KEY_FEATURE,
    ONBOARDING_FLOW,
    ONBOARDING_TASKS,
    PLATFORMS,
    TOUR_STEPS,
    TOURS,
    USER_AGENTS,
)
from app.simulator.world import Lifecycle, World

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_OTHER_DEVICE: Final = 0.15
_USES_FEATURE: Final = 0.45
_GOES_ON: Final = 0.86
_TOUR: Final = 0.05
_JOURNEY: Final = 0.12
_CHECKOUT: Final = 0.02
_ONBOARDS: Final = 0.75


def session(world: World, customer: Customer) -> Lifecycle:
    """One stay in the product: pages and features, now and then a tour, a step of the journey or a purchase."""
    begin_session(world, customer)
    yield from browse(world, customer)
    if world.chance(_TOUR):
        yield from tour(world, customer)
    if world.chance(_JOURNEY):
        journey_step(world, customer)
    if world.chance(_CHECKOUT):
        yield from checkout(world, customer)
    end_session(customer)


def begin_session(world: World, customer: Customer, *, platform: str | None = None) -> None:
    """Enter the product, on the given platform, else on the usual device or another one."""
    customer.busy |= SESSION
    customer.session = world.new_id("s")
    if platform is None:
        platform = world.draw(PLATFORMS) if world.chance(_OTHER_DEVICE) else customer.device
    customer.platform = platform
    agent = world.draw(USER_AGENTS[platform])
    world.emit("session.started", customer, {"user_agent": agent})


def end_session(customer: Customer) -> None:
    """Leave the product; there is no event for that."""
    customer.session = None
    customer.busy &= ~SESSION


def browse(world: World, customer: Customer) -> Lifecycle:
    """Look at pages and use features for a while, geometrically long."""
    use(world, customer)
    while world.chance(_GOES_ON):
        yield world.wait(25 * SECOND, SECOND)
        use(world, customer)


def use(world: World, customer: Customer) -> None:
    """Look at one page or use one feature."""
    if not world.chance(_USES_FEATURE):
        world.emit("page.viewed", customer)
        return
    feature = world.draw(FEATURES)
    if feature in CORE_FEATURES:
        data = {"core": True, "key_action": True} if feature == KEY_FEATURE else {"core": True}
        world.emit("feature.used", customer, data, feature=feature)
    else:
        world.emit("feature.used", customer, feature=feature)


def tour(world: World, customer: Customer) -> Lifecycle:
    """Take a tour of some part, to its end or not."""
    flow = {"flow": world.draw(TOURS), "flow_id": world.new_id("f"), "kind": "tour"}
    world.emit("flow.started", customer, {**flow, "steps": TOUR_STEPS})
    done = TOUR_STEPS if world.chance(world.behaviour.toured) else world.between(0, TOUR_STEPS - 1)
    for step in range(1, done + 1):
        yield world.wait(12 * SECOND, SECOND)
        world.emit("flow.step_completed", customer, {**flow, "step": step})
    if done == TOUR_STEPS:
        world.emit("flow.completed", customer, flow)


def journey_step(world: World, customer: Customer) -> None:
    """Take the next step of the adoption journey, which spans many sessions."""
    if customer.journey >= JOURNEY_STEPS:
        return
    flow = {"flow": JOURNEY, "flow_id": f"{customer.id}-journey", "kind": "journey"}
    if customer.journey == 0:
        world.emit("flow.started", customer, {**flow, "steps": JOURNEY_STEPS})
    customer.journey += 1
    world.emit("flow.step_completed", customer, {**flow, "step": customer.journey})
    if customer.journey == JOURNEY_STEPS:
        world.emit("flow.completed", customer, flow)


def checkout(world: World, customer: Customer) -> Lifecycle:
    """Buy something, or leave at one of the steps."""
    world.emit("visit.started", customer)
    flow = {"flow": CHECKOUT_FLOW, "flow_id": world.new_id("f"), "kind": "checkout"}
    world.emit("flow.started", customer, {**flow, "steps": list(CHECKOUT_STEPS)})
    buys = world.chance(world.behaviour.checked_out)
    steps = CHECKOUT_STEPS if buys else CHECKOUT_STEPS[: world.between(0, len(CHECKOUT_STEPS) - 1)]
    for step in steps:
        yield world.wait(30 * SECOND, SECOND)
        world.emit("flow.step_completed", customer, {**flow, "step": step})
    if buys:
        world.emit("flow.completed", customer, flow)
        world.emit("order.completed", customer, {"order_id": world.new_id("o")})


def first_session(world: World, customer: Customer) -> Lifecycle:
    """What a new customer does first: onboarding, and the milestones it leads to."""
    begin_session(world, customer)
    yield world.wait(20 * SECOND, SECOND)
    use(world, customer)
    if world.chance(_ONBOARDS):
        yield from _onboarding(world, customer)
    if world.chance(world.behaviour.activated):
        yield world.wait(4 * MINUTE, SECOND)
        world.emit("feature.used", customer, {"core": True, "key_action": True}, feature=KEY_FEATURE)
        world.emit("milestone.reached", customer, {"milestone": FIRST_VALUE})
        yield world.wait(10 * MINUTE, SECOND)
        world.emit("milestone.reached", customer, {"milestone": ACTIVATION})
        journey_step(world, customer)
    end_session(customer)


def _onboarding(world: World, customer: Customer) -> Lifecycle:
    flow = {"flow": ONBOARDING_FLOW, "flow_id": world.new_id("f"), "kind": "onboarding"}
    world.emit("flow.started", customer, {**flow, "steps": list(ONBOARDING_TASKS)})
    completes = world.chance(world.behaviour.onboarded)
    for task in ONBOARDING_TASKS:
        yield world.wait(50 * SECOND, 2 * SECOND)
        if completes or world.chance(0.5):
            world.emit("flow.step_completed", customer, {**flow, "step": task})
        elif world.chance(0.5):
            return
    if completes:
        world.emit("flow.completed", customer, flow)
