from __future__ import annotations

import pytest

from app.kafka.comparison import count_differences, setting_differences
from schemas.topics import ALL_TOPICS, TopicSpec

TOPICS = {spec.name: spec for spec in ALL_TOPICS}
STATE = TOPICS["selfserve.state"]
PRODUCT = TOPICS["product.events"]


def counts(**changes: int) -> dict[str, int]:
    return {name: changes.get(name.replace(".", "_").replace("-", "_"), 12) for name in TOPICS}


def compare(spec: TopicSpec, **changes: str) -> tuple[list[str], list[str]]:
    found = {**spec.settings, **{key.replace("_", "."): value for key, value in changes.items()}}
    return setting_differences(f"x.{spec.name}", spec, spec.settings, found)


def test_equal_counts_as_configured_are_right() -> None:
    assert count_differences("", 12, ALL_TOPICS, counts()) == {}


def test_topics_outside_the_co_partitioned_ones_may_have_any_number() -> None:
    assert count_differences("", 12, ALL_TOPICS, counts(selfserve_dead_letters=1)) == {}


def test_unequal_counts_name_each_topic_with_its_number() -> None:
    found = count_differences("x.", 12, ALL_TOPICS, counts(support_events=6, selfserve_panes=24))
    assert set(found) == {"support.events", "selfserve.panes"}
    assert found["support.events"].startswith("x.support.events has 6 partitions.")
    for listed in ("x.product.events 12", "x.support.events 6", "x.selfserve.panes 24"):
        assert listed in found["support.events"]


def test_equal_counts_other_than_configured_suggest_the_setting() -> None:
    existing = {"product.events": 24, "account.events": 24}
    found = count_differences("", 12, ALL_TOPICS, existing)
    assert set(found) == set(existing)
    assert "set kafka.partitions: 24" in found["product.events"]


@pytest.mark.parametrize(
    ("spec", "policy", "consequence"),
    [
        (PRODUCT, "compact", "compaction keeps only the last record of each key"),
        (STATE, "delete", "the state of whoever is not heard of for long enough is deleted"),
        (TOPICS["selfserve.history"], "compact", "it grows without end"),
    ],
)
def test_a_wrong_policy_is_a_problem_with_its_consequence(
    spec: TopicSpec, policy: str, consequence: str
) -> None:
    (problem,), _ = compare(spec, cleanup_policy=policy)
    assert consequence in problem
    assert f"configs alter -r topic -n x.{spec.name} -c cleanup.policy={spec.cleanup}" in problem


def test_the_order_of_policies_does_not_matter() -> None:
    assert compare(TOPICS["selfserve.history"], cleanup_policy="delete,compact") == ([], [])


def test_a_lower_limit_on_record_batches_is_a_problem_and_a_higher_one_is_not() -> None:
    (problem,), _ = compare(STATE, max_message_bytes="1048588")
    assert "must be at least 4194304" in problem
    assert compare(STATE, max_message_bytes="99999999") == ([], [])


def test_another_retention_is_only_remarked_upon() -> None:
    problems, (remark,) = compare(PRODUCT, retention_ms="3600000")
    assert problems == []
    assert remark == "x.product.events: retention.ms is 3600000; a topic created here gets 604800000"


def test_numbers_are_compared_as_numbers() -> None:
    assert compare(STATE, min_cleanable_dirty_ratio="0.10") == ([], [])
