"""A number is owned with all of its topics, or nothing is."""

from __future__ import annotations

import pytest

from streams.assignment import check_partition_counts, owned_numbers
from streams.errors import CoPartitioningError

SOURCES = ("a", "b", "c")


def test_all_topics_of_a_number_make_it_owned() -> None:
    assignment = [(topic, number) for topic in SOURCES for number in (0, 3)]
    assert owned_numbers(assignment, SOURCES) == {0, 3}


def test_nothing_assigned_is_nothing_owned() -> None:
    assert owned_numbers([], SOURCES) == set()


def test_a_number_without_all_of_its_topics_is_an_error_that_names_them() -> None:
    assignment = [("a", 0), ("b", 0), ("c", 0), ("a", 1), ("b", 1), ("a", 2)]
    with pytest.raises(CoPartitioningError) as caught:
        owned_numbers(assignment, SOURCES)
    message = str(caught.value)
    assert (
        "Partition 1 was assigned to this worker in a, b, but not in c (and 1 more partition likewise)"
        in message
    )
    assert caught.value.exit_code == 2


def test_a_changed_number_of_partitions_is_an_error() -> None:
    check_partition_counts({"a": 4, "b": 4, "c": None}, 4)
    with pytest.raises(CoPartitioningError, match=r"changed from 4 while this worker ran: b 8\."):
        check_partition_counts({"a": 4, "b": 8}, 4)
