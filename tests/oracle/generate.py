"""Event sets that make every rule of the definitions bite: from a seed, or drawn by Hypothesis.

Where the definitions say nothing about two events in one millisecond, the sets avoid the question (`settle`).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.oracle.conversations import ORDER
from tests.oracle.scenarios import EDGES, SCENARIOS, Cast, Story, delete
from tests.oracle.settings import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from tests.oracle.scenarios import Choice, Json

#: 2025-03-27 00:00 UTC: three days before the clocks of Europe go forward.
BASE = 1_743_033_600_000

GAPS = (5 * MINUTE, 0, MINUTE, 20 * MINUTE, HOUR, 4 * HOUR, 7 * HOUR, *EDGES, 6 * DAY)

#: How long a story may last.
LONGEST = 60 * DAY

#: Most stories keep to full minutes, where ties are common; the others need their deadlines rounded.
OFFSETS = (0, 0, 0, 1, 20_500, MINUTE - 1)


@dataclass(frozen=True)
class Seeded:
    """Chooses at random."""

    rng: random.Random

    def pick(self, options: Sequence[Choice]) -> Choice:
        return self.rng.choice(options)

    def more(self) -> bool:
        return self.rng.random() < 0.8


@dataclass(frozen=True)
class Drawn:
    """Lets Hypothesis choose, so that what fails shrinks to short stories of first options."""

    draw: DrawFn

    def pick(self, options: Sequence[Choice]) -> Choice:
        return options[self.draw(st.integers(0, len(options) - 1))]

    def more(self) -> bool:
        return self.draw(st.integers(0, 4)) > 0


def told(story: Story) -> list[Json]:
    """The story's events up to its longest time: calendar days are kept for 400 days, in whatever order they come."""
    return [event for event in story.events if event["time"] <= LONGEST]


