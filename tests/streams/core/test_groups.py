"""Groups of facts: what is too old to be read is given up without a figure moving."""

from __future__ import annotations

import random

import msgspec

from streams.core.batch import Sums
from streams.core.groups.counts import KEPT_MINUTES
from streams.core.time import DAY_MS, MINUTE_MS, WINDOWS
from tests.support.cluster import Cluster

START = 1_741_000_000_000


def visits(days: int) -> list[dict[str, object]]:
    """A customer with a session, a mail, an answer and a shipped wish each day."""
    events: list[dict[str, object]] = []
    for day in range(days):
        time = START + day * DAY_MS
        told: list[tuple[str, dict[str, object]]] = [
            ("session.started", {}),
            ("email.delivered", {"email_id": f"m{day}", "campaign": "spring"}),
            ("email.engaged", {"email_id": f"m{day}", "action": "click"}),
            ("survey.sent", {"request_id": f"r{day}", "survey": "s", "kind": "csat"}),
            (
                "survey.responded",
                {
                    "request_id": f"r{day}",
                    "survey": "s",
                    "kind": "csat",
                    "score": 5,
                    "scale": 5,
                    "complete": True,
                },
            ),
            ("enhancement.shipped", {"enhancement_id": f"x{day}", "requested_at": time - DAY_MS}),
        ]
        for n, (kind, data) in enumerate(told):
            event = {
                "type": kind,
                "id": f"{day}-{n}",
                "time": time + n * MINUTE_MS,
                "user_id": "u",
                "data": data,
            }
            events.append(event)
    return events


def test_old_facts_are_given_up_and_every_figure_stays() -> None:
    days = KEPT_MINUTES // 1440 + 20
    events = visits(days)
    kept, given_up = Cluster(1, clock="event"), Cluster(1, clock="wall")
    for cluster in (kept, given_up):
        cluster.produce(events)
        cluster.run(random.Random(0), crashes=False, batch=6)
        assert not cluster.parts[0].state.verify()
    rules = kept.parts[0].state.rules
    at = kept.newest() + 1
    for measure in ("sessions", "emails", "reaches", "csat", "csat_requests", "enhancement_lead_time"):
        for window in WINDOWS:
            found = Sums(given_up.numbers(), at, rules).cells(measure, window)
            assert found == Sums(kept.numbers(), at, rules).cells(measure, window)

    def stored(cluster: Cluster) -> int:
        ledger = cluster.parts[0].state.ledger
        return sum(len(msgspec.msgpack.encode(c.groups)) for c in ledger.customers.values())

    assert stored(given_up) < 0.8 * stored(kept)
    for part in given_up.parts:
        given_up.recover(part)
        assert not part.state.verify()
