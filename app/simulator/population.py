"""Who there is: customers in their accounts, visitors, and which of them acts next.

A population has a fixed number of slots. Customers that were there before the simulation began are made when they
first act; whoever signs up takes a free slot, or that of a customer who silently stayed away. So memory is bounded by
the number of slots, however long the simulation runs.
"""

from __future__ import annotations

from random import Random
from typing import Final

from app.simulator.vocabulary import PLATFORMS, Weighted

SESSION: Final = 1
ISSUE: Final = 2
MAIL: Final = 4
SURVEY: Final = 8
BILLING: Final = 16
FEEDBACK: Final = 32
INVITATION: Final = 64
SUSPICION: Final = 128
EVERYTHING: Final = 255
"""What a customer can be busy with; each at most once at a time, which bounds what is pending."""

_FREE_EVERY: Final = 10  # one slot in ten is free at the start
_TRIES: Final = 8

# Segment and seats of the accounts in a block of 60 customers.
_BLOCK: Final = (("enterprise", 20), *(("mid", 6),) * 3, *(("smb", 2),) * 11)
_BLOCK_SLOTS: Final = sum(seats for _, seats in _BLOCK)
_SEATS: Final = tuple(
    (account, segment, seat) for account, (segment, seats) in enumerate(_BLOCK) for seat in range(seats)
)
_STRIDE: Final = 7  # coprime to the block: colleagues differ in how active they are

_PLANS: Final = {
    "smb": Weighted({"free": 0.6, "pro": 0.38, "enterprise": 0.02}),
    "mid": Weighted({"free": 0.25, "pro": 0.6, "enterprise": 0.15}),
    "enterprise": Weighted({"free": 0.05, "pro": 0.3, "enterprise": 0.65}),
}
_CURRENCIES: Final = Weighted({"EUR": 0.5, "USD": 0.4, "GBP": 0.1})


class Account:
    """An organisation. ``mrr`` is in minor units of ``currency``; ``subscriptions`` counts those it has had."""

    __slots__ = ("currency", "id", "key", "mrr", "plan", "seats", "segment", "subscriptions")

    def __init__(self, id_: str, segment: str, plan: str, seats: int, currency: str) -> None:
        self.id = id_
        self.key = id_.encode()
        self.segment = segment
        self.plan = plan
        self.seats = seats
        self.currency = currency
        self.subscriptions = 1
        self.mrr = price(plan, seats)

    @property
    def subscription_id(self) -> str:
        """The present subscription, or the last one."""
        return f"{self.id}-{self.subscriptions}"


def price(plan: str, seats: int) -> int:
    """Return the monthly price of a plan in minor units."""
    return {"free": 0, "pro": 1_500, "enterprise": 4_000}[plan] * seats


class Person:
    """Somebody, or an account, that events are about. ``named_by`` is the field of the envelope that carries the id."""

    __slots__ = ("account", "id", "is_bot", "is_test", "key", "named_by", "platform", "role", "session")

    def __init__(self, id_: str, *, named_by: str = "anonymous_id", platform: str | None = None) -> None:
        self.id = id_
        self.key = id_.encode()
        self.named_by = named_by
        self.platform = platform
        self.account: Account | None = None
        self.role: str | None = None
        self.session: str | None = None
        self.is_bot = False
        self.is_test = False


class Customer(Person):
    """A user of the product."""

    __slots__ = ("busy", "device", "journey", "quiet_until", "slot")

    def __init__(self, id_: str, account: Account, role: str, device: str, slot: int) -> None:
        super().__init__(id_, named_by="user_id", platform=device)
        self.account = account
        self.role = role
        self.device = device
        """The platform used mostly; ``platform`` is the one in use."""
        self.slot = slot
        self.busy = 0
        self.quiet_until = 0
        """No need for help before this time (ms): what was solved stays solved that long."""
        self.journey = 0
        """Steps of the adoption journey done so far; 0: not begun."""

    @property
    def organisation(self) -> Account:
        """The account, which every customer has."""
        assert self.account is not None
        return self.account


