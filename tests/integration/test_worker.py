"""Real workers against a real broker: what they keep, what they refuse, how they share, and how they end."""

from __future__ import annotations

import random
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from app import __version__
from app.changelogs import Kept
from schemas.topics import SOURCE_TOPICS
from streams.build import core_build
from streams.consumer_thread import FETCH_WAIT_MS
from streams.core.partitioner import murmur2
from streams.core.records import block_record
from streams.core.time import ALL, DAY_MS, HOUR_MINUTES, MINUTE_MS
from streams.metrics import SELF_METRICS
from streams.names import CHANGELOGS, SOURCES
from tests.oracle.generate import random_events
from tests.support.accounting import differences, expected, found, hours_missed, newest, one_claim_each
from tests.support.faulty_worker import FAULT, MARK
from tests.support.kafka import SharedKafka
from tests.support.processes import eventually
from tests.support.workers import Service, Worker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PARTITIONS = 4
FAULTY = ("-m", "tests.support.faulty_worker")


@pytest.fixture
def service(kafka: SharedKafka, topic_prefix: str, tmp_path: Path) -> Iterator[Service]:
    with Service(kafka.bootstrap_servers, topic_prefix, tmp_path, PARTITIONS) as service:
        yield service


def events_of(seed: int, n: int) -> list[dict[str, Any]]:
    return one_claim_each(random_events(random.Random(seed), n))


def check(service: Service, events: list[dict[str, Any]]) -> None:
    """Panes equal the batch and the facts, and every record was counted exactly once."""
    kept = service.kept()
    at = newest(kept) + 1
    definitions = service.load().definitions
    assert hours_missed(kept, at) == []
    assert differences(expected(events, at, definitions), found(kept, at)) == []
    for part in kept:
        assert part.state.verify() == []
    for topic in SOURCES:
        records = service.records(topic)
        for part in kept:
            assert part.meta is not None
            assert sum(part.meta.results[topic].values()) == len(records[part.number]), (topic, part.number)


def assert_no_traceback(*workers: Worker) -> None:
    for worker in workers:
        assert "Traceback" not in worker.text(), worker.text()


def test_everything_survives_a_kill_and_nothing_counts_twice(service: Service) -> None:
    rng = random.Random(1)
    events = events_of(1, 1500)
    half = len(events) // 2
    worker = service.start()
    worker.wait_ready()
    service.produce(events[:half], rng=rng)
    service.produce_raw("support.events", 2, b"{")
    service.wait_processed()
    worker.kill()
    service.produce(events[half:] + rng.sample(events, 200), rng=rng)
    service.produce_raw("support.events", 2, b"[]")
    successor = service.start()
    service.wait_processed()
    check(service, events)
    assert successor.metric("selfserve_recovered_records_total") > 0
    letters = service.records("selfserve.dead-letters")
    assert [letter.value for letter in letters[2]] == [b"{", b"[]"]
    assert successor.stop() == 0
    assert_no_traceback(successor)


def test_dead_letters_carry_the_bytes_and_where_they_came_from(service: Service) -> None:
    worker = service.start()
    service.produce_raw("product.events", 3, b'{"id": "x"}', b"\xff")
    service.wait_processed()
    letters = service.records("selfserve.dead-letters")
    assert {number: len(found) for number, found in letters.items()} == {0: 0, 1: 0, 2: 0, 3: 2}
    assert [letter.value for letter in letters[3]] == [b'{"id": "x"}', b"\xff"]
    headers = dict(letters[3][1].headers)
    source = headers.pop("timestamp")
    assert int(source) > 0
    assert headers.pop("message")
    assert headers == {
        "reason": b"not_json",
        "topic": b"product.events",
        "partition": b"3",
        "offset": b"1",
    }
    assert worker.metric("selfserve_dead_letters_total") == 2
    assert worker.metric("selfserve_events_total", topic="product.events", result="dead_letter") == 2


