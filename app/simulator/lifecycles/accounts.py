"""What happens to accounts: subscriptions, invitations, eligibility, deletion."""

from __future__ import annotations

from typing import Any, Final

from app.simulator.lifecycles.product import HOUR, MINUTE, SECOND, first_session
from app.simulator.population import BILLING, INVITATION, Account, Customer, Person, price
from app.simulator.vocabulary import CANCELLATION_REASONS, Weighted
from app.simulator.world import Lifecycle, World

_DAY: Final = 24 * HOUR
_BY: Final = Weighted({"customer": 0.75, "sales": 0.25})


def billing(world: World, customer: Customer) -> Lifecycle:
    """One matter of money: a first subscription, a renewal, a change, or a cancellation."""
    customer.busy |= BILLING
    account = customer.organisation
    if account.plan == "free":
        _move(world, customer, "pro", "started", by=world.draw(_BY))
    else:
        u = world.random()
        if u < 0.5:
            yield from _renewal(world, customer)
        elif u < 0.68 and account.plan == "pro":
            _move(world, customer, "enterprise", "changed", by=world.draw(_BY))
        elif u < 0.82:
            _add_seats(world, customer)
        elif u < 0.88 and account.plan == "enterprise":
            _move(world, customer, "pro", "changed", by="customer")
        else:
            _cancel(world, customer, by="customer")
    customer.busy &= ~BILLING


def _renewal(world: World, customer: Customer) -> Lifecycle:
    account = customer.organisation
    period = {"subscription_id": account.subscription_id, "period_end": world.now + 3 * _DAY}
    world.emit("subscription.renewal_due", customer, period)
    yield world.wait(_DAY, HOUR)
    # A colleague may have cancelled meanwhile.
    if account.plan == "free" or account.subscription_id != period["subscription_id"]:
        return
    if world.chance(0.88):
        world.emit("subscription.renewed", customer, period)
    else:
        _cancel(world, customer, by="system" if world.chance(0.3) else "customer")


def _move(world: World, customer: Customer, plan: str, change: str, *, by: str) -> None:
    """Begin a subscription or change its plan; the event carries the new plan."""
    account = customer.organisation
    if change == "started":
        account.subscriptions += 1
    before, account.plan = account.plan, plan
    _charge(
        world, customer, change, price(plan, account.seats), {"from": before, "to": plan, "initiated_by": by}
    )


def _add_seats(world: World, customer: Customer) -> None:
    account = customer.organisation
    account.seats += world.between(1, 3)
    same = {"from": account.plan, "to": account.plan, "initiated_by": "customer", "reason": "seats"}
    _charge(world, customer, "changed", price(account.plan, account.seats), same)


def _cancel(world: World, customer: Customer, *, by: str) -> None:
    account = customer.organisation
    data: dict[str, Any] = {"from": account.plan, "initiated_by": by}
    data["reason"] = "payment_failed" if by == "system" else world.draw(CANCELLATION_REASONS)
    account.plan = "free"
    _charge(world, customer, "cancelled", 0, data)


def _charge(world: World, customer: Customer, change: str, mrr: int, data: dict[str, Any]) -> None:
    account = customer.organisation
    amounts = {"mrr": mrr, "mrr_delta": mrr - account.mrr, "currency": account.currency}
    account.mrr = mrr
    subscription = {"subscription_id": account.subscription_id}
    world.emit(f"subscription.{change}", customer, {**subscription, **data, **amounts})


def invitation(world: World, customer: Customer) -> Lifecycle:
    """Invite a colleague, who comes or does not."""
    customer.busy |= INVITATION
    invite = world.new_id("i")
    world.emit("invite.sent", customer, {"invite_id": invite})
    colleague = None
    if world.chance(0.4):
        account = customer.organisation
        yield world.wait(90 * MINUTE, MINUTE)
        colleague = world.sign_up(account=account)
    customer.busy &= ~INVITATION
    if colleague is not None:
        signup = {"referred_by": customer.id, "invite_id": invite}
        world.emit("user.signed_up", colleague, signup)
        world.emit("invite.accepted", colleague, {"invite_id": invite})
        yield world.wait(30 * SECOND, SECOND)
        yield from first_session(world, colleague)


def eligibility(world: World, customer: Customer) -> Lifecycle:
    """Withdraw somebody's access for a while: one person's, or a whole account's."""
    customer.busy |= BILLING
    whole = world.chance(0.2)
    who = _as_account(customer.organisation) if whole else customer
    scope = "account" if whole else "user"
    world.emit("account.eligibility_changed", who, {"eligible": False, "scope": scope})
    yield world.wait(_DAY, HOUR)
    world.emit("account.eligibility_changed", who, {"eligible": True, "scope": scope})
    customer.busy &= ~BILLING


def deletion(world: World, customer: Customer) -> Lifecycle:
    """Leave for good; the customer must not be busy with anything."""
    world.emit("user.deleted", customer)
    world.population.remove(customer)
    yield from ()


def _as_account(account: Account) -> Person:
    return Person(account.id, named_by="account_id")
