"""Where the fields of the envelope lie in an event that was taken apart."""

from __future__ import annotations

import pytest

from schemas import envelope
from schemas.types import EVENT_TYPES, EventType


@pytest.mark.parametrize("event_type", EVENT_TYPES.values(), ids=lambda t: t.name)
def test_every_place_is_that_of_its_field(event_type: EventType) -> None:
    places = {name: place for name, place in vars(envelope).items() if isinstance(place, int)}
    assert {"ID", "TIME", "PLAN"} <= places.keys()
    for name, place in places.items():
        assert event_type.struct.__struct_fields__[place] == name.lower()