class Population:
    """The customers. ``skew`` says how unequally they act (see `app.simulator.scenarios.Scenario`)."""

    def __init__(self, size: int, rng: Random, *, seed: int) -> None:
        if size < 1:
            raise ValueError(f"a population needs at least one customer, not {size}")
        self.size = size
        self._rng = rng
        self._seed = seed
        self._customers: list[Customer | None] = [None] * size
        self._accounts: dict[int, Account] = {}
        free = list(range(_FREE_EVERY - 1, size, _FREE_EVERY))
        rng.shuffle(free)
        self._free = free
        self._is_free = bytearray(size)
        for slot in free:
            self._is_free[slot] = 1

    def pick(self, busy: int, skew: float, *, rested_at: int | None = None) -> Customer | None:
        """Return a customer that is not busy with any of ``busy``; ``None`` when several tries found none.

        ``rested_at`` asks for one whose quiet time is over at that time (ms).
        """
        random = self._rng.random
        for attempt in range(_TRIES):
            # Where the busy ones are too busy, the others act more.
            uniform = random() if attempt >= _TRIES // 2 else random() ** skew
            slot = int(self.size * uniform)
            if self._is_free[slot]:
                continue
            customer = self._customers[slot] or self._established(slot)
            if not customer.busy & busy and (rested_at is None or customer.quiet_until <= rested_at):
                return customer
        return None

    def sign_up(self, name: str, *, account: Account | None = None) -> Customer | None:
        """Return a new customer with an id that ends in ``name``, in the account or the one of its slot.

        ``None`` if no slot is free and none of a few looked at can be given away.
        """
        slot = self._free.pop() if self._free else self._abandoned_slot()
        if slot is None:
            return None
        self._is_free[slot] = 0
        joined, role, device = self._traits(slot)
        customer = Customer(f"u{slot:06d}-{name}", account or joined, role, device, slot)
        self._customers[slot] = customer
        return customer

    def remove(self, customer: Customer) -> None:
        """Free a customer's slot; the customer must not be busy."""
        self._customers[customer.slot] = None
        self._is_free[customer.slot] = 1
        self._free.append(customer.slot)

    def _established(self, slot: int) -> Customer:
        account, role, device = self._traits(slot)
        customer = self._customers[slot] = Customer(f"u{slot:06d}", account, role, device, slot)
        return customer

    def _abandoned_slot(self) -> int | None:
        """Return the slot of a customer from the quiet half that is doing nothing, if a few tries find one."""
        for _ in range(_TRIES):
            slot = int(self.size * (0.5 + self._rng.random() / 2))
            customer = self._customers[slot]
            if customer is None or not customer.busy:
                return slot
        return None

    def _traits(self, slot: int) -> tuple[Account, str, str]:
        block, place = divmod(slot, _BLOCK_SLOTS)
        index, segment, seat = _SEATS[place * _STRIDE % _BLOCK_SLOTS]
        number = block * len(_BLOCK) + index
        account = self._accounts.get(number)
        if account is None:
            plan = _PLANS[segment].draw(self._hash(number, 1))
            currency = _CURRENCIES.draw(self._hash(number, 2))
            account = Account(f"a{number:05d}", segment, plan, _BLOCK[index][1], currency)
            self._accounts[number] = account
        role = "admin" if seat % 10 == 0 else "end-user"
        return account, role, PLATFORMS.draw(self._hash(slot, 3))

    def _hash(self, number: int, salt: int) -> float:
        """Return a number from [0, 1) that depends on nothing but the seed, so that customers are always the same."""
        mixed = (number * 0x9E3779B97F4A7C15 + salt * 0xD1B54A32D192ED03 + self._seed) & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        return (mixed >> 11) / (1 << 53)