def test_events_astray_are_forwarded_home_once(service: Service) -> None:
    worker = service.start()
    events = [
        {"id": f"e{i}", "type": "page.viewed", "time": 1_767_225_600_000 + i, "user_id": f"u{i % 20}"}
        for i in range(100)
    ]
    service.produce(events, rng=random.Random(4), astray=1.0)
    service.wait_processed()
    check(service, events)
    # Not all that travels are events: numbers also tell each other of hours.
    forwarded = sum(
        dict(record.headers)["kind"] == b"event"
        for records in service.records("selfserve.events").values()
        for record in records
    )
    assert forwarded == worker.metric("selfserve_misplaced_events_total") > 0
    assert worker.metric("selfserve_events_total", result="forwarded") == forwarded


def test_the_port_answers_and_the_commands_read_beside_the_worker(service: Service) -> None:
    worker = service.start()
    service.produce([{"id": "e", "type": "page.viewed", "time": 1_767_225_600_000, "user_id": "somebody"}])
    worker.wait_ready()
    assert worker.get("healthz") == (200, "alive\n")
    service.wait_processed()
    assert worker.metric("selfserve_owned_partitions") == PARTITIONS
    assert worker.metric("selfserve_customers") == 1
    assert worker.metric("selfserve_last_event_timestamp_seconds") == 1_767_225_600
    eventually(
        lambda: worker.metric("selfserve_checkpoint_duration_seconds_count") >= PARTITIONS, "checkpoints"
    )
    eventually(lambda: 'selfserve_lag_records{partition="0"' in worker.get("metrics")[1], "a first look")
    assert worker.metric("selfserve_lag_records") == 0
    page = worker.get("metrics")[1]
    assert f'selfserve_build_info{{core="{core_build()}",version="{__version__}"}} 1.0' in page
    assert {f"# HELP {metric.name} {metric.help}" for metric in SELF_METRICS} <= set(page.splitlines())
    verified = service.run("verify")
    assert (verified.returncode, verified.stdout.count("agree")) == (0, PARTITIONS)
    explained = service.run("explain", "somebody")
    assert '"customer": "somebody"' in explained.stdout
    unknown = service.run("explain", "nobody")
    assert unknown.returncode == 2
    assert "Nothing is known of a customer 'nobody'" in unknown.stderr