def cast_of(size: int, *, identities: bool) -> Cast:
    """A cast of about `size` users, fewer of the others."""
    few = max(1, size // 3)
    return Cast(
        users=[f"u{n}" for n in range(1, size + 1)],
        visitors=[f"v{n}" for n in range(1, max(2, size // 2) + 1)],
        accounts=[f"acct{n}" for n in range(1, few + 1)],
        mortals=[f"d{n}" for n in range(1, few + 1)],
        conversations=[f"c{n}" for n in range(1, 3 * size + 1)],
        identities=identities,
    )


def random_events(
    rng: random.Random, n: int, *, deletions: bool = False, identities: bool = True
) -> list[dict[str, Any]]:
    """Return `n` native events, each with `topic`, by time (epoch ms), the same for the same state of `rng`.

    They span a few days to some weeks. `identities`: visitors are identified as users, some by several.
    `deletions`: users are deleted, and some come back.
    """
    cast = cast_of(max(3, n // 60), identities=identities)
    days = rng.choice((2, 9, 40))
    chooser = Seeded(rng)
    events: list[Json] = []
    scenarios = SCENARIOS * 2 + ((delete,) if deletions else ())
    while len(events) < n:
        story = Story(chooser, cast)
        rng.choice(scenarios)(story)
        anchor = BASE + rng.randrange(days * 24 * 12) * 5 * MINUTE + rng.choice(OFFSETS)
        for event in told(story):
            event["time"] += anchor
            events.append(event)
    copies = n // 25
    kept = settle(rng.sample(events, n - copies))
    for source in rng.choices(kept, k=copies) if kept else []:
        kept.append(duplicate(source, spell_out=rng.random() < 0.5))
    return sorted(kept, key=lambda e: int(e["time"]))


@st.composite
def event_sets(
    draw: DrawFn, *, deletions: bool = False, identities: bool = True, max_scenarios: int = 8
) -> list[dict[str, Any]]:
    """Up to `max_scenarios` stories of three users and some others: native events by time, with `topic`."""
    cast = cast_of(3, identities=identities)
    drawn = draw(st.lists(stories(cast, deletions=deletions), max_size=max_scenarios))
    events: list[Json] = []
    anchor = BASE
    for gap, story in drawn:
        anchor += gap
        events.extend(event | {"time": anchor + event["time"]} for event in story)
    kept = settle(events)
    if kept:
        again = draw(st.lists(st.integers(0, len(kept) - 1), max_size=2))
        kept += [duplicate(kept[index], spell_out=bool(index % 2)) for index in again]
    return sorted(kept, key=lambda e: int(e["time"]))


@st.composite
def stories(draw: DrawFn, cast: Cast, *, deletions: bool) -> tuple[int, list[Json]]:
    """One scenario, and the milliseconds by which it begins after the one before."""
    tell: Callable[[Story], None] = draw(
        st.sampled_from((*SCENARIOS, delete) if deletions else SCENARIOS),
    )
    gap = draw(st.sampled_from(GAPS)) + draw(st.sampled_from(OFFSETS))
    story = Story(Drawn(draw), cast)
    tell(story)
    return gap, told(story)


def evaluation_times(events: Sequence[Json]) -> list[int]:
    """Times at which some figure may change: at events, midnights and deadlines, and 1 ms after."""
    times = set()
    for event in events:
        for after in (0, 30 * MINUTE, HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY):
            exact = event["time"] + after
            rounded_up = -(-exact // MINUTE) * MINUTE
            times |= {exact, exact + 1, rounded_up, rounded_up + 1}
        times.add(event["time"] // DAY * DAY + DAY)
    return sorted(times)


def evaluation_time(events: Sequence[Json]) -> SearchStrategy[int]:
    """One of the evaluation times; just after the last event is the plainest."""
    if not events:
        return st.just(BASE)
    last = max(int(event["time"]) for event in events) + 1
    return st.just(last) | st.sampled_from(evaluation_times(events))


def duplicate(event: Json, *, spell_out: bool) -> Json:
    """The same event once more; `spell_out` names the source that was the default."""
    copied = copy.deepcopy(event)
    if spell_out:
        copied.setdefault("source", copied["topic"])
    return copied


def settle(events: Sequence[Json]) -> list[Json]:
    """Give the events ids, and make sure that the definitions say what they mean together.

    Undefined is the order, in one millisecond, of two events of one kind in one conversation, of two help events,
    of contacts with different conversations, and of a deletion and anything else: these are put a millisecond
    apart. Undefined is also which plan an issue has when several of its parts carry one in the same millisecond:
    they carry none.
    """
    taken: set[tuple[object, ...]] = set()
    parts: dict[int, set[str]] = {}
    settled = []
    for number, event in enumerate(events):
        own = copy.deepcopy(event)
        type_ = own["type"]
        part = ""
        if type_.startswith("conversation."):
            part = own["conversation_id"]
            kind = own["data"].get("actor", type_)
            slots: list[tuple[object, ...]] = [(part, ORDER[kind])]
            if type_ in {"conversation.started", "conversation.handed_off"}:
                slots.append(("contact",))
        elif type_.startswith(("help.", "flow.")):
            part = "help"
            slots = [(part,)]
        else:
            slots = []
        while any((own["time"], *slot) in taken for slot in slots):
            own["time"] += 1
        taken.update((own["time"], *slot) for slot in slots)
        if part:
            parts.setdefault(own["time"], set()).add(part)
        # Ids repeat across sources, never within one.
        own["id"] = f"e{number // 2}"
        own["source"] = "importer" if number % 2 else own["topic"]
        if number % 3 == 0 and not number % 2:
            del own["source"]
        settled.append(own)
    others = {event["time"] for event in settled if event["type"] != "user.deleted"}
    for event in settled:
        while event["type"] == "user.deleted" and event["time"] in others:
            event["time"] += 1
        if event["type"].startswith(("conversation.", "help.", "flow.")) and len(parts[event["time"]]) > 1:
            event.pop("plan", None)
            event.pop("segment", None)
    return settled
