"""Groups of facts: what else is known of a customer beside its activity and its support history.

A group is a family's facts: which events join with them, and what they contribute. It needs no code elsewhere: the ledger
carries the difference into the panes, the changelog stores the facts, a visitor takes them along when it turns out to be
a user. Facts join (minimum, maximum, union, latest), so that no order and no repetition of events makes a difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar, cast

import msgspec

from streams.core.contribution import Delta, difference
from streams.core.customer import CHANGED, decode_groups
from streams.core.measures import Contribution

if TYPE_CHECKING:
    from schemas.events import Event
    from streams.core.customer import Customer
    from streams.core.definitions import Definitions
    from streams.core.dimensions import Dimensions
    from streams.core.join import Told
    from streams.core.rules import Rules

F = TypeVar("F", bound=msgspec.Struct)

pack_facts: Final = msgspec.msgpack.Encoder().encode


def packed_groups(c: Customer) -> dict[str, bytes]:
    """Return each of a customer's groups as bytes, those included that this version does not know."""
    return {
        name: bytes(facts) if isinstance(facts, msgspec.Raw) else pack_facts(facts)
        for name, facts in c.opened_groups().items()
    }


class Group(Generic[F]):
    """One kind of facts of a customer.

    A customer keeps them packed (`Customer.groups`) while nobody joins anything. What is `opened` is written by the next
    checkpoint: whoever only looks uses `read`.
    """

    name: ClassVar[str]
    """Stands in the changelog's keys: never to be changed."""
    facts: type[F]
    """An `array_like` Struct whose fields all have defaults; new fields come last."""
    types: ClassVar[tuple[type[Event], ...]] = ()
    """The events that join with the facts."""
    measures: ClassVar[tuple[str, ...]] = ()
    """All that follows from the facts, by way of the hourly assessment too: where nobody reads any of it they are not kept (`needed`)."""
    follows_profile: ClassVar[bool] = False
    """Contributions depend on what the customer is now: plan, segment, role, known, eligible."""
    ignores_known: ClassVar[bool] = False
    """Of `known`, contributions depend at most on whether the customer is known at all, not on since when."""
    follows_activity: ClassVar[bool] = False
    """Contributions depend on the customer's active days, or on its last active minute, overall or on a platform, while that is before `Customer.watched`."""
    follows_contacts: ClassVar[bool] = False
    """Contributions depend on the customer's contacts (`Support.contacts`)."""
    counts_excluded: ClassVar[bool] = False
    """`contributions_excluded` has something to say."""
    assessed: ClassVar[bool] = False
    """The hourly assessment (`streams.core.assessment`) or the customer's account (`streams.core.account`) looks at the facts."""
    expires: ClassVar[bool] = False
    """`expire` has something to do."""
    bounded: ClassVar[bool] = False
    """`surplus` has something to do."""
    selective: ClassVar[bool] = False
    """`touches` may say no. Where all groups of a frequent type are selective, the other events keep their shortest path."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self._decode = msgspec.msgpack.Decoder(self.facts).decode
        # Read for every event or checkpoint: what is the class's own is slower.
        self.followed = self.follows_activity or self.assessed
        """Whether a joined event means more than its contributions."""
        self.ages = self.expires
        self.has_bound = self.bounded
        self.place = self.name
        """Where the facts are in `Customer.groups`."""
        self._unpacked: type[msgspec.Struct] = self.facts
        self.key = pack_facts(self.name)
        """The end of the keys of its records."""
        self.bit = 0
        """Stands for the group in sets of groups: a power of two, which `groups_of` gives it."""

    @classmethod
    def needed(cls, definitions: Definitions) -> bool:
        """Whether anybody reads what follows from the facts."""
        return definitions.reads(*cls.measures)

    # ---- what a group says ---------------------------------------------------------------------------------------

    def listens(self) -> tuple[type[Event], ...]:
        """Return the types of event that join with the facts: `types`, unless the definitions say which."""
        return self.types

    def touches(self, event: Event) -> bool:
        """Whether an event of one of the `types` tells the group anything: asked for every one of them, before facts are opened."""
        del event
        return True

    def join(self, facts: F, told: Told, dimensions: Dimensions) -> None:
        """Join an event that `touches` the facts with them, in place."""
        raise NotImplementedError

    def merge(self, facts: F, other: F) -> None:
        """Join the facts of a visitor with those of the user that it turned out to be, in place."""
        raise NotImplementedError

    def contributions(self, facts: F, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what the facts contribute. The customer is not excluded."""
        raise NotImplementedError

    def following(self, facts: F, c: Customer, rules: Rules) -> list[Contribution]:
        """Return at least those contributions that depend on the customer's activity, if the group follows it. Not excluded, as above."""
        return self.contributions(facts, c, rules)

    def near(self, facts: F, c: Customer, rules: Rules, first: int, last: int) -> list[Contribution]:
        """Return at least those contributions about which contacts between two times (ms, both inclusive) decide, if the group follows contacts. Not excluded, as above."""
        del first, last
        return self.contributions(facts, c, rules)

    def contributions_excluded(self, facts: F, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what the facts contribute of a customer who is flagged: figures about those that are excluded."""
        del facts, c, rules
        return []

    def watched(self, facts: F) -> int:
        """Return the minute up to which the customer's last active minute (on whatever platform) decides about the contributions; −1 for none."""
        del facts
        return -1

    def values(self, facts: F) -> Iterable[tuple[str, str]]:
        """Yield the bounded values that the facts hold, as (dimension, value)."""
        del facts
        return ()

    def expire(self, facts: F, newest: int) -> list[Contribution]:
        """Give up, in place, what is too old at minute ``newest`` to be read in any window, and return what it contributed."""
        del facts, newest
        return []

    def surplus(self, facts: F) -> list[Contribution]:
        """Give up, in place, what one customer has too much of, the oldest first, and return what it contributed."""
        del facts
        return []

    def update(self, c: Customer, told: Told, rules: Rules, dimensions: Dimensions) -> Delta:
        """Join an event and return what that changes. A shorter path than this one may take its place."""
        known = c.groups is not None and self.place in c.opened_groups()
        facts = self.opened(c)
        before = self.contributions(facts, c, rules) if known else []
        self.join(facts, told, dimensions)
        return difference(before, self.contributions(facts, c, rules))

    # ---- where the facts are -------------------------------------------------------------------------------------

    def opened(self, c: Customer) -> F:
        """Return the facts to be changed, made if need be."""
        c.groups_changed |= self.bit
        groups = c.groups
        if not isinstance(groups, dict):
            groups = c.opened_groups()
        found = groups.get(self.place)
        if type(found) is self._unpacked:
            return cast("F", found)
        facts = self.facts() if found is None else self._decode(cast("msgspec.Raw", found))
        groups[self.place] = facts
        return facts

    def read(self, c: Customer) -> F | None:
        """Return the facts to be looked at, None if there are none."""
        groups = c.groups
        if groups is None:
            return None
        if not isinstance(groups, dict):
            if not c.dirty & CHANGED:
                found = decode_groups(groups).get(self.place)
                return None if found is None else self._decode(cast("msgspec.Raw", found))
            groups = c.opened_groups()
        found = groups.get(self.place)
        if found is None or type(found) is self._unpacked:
            return cast("F | None", found)
        # Until the next checkpoint, for whoever asks again.
        facts = groups[self.place] = self._decode(cast("msgspec.Raw", found))
        return facts

    def of(self, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what the customer's facts of this group contribute."""
        facts = self.read(c)
        return [] if facts is None else self.contributions(facts, c, rules)

    def of_activity(self, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what of the customer's facts of this group moves with its activity."""
        facts = self.read(c)
        return [] if facts is None else self.following(facts, c, rules)

    def of_excluded(self, c: Customer, rules: Rules) -> list[Contribution]:
        """Return what the facts of this group contribute of a customer who is flagged."""
        facts = self.read(c)
        return [] if facts is None else self.contributions_excluded(facts, c, rules)