def test_verify_finds_a_number_that_the_facts_do_not_stand_for(service: Service) -> None:
    at = 1_767_225_600_000
    service.produce([{"id": "e", "type": "page.viewed", "time": at, "user_id": "somebody"}])
    worker = service.start()
    service.wait_processed()
    assert worker.stop() == 0
    number = murmur2(b"somebody", PARTITIONS)
    key, value = block_record("active", at // MINUTE_MS // HOUR_MINUTES, {0: 7})
    with service.producer() as producer:
        producer.send(f"{service.prefix}selfserve.panes", key=key, value=value, partition=number)
    verified = service.run("verify")
    assert verified.returncode == 1
    assert "1 customers, 1 numbers differ" in verified.stderr
    assert "panes 7, facts 1" in verified.stderr
    assert verified.stdout.count("panes and facts agree") == PARTITIONS - 1


@pytest.mark.prometheus
def test_promtool_accepts_the_metrics(service: Service) -> None:
    worker = service.start()
    service.produce([{"id": "e", "type": "page.viewed", "time": 1_767_225_600_000, "user_id": "u"}])
    service.produce_raw("product.events", 0, b"{")
    service.wait_processed()
    promtool = shutil.which("promtool")
    assert promtool is not None
    checked = subprocess.run(
        [promtool, "check", "metrics"],
        input=worker.get("metrics")[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_workers_share_the_numbers_and_all_topics_of_a_number_stay_together(service: Service) -> None:
    rng = random.Random(5)
    events = events_of(5, 900)
    third = len(events) // 3
    first = service.start()
    service.produce(events[:third], rng=rng)
    eventually(lambda: first.owned() == PARTITIONS, "one worker owns all")
    second = service.start()
    service.produce(events[third : 2 * third], rng=rng)
    eventually(lambda: (first.owned(), second.owned()) == (2, 2), "two workers share")
    eventually(
        lambda: len(topics_by_number(first)) == len(topics_by_number(second)) == 2, "both have fetched"
    )
    shares = [topics_by_number(worker) for worker in (first, second)]
    assert set(shares[0]) | set(shares[1]) == {str(n) for n in range(PARTITIONS)}
    assert all(topics == set(SOURCES) for share in shares for topics in share.values())
    assert first.stop() == 0
    service.produce(events[2 * third :], rng=rng)
    eventually(lambda: second.owned() == PARTITIONS, "the other one takes all")
    service.wait_processed()
    check(service, events)
    assert second.stop() == 0
    assert_no_traceback(first, second)


def topics_by_number(worker: Worker) -> dict[str, set[str]]:
    """The topics of each partition that a worker says it reads."""
    topics: dict[str, set[str]] = {}
    for line in worker.get("metrics")[1].splitlines():
        if match := re.match(r'selfserve_lag_records\{partition="(\d+)",topic="([^"]+)"\}', line):
            topics.setdefault(match[1], set()).add(match[2])
    return topics


def test_a_worker_that_died_inside_a_transaction_leaves_nothing_of_it(service: Service) -> None:
    rng = random.Random(6)
    events = events_of(6, 900)
    service.produce(events[:300], rng=rng)
    doomed = service.start(program=FAULTY, **{FAULT: "kill-in-transaction"})
    position = 300
    while not doomed.ended():
        service.produce(events[position : position + 20], rng=rng)
        position += 20
    assert doomed.wait() == -signal.SIGKILL
    service.produce(events[position:], rng=rng)
    service.start()
    service.wait_processed()
    check(service, events)


def test_a_zombie_is_fenced_says_so_and_changes_nothing(service: Service) -> None:
    rng = random.Random(7)
    events = events_of(7, 800)
    zombie = service.start(program=FAULTY, **{FAULT: "stop-in-transaction"})
    zombie.wait_ready()
    service.produce(events[:400], rng=rng)
    eventually(lambda: stopped(zombie), "the zombie stands still inside a transaction")
    successor = service.start()
    eventually(lambda: successor.owned() == PARTITIONS, "the other one takes all")
    service.produce(events[400:], rng=rng)
    service.wait_processed()
    zombie.signal(signal.SIGCONT)
    assert zombie.wait() == 3
    assert re.search(r"Error: Another worker took partition \d over", zombie.text())
    assert_no_traceback(zombie)
    service.wait_processed()
    check(service, events)
    assert successor.stop() == 0


def stopped(worker: Worker) -> bool:
    stat = Path(f"/proc/{worker.process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def test_a_fault_in_processing_ends_the_worker_and_its_half_batch_is_not_kept(service: Service) -> None:
    events = events_of(8, 300)
    service.produce(events[:200])
    faulty = service.start(program=FAULTY, **{FAULT: "bug"})
    service.wait_processed()
    marked = {
        "id": "marked",
        "type": "page.viewed",
        "time": events[0]["time"],
        "user_id": "u",
        "plan": MARK.decode(),
    }
    service.produce([*events[200:], marked])
    assert faulty.wait() == 1
    assert "could not be processed: RuntimeError('a fault put in by a test')" in faulty.text()
    assert "This is a fault of the program." in faulty.text()
    service.start()
    service.wait_processed()
    check(service, [*events, marked])


def test_other_definitions_make_the_panes_anew(service: Service) -> None:
    events = events_of(9, 500)
    service.produce(events)
    worker = service.start()
    service.wait_processed()
    assert worker.stop() == 0
    before = found(service.kept(), newest(service.kept()) + 1)
    service.configure(definitions={"assumption_time": "6h"})
    outdated = service.run("verify")
    assert outdated.stdout.count("made with other definitions") == PARTITIONS
    worker = service.start()
    worker.wait_ready()
    service.wait_processed()
    fingerprint = service.load().definitions.fingerprint()
    eventually(
        lambda: {meta and meta.fingerprint for meta in service.metas().values()} == {fingerprint}, "new panes"
    )
    check(service, events)
    assert found(service.kept(), newest(service.kept()) + 1) != before


def test_the_evaluation_time_follows_the_wall_clock_of_an_idle_worker_and_never_goes_back(
    kafka: SharedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    settings = {"worker": {"clock": "wall"}}
    with Service(kafka.bootstrap_servers, topic_prefix, tmp_path, 2, settings) as service:
        # One customer, long silent; the other number has no event at all.
        long_ago = time.time_ns() // 1_000_000 - 20 * DAY_MS
        events = [{"id": "e", "type": "page.viewed", "time": long_ago, "user_id": "silent"}]
        service.produce(events)
        worker = service.start()
        worker.wait_ready()
        seen: dict[int, list[int]] = {0: [], 1: []}

        def advanced() -> bool:
            for number, meta in service.metas().items():
                if meta is not None and meta.evaluated is not None:
                    assert meta.evaluated <= meta.written
                    seen[number].append(meta.evaluated)
            return all(len(set(times)) >= 2 for times in seen.values())

        eventually(advanced, "META without events", within_s=40)
        assert all(times == sorted(times) for times in seen.values())
        assert time.time() - max(seen[0]) / 1000 < 30

        kept: list[Kept] = []

        def swept() -> bool:
            kept[:] = service.kept()
            return not hours_missed(kept, least(kept))

        eventually(swept, "both numbers have swept as of the hour of the evaluation time")
        at = least(kept)
        assert differences(expected(events, at, service.load().definitions), found(kept, at)) == []
        assert found(kept, at)["interventions", ALL] == {("inactivity",): 1}
        announced = [
            r.value for records in service.records("selfserve.interventions").values() for r in records
        ]
        assert [msgspec.json.decode(value)["trigger"] for value in announced] == ["inactivity"]


def least(kept: Sequence[Kept]) -> int:
    """The evaluation time by the wall clock (ms)."""
    return min(part.meta.evaluated or 0 for part in kept if part.meta is not None)


def test_replay_begins_at_the_given_time_where_there_is_no_checkpoint(service: Service) -> None:
    events = [
        {"id": f"e{i}", "type": "page.viewed", "time": 1_767_225_600_000, "user_id": "u"} for i in range(30)
    ]
    service.produce(events[:10])
    # Records carry the time at which they were sent.
    time.sleep(0.01)
    since = time.time_ns() // 1_000_000
    time.sleep(0.01)
    service.produce(events[10:])
    worker = service.start("--replay-from", str(since))
    eventually(
        lambda: worker.metric("selfserve_events_total", topic="product.events") == 20,
        "the later ones are read",
    )
    assert worker.stop() == 0
    counted = [part.meta.results["product.events"] for part in service.kept() if part.meta is not None]
    assert sum(sum(results.values()) for results in counted) == 20


# What ends a worker


def test_a_gap_stops_the_worker_and_can_be_accepted(service: Service) -> None:
    events = events_of(10, 400)
    service.produce(events[:200])
    worker = service.start()
    service.wait_processed()
    assert worker.stop() == 0
    read = {number: len(records) for number, records in service.records("product.events").items()}
    service.produce_raw("product.events", 1, *[b"{}"] * 10)
    delete_records(service, "product.events", 1, read[1] + 4)
    refused = service.start()
    assert refused.wait() == 2
    name = f"{service.prefix}product.events, partition 1"
    assert f"{name}: offsets {read[1]} to {read[1] + 3} (4 records at most) were deleted" in refused.text()
    assert "--accept-gap" in refused.text()
    assert_no_traceback(refused)
    accepting = service.start("--accept-gap")
    service.wait_processed()
    part = service.kept()[1]
    assert part.meta is not None
    assert sum(part.meta.results["product.events"].values()) == read[1] + 6
    assert accepting.stop() == 0


def test_retention_that_overtakes_a_running_worker_stops_it(service: Service) -> None:
    worker = service.start()
    worker.wait_ready()
    service.produce_raw("product.events", 0, b"{}")
    service.wait_processed()
    worker.signal(signal.SIGSTOP)
    # The fetch that waits at the broker must have been answered, or it would get the records before they go.
    time.sleep(3 * FETCH_WAIT_MS / 1000)
    service.produce_raw("product.events", 0, *[b"{}"] * 10)
    delete_records(service, "product.events", 0, 8)
    worker.signal(signal.SIGCONT)
    assert worker.wait() == 2
    assert "offsets 1 to 7 (7 records at most) were deleted before they were read" in worker.text()
    assert_no_traceback(worker)


def delete_records(service: Service, topic: str, number: int, before: int) -> None:
    with KafkaAdminClient(bootstrap_servers=service.bootstrap_servers) as admin:
        admin.delete_records({TopicPartition(service.prefix + topic, number): before})


def test_a_source_that_was_recreated_stops_the_worker(service: Service) -> None:
    service.produce(events_of(11, 300))
    worker = service.start()
    service.wait_processed()
    assert worker.stop() == 0
    name = service.prefix + "product.events"
    with KafkaAdminClient(bootstrap_servers=service.bootstrap_servers) as admin:
        admin.delete_topics([name])
        eventually(lambda: name not in admin.list_topics(), "the topic is gone")
    assert service.run("topics").returncode == 0
    refused = service.start()
    assert refused.wait() == 2
    assert "but the topic ends at 0; it was recreated or truncated" in refused.text()
    assert_no_traceback(refused)


def test_panes_that_were_deleted_are_made_anew_and_a_lost_state_is_an_error(service: Service) -> None:
    events = events_of(12, 300)
    service.produce(events)
    worker = service.start()
    service.wait_processed()
    assert worker.stop() == 0
    state, panes = (service.prefix + name for name in CHANGELOGS)
    with KafkaAdminClient(bootstrap_servers=service.bootstrap_servers) as admin:
        admin.delete_topics([panes])
        eventually(lambda: panes not in admin.list_topics(), "the panes are gone")
        assert service.run("topics").returncode == 0
        worker = service.start()
        worker.wait_ready()
        eventually(lambda: all(service.metas().values()), "checkpoints")
        check(service, events)
        assert worker.stop() == 0
        admin.delete_topics([state])
        eventually(lambda: state not in admin.list_topics(), "the state is gone")
        assert service.run("topics").returncode == 0
    refused = service.start()
    assert refused.wait() == 2
    assert "holds no checkpoint, but" in refused.text()
    assert_no_traceback(refused)


def test_wrong_surroundings_are_said_before_anything_is_started(
    kafka: SharedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    service = Service(kafka.bootstrap_servers, topic_prefix, tmp_path, 2)
    service.configure()
    missing = service.run("worker")
    assert missing.returncode == 2
    assert f"{topic_prefix}product.events does not exist" in missing.stderr

    counts = {spec.name: 3 if spec.name == "support.events" else 2 for spec in SOURCE_TOPICS}
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers) as admin:
        admin.create_topics({topic_prefix + name: {"num_partitions": n} for name, n in counts.items()})
    unequal = service.run("worker")
    assert unequal.returncode == 2
    assert f"{topic_prefix}support.events has 3 partitions" in unequal.stderr

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        busy = service.run("worker", "--port", str(port))
        assert busy.returncode == 2
        assert f"Cannot listen on 127.0.0.1:{port}" in busy.stderr
        assert "worker.port" in busy.stderr

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        nowhere = f"127.0.0.1:{bound.getsockname()[1]}"
        unreachable = service.run("worker", "--bootstrap-servers", nowhere)
    assert unreachable.returncode == 2
    assert f"Kafka cannot be reached at {nowhere}" in unreachable.stderr
    for result in (missing, unequal, busy, unreachable):
        assert "Traceback" not in result.stderr


def test_a_stranger_in_the_group_is_noticed(service: Service) -> None:
    worker = service.start()
    worker.wait_ready()
    stranger = KafkaConsumer(
        service.prefix + "product.events",
        bootstrap_servers=service.bootstrap_servers,
        group_id=service.prefix + "group",
    )
    try:
        eventually(lambda: bool(stranger.poll(timeout_ms=100)) or worker.ended(), "the worker ends")
    finally:
        stranger.close()
    assert worker.wait() == 2
    assert "was assigned to this worker in" in worker.text()
    assert "give it another group" in worker.text()
