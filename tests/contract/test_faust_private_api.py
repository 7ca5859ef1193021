"""Everything of Faust and aiokafka that the engine relies on without a promise: an upgrade that changes it fails here.

Each test names a place, and says what the engine takes for granted about it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from importlib.metadata import version
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import (
    Assignment,
    Subscription,
    SubscriptionState,
    TopicPartitionState,
)
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.producer.message_accumulator import BatchBuilder, MessageAccumulator
from aiokafka.producer.sender import Sender
from aiokafka.record.default_records import DefaultRecord
from faust.app.base import App, BootStrategy
from faust.serializers.schemas import Schema
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport import conductor
from faust.transport.consumer import Consumer, Fetcher, ThreadDelegateConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import ConsumerMessage
from mode.threads import MethodQueue, QueueServiceThread, ServiceThread


def source(thing: Any) -> str:
    return textwrap.dedent(inspect.getsource(thing))


def calls(thing: Any) -> list[str]:
    """What a function calls, in the order of the source."""
    nodes = [node for node in ast.walk(ast.parse(source(thing))) if isinstance(node, ast.Call)]
    return [ast.unparse(n.func) for n in sorted(nodes, key=lambda n: (n.lineno, n.col_offset))]


def parameters(thing: Any) -> list[str]:
    return list(inspect.signature(thing).parameters)


def in_order(names: list[str], *wanted: str) -> bool:
    """Whether the wanted calls occur in this order."""
    rest = iter(names)
    return all(any(name == w for name in rest) for w in wanted)


def test_the_versions_are_those_that_were_read() -> None:
    assert version("faust-streaming").startswith("0.15.")
    assert version("aiokafka").startswith("0.14.")


# Faust: the consumer and its thread


def test_the_consumer_makes_its_thread_by_a_method() -> None:
    assert "self._new_consumer_thread" in calls(ThreadDelegateConsumer.__init__)
    assert parameters(driver.Consumer._new_consumer_thread) == ["self"]


def test_the_fetcher_drains_the_consumer_by_a_method() -> None:
    assert "consumer._drain_messages" in calls(Fetcher._fetcher.fun)
    assert parameters(Consumer._drain_messages) == ["self", "fetcher"]


def test_the_consumers_flow_is_an_attribute_and_two_events() -> None:
    for line in ("self.flow_active = False", "self.can_resume_flow.clear()", "self.suspend_flow.set()"):
        assert line in source(Consumer.stop_flow)
    for line in ("self.flow_active = True", "self.can_resume_flow.set()", "self.suspend_flow.clear()"):
        assert line in source(Consumer.resume_flow)


def test_a_full_queue_is_told_to_the_consumer() -> None:
    assert "consumer_on_buffer_full" in calls(conductor.ConductorCompiler.build)
    assert parameters(Consumer.on_buffer_full) == ["self", "tp"]


def test_the_thread_makes_its_client_by_a_method_and_hands_it_out() -> None:
    thread = driver.AIOKafkaConsumerThread
    assert "self._create_worker_consumer" in calls(thread._create_consumer)
    assert parameters(thread._create_worker_consumer) == ["self", "transport"]
    assert parameters(thread._ensure_consumer) == ["self"]
    assert parameters(thread.verify_event_path) == ["self", "now", "tp"]
    assert parameters(QueueServiceThread.call_thread)[:2] == ["self", "fun"]
    assert "thread_loop" in parameters(ServiceThread.__init__)


def test_messages_are_made_of_these_fields_in_this_order() -> None:
    assert parameters(ConsumerMessage.__init__)[1:13] == [
        "topic",
        "partition",
        "offset",
        "timestamp",
        "timestamp_type",
        "headers",
        "key",
        "value",
        "checksum",
        "serialized_key_size",
        "serialized_value_size",
        "tp",
    ]


def test_a_schema_compiles_to_a_coroutine_function_that_makes_events() -> None:
    assert parameters(Schema.compile)[:2] == ["self", "app"]
    assert parameters(App.create_event) == ["self", "key", "value", "headers", "message"]


def test_topics_without_acks_are_never_committed() -> None:
    assert "if channel.acks:" in source(conductor.Conductor._update_indices)
    assert "self.app.topics.acks_enabled_for(message.topic)" in source(Consumer.ack)


# Faust: rebalances and the end


def test_without_tables_a_rebalance_completes_then_seeks_then_resumes() -> None:
    assert "self._resume_streams" in source(Recovery._restart_recovery.fun)
    assert in_order(
        calls(Recovery._resume_streams),
        "app.on_rebalance_complete.send",
        "consumer.resume_partitions",
        "consumer.perform_seek",
        "consumer.resume_flow",
    )


def test_revocation_stops_the_flow_then_awaits_the_signal() -> None:
    body = source(App._on_partitions_revoked)
    assert body.index("T(consumer.stop_flow)()") < body.index(
        "await T(self.on_partitions_revoked.send)(revoked)"
    )
    assert "await promise" in source(ThreadDelegateConsumer.threadsafe_partitions_revoked)
    # aiokafka awaits the listener before it joins the group again.
    assert in_order(
        calls(GroupCoordinator.ensure_active_group), "self._on_join_prepare", "self._do_rejoin_group"
    )
    assert "await res" in source(GroupCoordinator._on_join_prepare)


def test_the_generation_is_known_before_the_assignment_is_handled() -> None:
    body = source(driver.ConsumerRebalanceListener.on_partitions_assigned)
    assert body.index("app.consumer_generation_id = generation") < body.index(
        "self._thread.on_partitions_assigned"
    )


def test_shutdown_stops_the_consumer_then_awaits_the_signal() -> None:
    assert in_order(calls(App.on_stop), "self._stop_consumer", "self.on_before_shutdown.send")


def test_the_app_can_do_without_producer_web_and_directories() -> None:
    assert BootStrategy.enable_kafka_producer is None
    assert BootStrategy.enable_web is None
    assert "self._create_directories" in calls(App.on_first_start)
    assert faust.App.BootStrategy is BootStrategy


def test_the_number_of_partitions_is_known_to_the_consumer() -> None:
    assert "_metadata_snapshot.get(topic)" in source(driver.AIOKafkaConsumerThread.topic_partitions)


def test_the_tables_do_not_hold_up_a_rebalance() -> None:
    assert "await self.sleep(1.0)" in source(TableManager.on_start)
    assert "if not self.tables" in source(Recovery._restart_recovery.fun)


# aiokafka: the consumer


def test_fetched_records_are_made_by_a_class_that_the_module_names() -> None:
    assert "PartitionRecords" in calls(fetcher.Fetcher._proc_fetch_request)
    records = fetcher.PartitionRecords
    assert parameters(records._consumer_record) == ["self", "tp", "record"]
    assert "self._records_iterator = self._unpack_records()" in source(records.__init__)
    assert "for msg in self._partition_records:" in source(fetcher.FetchResult.getall)


def test_the_plain_record_has_what_the_state_reads() -> None:
    record = DefaultRecord(7, 8, 0, b"k", b"v", [("h", b"x")])
    assert (record.offset, record.timestamp, record.key, record.value) == (7, 8, b"k", b"v")
    assert list(record.headers) == [("h", b"x")]


def test_the_assignment_is_reached_from_the_consumer() -> None:
    assert "self._subscription = SubscriptionState" in source(AIOKafkaConsumer.__init__)
    assert isinstance(inspect.getattr_static(SubscriptionState, "subscription"), property)
    assert isinstance(inspect.getattr_static(Subscription, "assignment"), property)
    assert parameters(Assignment.state_value) == ["self", "tp"]
    assert isinstance(inspect.getattr_static(Assignment, "tps"), property)
    for name in ("position", "has_valid_position"):
        assert isinstance(inspect.getattr_static(TopicPartitionState, name), property)
    for name in ("lso", "timestamp"):
        assert f"self.{name} = None" in source(TopicPartitionState.__init__)


def test_nothing_is_awaited_between_popping_records_and_returning_them() -> None:
    body = source(fetcher.Fetcher.fetched_records)
    popping = body[body.index("drained[tp] = records") :]
    assert "await" not in popping[: popping.index("return drained")]
    assert "tp_state.timestamp = now_ms" in source(fetcher.Fetcher._proc_fetch_request)


def test_reading_raises_what_the_group_coordination_failed_of() -> None:
    assert in_order(
        calls(AIOKafkaConsumer.getmany), "self._coordinator.check_errors", "self._fetcher.fetched_records"
    )


def test_a_position_that_kafka_does_not_have_is_an_error_without_a_reset_policy() -> None:
    assert fetcher.OffsetResetStrategy.from_str("none") == fetcher.OffsetResetStrategy.NONE
    assert "Errors.OffsetOutOfRangeError({tp: fetch_offset})" in source(fetcher.Fetcher._proc_fetch_request)
    assert "Errors.NoOffsetForPartitionError(tp)" in source(fetcher.Fetcher._update_fetch_positions)


def test_what_a_thread_is_called_for_goes_on_when_the_caller_is_cancelled_and_beside_other_calls() -> None:
    assert "await maybe_async(method(*args, **kwargs))" in source(MethodQueue._process_enqueued)
    assert inspect.signature(MethodQueue.__init__).parameters["num_workers"].default == 2


def test_each_start_of_the_consumer_s_thread_makes_a_consumer_of_its_own() -> None:
    assert in_order(
        calls(driver.AIOKafkaConsumerThread.on_start), "self._create_consumer", "self._consumer.start"
    )


def test_the_range_assignor_is_a_class_of_static_functions() -> None:
    assert RangePartitionAssignor.name == "range"
    assert inspect.ismethod(RangePartitionAssignor.assign)


# aiokafka: the producer


def test_batches_expire_by_an_attribute_of_the_accumulator() -> None:
    assert "self._message_accumulator = MessageAccumulator" in source(AIOKafkaProducer.__init__)
    assert "MessageBatch(tp, builder, self._batch_ttl, self._linger_time)" in source(
        MessageAccumulator._append_batch
    )


def test_a_coordinator_is_looked_up_through_the_client_and_again_when_there_is_none() -> None:
    assert "self.client = AIOKafkaClient" in source(AIOKafkaProducer.__init__)
    body = source(Sender._find_coordinator)
    assert "await self.client.coordinator_lookup(" in body
    again = body[body.index("Errors.CoordinatorNotAvailableError") :]
    assert again.index("continue") < again.index("Errors.KafkaError")
    assert parameters(AIOKafkaClient.coordinator_lookup) == ["self", "coordinator_type", "coordinator_key"]


def test_a_batch_that_is_full_says_so_by_none() -> None:
    assert parameters(BatchBuilder.append) == ["self", "timestamp", "key", "value", "headers"]
    assert "If the batch is full" in (BatchBuilder.append.__doc__ or "")


@pytest.mark.parametrize(
    "name",
    ["begin_transaction", "commit_transaction", "send_offsets_to_transaction", "send_batch", "create_batch"],
)
def test_the_producer_has_transactions_by_hand(name: str) -> None:
    assert callable(getattr(AIOKafkaProducer, name))
