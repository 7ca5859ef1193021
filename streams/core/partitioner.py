"""Which partition is a customer's home: the hash functions that Kafka's producers use by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from mypy_extensions import i64

Partitioner = Callable[[bytes, int], int]
"""From a key and the number of partitions to the partition."""


def murmur2(key: bytes, partitions: int) -> int:
    """The partition that the Java client, kafka-python and aiokafka choose for a key (32-bit MurmurHash2, made positive)."""
    # Compiled, i64 is a machine word. All products fit: 32 times 31 bits.
    m: i64 = 0x5BD1E995
    n = len(key)
    h: i64 = 0x9747B28C ^ n
    words = n >> 2
    at = 0
    for _ in range(words):
        k: i64 = key[at] | key[at + 1] << 8 | key[at + 2] << 16 | key[at + 3] << 24
        at += 4
        k = k * m & 0xFFFFFFFF
        h = h * m & 0xFFFFFFFF ^ (k ^ k >> 24) * m & 0xFFFFFFFF
    rest = n & 3
    if rest:
        tail = words << 2
        if rest == 3:
            h ^= key[tail + 2] << 16
        if rest >= 2:
            h ^= key[tail + 1] << 8
        h = (h ^ key[tail]) * m & 0xFFFFFFFF
    h = (h ^ h >> 13) * m & 0xFFFFFFFF
    return int((h ^ h >> 15) & 0x7FFFFFFF) % partitions


def crc(key: bytes, partitions: int) -> int:
    """The partition that librdkafka's default (`consistent_random`) chooses for a key."""
    return crc32(key) % partitions


PARTITIONERS: Final[dict[str, Partitioner]] = {"murmur2": murmur2, "crc32": crc}
