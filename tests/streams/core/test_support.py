"""Help sessions: an event joins one as the session that it alone would be."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from streams.core.support import HelpEvent, Support, united

EVENTS = st.builds(
    HelpEvent,
    st.integers(0, 3),
    st.sampled_from(["chat", "help_center"]),
    st.sampled_from(["ask", "answer", "confirm"]),
    st.sampled_from(["", "free", "pro"]),
    st.sampled_from(["", "smb"]),
)


@given(st.lists(EVENTS, min_size=1, max_size=5), EVENTS)
def test_an_event_joins_as_its_own_session_does(events: list[HelpEvent], event: HelpEvent) -> None:
    known = reduce(united, [one.session() for one in events])
    assert event.joined(known) == united(event.session(), known)


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab"))), st.integers(0, 9), st.integers(0, 10))
def test_the_first_contact_between_two_times(contacts: list[tuple[int, str]], start: int, end: int) -> None:
    support = Support()
    support.contacts = sorted(contacts)
    expected = [contact for contact in support.contacts if start <= contact[0] < end]
    assert support.first_contact(start, end) == (expected[0] if expected else None)
