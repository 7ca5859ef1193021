"""Records as a careless or hostile producer writes them: random bytes, and valid events with something wrong."""

from __future__ import annotations

import random
from collections.abc import Iterator

from schemas.resources import examples
from schemas.types import EVENT_TYPES

ALPHABET = b'{}[]",:\\u0123456789eE+-.truefalsn \xc3\x28\xff\x00'


def originals() -> list[bytes]:
    """Every example of the contract, valid or not."""
    return [example.raw for name in (*EVENT_TYPES, "envelope") for example in examples(name)]


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """An event with bytes changed, taken out, put in, doubled or cut off."""
    data = bytearray(raw)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0 if at < len(data):
                data[at] = rng.choice(ALPHABET)
            case 1:
                del data[at : at + rng.randrange(1, 12)]
            case 2:
                data[at:at] = bytes(rng.choice(ALPHABET) for _ in range(rng.randrange(1, 6)))
            case 3:
                data[at:at] = data[at : at + 20]
            case _:
                del data[at:]
    return bytes(data)


def payloads(n: int, rng: random.Random) -> Iterator[bytes]:
    """So many records: a third random bytes, the rest mutated events."""
    sources = originals()
    for _ in range(n):
        if rng.random() < 1 / 3:
            yield rng.randbytes(rng.randrange(120))
        else:
            yield mutated(rng.choice(sources), rng)
