"""Packed facts as they lie in memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.core.packed import trimmed


@given(st.binary(max_size=300))
def test_trimmed_bytes_are_the_same_bytes(packed: bytes) -> None:
    assert trimmed(packed) == packed
